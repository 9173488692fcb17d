package dev.plinth.sdk.transactions;

/**
 * What a participant does in the two phases: it reserves in {@link #tryIt}, and later either uses the reservation or gives it back.
 *
 * <p>After {@code tryIt} has returned, {@code confirm} and {@code cancel} must be able to succeed. The coordinator calls them
 * at least once; {@code cancel} may come without a {@code tryIt}, and even before a late one. Over a database leave all that to
 * {@link TccFence}: write a {@link FencedTccAction} instead.
 *
 * @param <A> the arguments: a record, which travels to phase two as JSON through the coordinator. Its components must be
 *     strings, numbers, booleans, enums, {@code Instant}, {@code Duration}, lists, maps, or such records
 * @param <R> what {@code tryIt} answers to its caller
 */
public interface TccAction<A extends Record, R> {

    /** Phase one. An exception rolls back nothing by itself: it goes to the caller, whose transaction is then rolled back. */
    R tryIt(TccBranch branch, A arguments) throws Exception;

    /** Phase two of a committed transaction. An exception makes the coordinator try again later. */
    void confirm(TccBranch branch, A arguments) throws Exception;

    /** Phase two of a rolled back transaction. An exception makes the coordinator try again later. */
    void cancel(TccBranch branch, A arguments) throws Exception;
}
