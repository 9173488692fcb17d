package dev.plinth.sdk.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.time.Duration;
import java.util.Optional;

/** What a mode of transactions (AT, XA) builds on; applications have no need of it. Safe for use by many threads. */
public interface Branches {

    /** What came of asking for a branch. */
    sealed interface Registration {}

    record Registered(long branchId) implements Registration {}

    /**
     * Another transaction holds one of the rows; nothing was registered.
     *
     * @param why the coordinator's words
     */
    record Locked(String why) implements Registration {}

    /** The global transaction of this thread. */
    Optional<String> currentXid();

    /** How long the current transaction has left, if it was begun here. */
    Optional<Duration> remaining();

    /** The current transaction must not commit any more; without effect if it was begun elsewhere. */
    void doom();

    /**
     * Takes the coordinator's calls for this resource from now on, also for branches of an earlier run of this application.
     *
     * @throws IllegalArgumentException if somebody serves this resource in this mode already
     */
    void serve(BranchType type, String resourceId, BranchEnds ends);

    /** Under which the coordinator asks for whole sagas of this application: its name and its group. */
    String sagaResourceId();

    /** Takes no more calls for this resource. */
    void release(BranchType type, String resourceId);

    /**
     * Adds a branch to a global transaction, with the locks of its rows or not at all. Never sent twice.
     *
     * @param lockKeys {@code table:key,key;table:key}; empty if it locks nothing
     * @throws dev.plinth.sdk.PlinthException {@code ROLLED_BACK} if the transaction takes no more branches, {@code REFUSED},
     *     {@code UNAVAILABLE}, {@code TIMEOUT}, {@code OVERLOADED}
     */
    Registration register(String xid, BranchType type, String resourceId, String lockKeys, String applicationData);

    /**
     * As {@link #register}, for rows that others may hold at the moment.
     *
     * @param wait how long the coordinator may wait for their locks. Plinth's does, and gives them to whoever waits longest;
     *     Seata's answers {@link Locked} at once
     */
    Registration register(String xid, String resourceId, String lockKeys, Duration wait);

    /** Says how phase one of a branch went. A report that does not arrive costs the coordinator a call that finds nothing to do. */
    void report(String xid, long branchId, BranchType type, String resourceId, BranchStatus status);

    /**
     * Whether no other transaction holds any of these rows at the moment.
     *
     * @param xid the asker; empty if it belongs to none
     */
    boolean lockable(String xid, String resourceId, String lockKeys);
}
