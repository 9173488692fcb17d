package dev.plinth.sdk.transactions;

import java.time.Duration;
import java.util.Optional;

/** Begins global transactions, and takes part in them. Safe for use by many threads. */
public interface Transactions extends AutoCloseable {

    /** Connects to a coordinator. Does not fail when it cannot be reached: goes on trying, and what needs it says {@code UNAVAILABLE}. */
    static Transactions connect(TransactionOptions options) {
        return new SeataTransactions(options);
    }

    /** The work inside a global transaction. */
    @FunctionalInterface
    interface Work<X extends Exception> {
        void run(GlobalTransaction transaction) throws X;
    }

    /** Work with a result. */
    @FunctionalInterface
    interface ValueWork<R, X extends Exception> {
        R call(GlobalTransaction transaction) throws X;
    }

    /** Work within a global transaction that somebody else began. */
    @FunctionalInterface
    interface JoinedWork<R, X extends Exception> {
        R call() throws X;
    }

    /**
     * Runs the work in a global transaction: begins it, makes it current, and commits it when the work returns. When the work
     * throws, rolls it back and throws the same exception.
     *
     * <p>Within a current global transaction, no new one is begun: the work joins it, and its beginner decides.
     *
     * <p>When this method returns, the transaction is decided to commit, durably at the coordinator; participants may still be
     * on their way. A lost answer to the commit is asked for again until the time-out.
     *
     * @param name shown to operators; at most 128 characters
     * @param timeout after which the coordinator rolls back by itself; 1 ms to 24 h
     * @throws dev.plinth.sdk.PlinthException {@code UNAVAILABLE}, {@code TIMEOUT} or {@code OVERLOADED} if it could not begin
     *     (the work has not run); {@code ROLLED_BACK} if it could not commit and never will; {@code HEURISTIC} if it was
     *     decided to commit and a participant failed for good; {@code OUTCOME_UNKNOWN} if the coordinator's answer to the
     *     commit was lost until the time-out
     */
    <X extends Exception> void run(String name, Duration timeout, Work<X> work) throws X;

    /** {@link #run} with a result. */
    <R, X extends Exception> R call(String name, Duration timeout, ValueWork<R, X> work) throws X;

    /** The global transaction of this thread, begun or joined here. */
    Optional<String> currentXid();

    /**
     * Runs the work with the given global transaction as the current one, and restores the one before it. RPC servers do this
     * for a request that names a transaction; applications do it to carry theirs to another thread.
     */
    <R, X extends Exception> R join(String xid, JoinedWork<R, X> work) throws X;

    /**
     * Registers an action under a resource id, here and with the coordinator, which from then on may call its phase two:
     * also for branches of an earlier run of this application.
     *
     * @param resourceId 1 to 64 characters without commas, the same at every start of the application, for it is what finds
     *     the participant of an unfinished transaction. It names the action <em>and its data</em>: the coordinator may call
     *     phase two at any process that has registered the id, so processes with databases of their own (cells, say) need
     *     ids of their own, as in {@code accounts.debit@east}
     * @param arguments the record type of the action's arguments
     * @throws IllegalArgumentException if the id is taken or malformed, or the type cannot travel
     */
    <A extends Record, R> TccParticipant<A, R> participant(
            String resourceId, Class<A> arguments, TccAction<A, R> action);

    /** What the coordinator says about a transaction; for one whose outcome was lost. */
    TransactionStatus status(String xid);

    /** What modes other than TCC build on, as {@code AtDataSource} does. */
    Branches branches();

    /** Waits for phase-two calls in progress, at most a few seconds, and disconnects. */
    @Override
    void close();
}
