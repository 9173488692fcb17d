package dev.plinth.sdk.transactions;

/**
 * A registered {@link TccAction}, ready to take part in the current global transaction.
 *
 * @param <A> the arguments
 * @param <R> what the action's {@code tryIt} answers
 */
public interface TccParticipant<A extends Record, R> {

    String resourceId();

    /**
     * Registers a branch of the {@linkplain Transactions#currentXid() current} global transaction with the coordinator, and
     * runs the action's {@code tryIt}.
     *
     * <p>An unchecked exception of {@code tryIt} comes out as it is, a checked one as the cause of {@code FAILED}.
     *
     * @throws IllegalStateException if no global transaction is current
     * @throws dev.plinth.sdk.PlinthException {@code ROLLED_BACK} if the global transaction takes no more branches; {@code
     *     UNAVAILABLE}, {@code TIMEOUT} or {@code OVERLOADED} if the coordinator could not register it. In every case the
     *     action has not run, and the global transaction should be rolled back
     */
    R tryIt(A arguments);
}
