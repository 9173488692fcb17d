package dev.plinth.sdk.transactions;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * A {@link TccAction} over one database, behind a {@link TccFence}.
 *
 * <p>Each method runs in one local transaction together with the fence's own record, on the connection that it is given. It
 * must do its work on that connection, and neither commit, roll back nor close it. The fence calls {@code tryIt} at most once
 * with effect, {@code confirm} and {@code cancel} exactly once with effect and only after a {@code tryIt} that took effect; so
 * none of them has to think about repetition or order.
 *
 * @param <A> the arguments, as in {@link TccAction}
 * @param <R> what {@code tryIt} answers to its caller
 */
public interface FencedTccAction<A extends Record, R> {

    /** Phase one: reserve. An exception undoes what it wrote, and goes to the caller. */
    R tryIt(TccBranch branch, A arguments, Connection connection) throws SQLException;

    /** Phase two of a committed transaction: use the reservation. */
    void confirm(TccBranch branch, A arguments, Connection connection) throws SQLException;

    /** Phase two of a rolled back transaction: give the reservation back. */
    void cancel(TccBranch branch, A arguments, Connection connection) throws SQLException;
}
