package dev.plinth.transactions;

import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.time.Instant;

/** What the coordinator's engine answers. Which outcomes a command can have, its sub-interface says. */
public sealed interface Outcome {

    /** Answers to {@link Command.Begin}. */
    sealed interface OfBegin extends Outcome {}

    /** Answers to {@link Command.RegisterBranch}. */
    sealed interface OfRegister extends Outcome {}

    /** Answers to {@link Command.ReportBranch}. */
    sealed interface OfReport extends Outcome {}

    /** Answers to {@link Command.Commit}, {@link Command.Rollback}, {@link Command.ReportGlobal}, {@link Command.Settle}, {@link Command.Force}, {@link Command.DecideRows}. */
    sealed interface OfDecision extends Outcome {}

    /** Answers to {@link Command.TakeLocks}. */
    sealed interface OfTaking extends Outcome {}

    record Begun(TransactionId transaction) implements OfBegin {}

    record Registered(long branchId) implements OfRegister {}

    /**
     * Another transaction holds one of the rows; nothing was locked or registered.
     *
     * @param failFast the holder is rolling back and may wait for local locks that the asker holds: it should give up at once
     *     (Seata's LockKeyConflictFailFast), not try again
     */
    record LockConflict(String resourceId, LockKey key, TransactionId holder, boolean failFast)
            implements OfRegister, OfTaking {}

    /** It takes no branches any more (Seata's GlobalTransactionNotActive). */
    record NotActive(TransactionId transaction, GlobalStatus status) implements OfRegister {}

    /** The engine knows no such transaction: it never was, or it ended and left (Seata's GlobalTransactionNotExist). */
    record NotFound(TransactionId transaction) implements OfRegister, OfReport, OfDecision {}

    record BranchNotFound(TransactionId transaction, long branchId) implements OfReport {}

    record Reported() implements OfReport {}

    /**
     * Where the transaction stands after the command.
     *
     * @param first true if this command made the decision; false if it had been made before
     * @param begun when the transaction began
     */
    record Decided(GlobalStatus status, boolean first, Instant begun) implements OfDecision {}

    /** It goes the other way, or ended so; nothing changed. */
    record GoesOtherWay(TransactionId transaction, GlobalStatus status) implements OfDecision {}

    /** None of its failed branches reported rows that could be restored; nothing changed. */
    record NoRows(TransactionId transaction) implements OfDecision {}

    /** A limit of {@link TransactionLimits} is reached; nothing changed. */
    record Overloaded(String what, Duration retryAfter) implements OfBegin, OfRegister, OfReport, OfTaking {}

    /** The branch waits for its rows, which are at home in another partition; the answer to its registration follows. */
    record Locking(long branchId) implements Outcome {}

    /** The rows are the branch's. */
    record Taken() implements OfTaking {}

    /** Where a resource is at home. */
    record Claimed(int home) implements Outcome {}

    /** The answer to {@link Command.PhaseTwoResult}, {@link Command.Forget} and what comes of other partitions' locks, which nobody waits for. */
    record Noted() implements Outcome {}
}
