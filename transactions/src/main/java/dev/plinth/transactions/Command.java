package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What can be asked of the coordinator's engine. Status and lock queries change nothing and are reads, not commands. */
public sealed interface Command {

    /**
     * Begins a global transaction.
     *
     * <p>Duplicates: each one begins another. A client that never learned of its transaction leaves an empty one to its time-out.
     *
     * @param timeout from the begin until it is rolled back if nothing was decided; what is not a whole millisecond of it is cut
     * @param xidAddress host and port in the XID by which its application knows the transaction: a Saga's engine is asked about the
     *     whole by that name, whichever server asks. Empty if the door's own will do, and in journals of release 0.1.0
     */
    record Begin(String name, Duration timeout, String applicationId, String serviceGroup, String xidAddress)
            implements Command {
        public Begin {
            if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(TransactionLimits.TIMEOUT_MAX) > 0) {
                throw new IllegalArgumentException("a transaction's time-out is 1 ms to "
                        + TransactionLimits.TIMEOUT_MAX.toDays() + " days, not " + timeout);
            }
            timeout = timeout.truncatedTo(ChronoUnit.MILLIS);
            TransactionLimits.check("a transaction's name", name, TransactionLimits.NAME_CHARS_MAX);
            TransactionLimits.check("an application id", applicationId, TransactionLimits.NAME_CHARS_MAX);
            TransactionLimits.check("a transaction service group", serviceGroup, TransactionLimits.NAME_CHARS_MAX);
            TransactionLimits.check("an XID's address", xidAddress, TransactionLimits.NAME_CHARS_MAX);
        }

        /** For an application that knows the transaction by the door's own address. */
        public Begin(String name, Duration timeout, String applicationId, String serviceGroup) {
            this(name, timeout, applicationId, serviceGroup, "");
        }
    }

    /**
     * Adds a branch, and takes the global locks of all its rows or none.
     *
     * <p>Duplicates: each one adds another branch, as in Seata. The locks are re-entrant for the transaction.
     *
     * @param clientId the resource manager that asked, as the door knows it: phase two prefers it
     * @param applicationData passed back in phase two, unread
     * @param xidAddress host and port in the XID by which the participant knows the transaction, and keeps its undo records; phase
     *     two names it so again, even if the door has another address by then. Empty if the door's own will do.
     * @param autoCommit true if the participant holds no local locks while it waits for global ones. If false, a conflict with a
     *     holder that is rolling back fails fast, for that rollback may need those local locks.
     */
    record RegisterBranch(
            TransactionId transaction,
            BranchType type,
            String resourceId,
            String clientId,
            String applicationData,
            List<LockKey> lockKeys,
            String xidAddress,
            boolean autoCommit)
            implements Command {
        public RegisterBranch {
            TransactionLimits.check("a resource id", resourceId, TransactionLimits.NAME_CHARS_MAX);
            TransactionLimits.check("a client id", clientId, TransactionLimits.NAME_CHARS_MAX);
            TransactionLimits.check("an XID's address", xidAddress, TransactionLimits.NAME_CHARS_MAX);
            TransactionLimits.check(
                    "a branch's application data", applicationData, TransactionLimits.APPLICATION_DATA_CHARS_MAX);
            TransactionLimits.check("a branch's lock keys", lockKeys.size(), TransactionLimits.LOCK_KEYS_MAX);
            lockKeys = List.copyOf(lockKeys);
        }

        /** For a participant that knows the transaction by the door's own address. */
        public RegisterBranch(
                TransactionId transaction,
                BranchType type,
                String resourceId,
                String clientId,
                String applicationData,
                List<LockKey> lockKeys,
                boolean autoCommit) {
            this(transaction, type, resourceId, clientId, applicationData, lockKeys, "", autoCommit);
        }
    }

    /**
     * Says how phase one of a branch went. Repeating it changes nothing more.
     *
     * @param applicationData replaces what registration said, unless empty
     */
    record ReportBranch(TransactionId transaction, long branchId, BranchStatus status, String applicationData)
            implements Command {
        public ReportBranch {
            TransactionLimits.check(
                    "a branch's application data", applicationData, TransactionLimits.APPLICATION_DATA_CHARS_MAX);
        }
    }

    /** Decides to commit. Repeating it answers the status as it is now. */
    record Commit(TransactionId transaction) implements Command {}

    /** Decides to roll back. Repeating it answers the status as it is now. */
    record Rollback(TransactionId transaction) implements Command {}

    /** A Saga's own engine says where its transaction stands. Ignored for transactions that are no Saga, as in Seata. */
    record ReportGlobal(TransactionId transaction, GlobalStatus status) implements Command {}

    /**
     * What came of one attempt at phase two; only ever the result of a {@link PhaseTwo}.
     *
     * @param reason why it failed, for people
     */
    record PhaseTwoResult(TransactionId transaction, long branchId, BranchStatus status, Optional<String> reason)
            implements Command {}

    /**
     * A person has repaired what a failed rollback left behind: the locks that protected it are released and the transaction
     * leaves. Settling one that is not failed changes nothing.
     *
     * @param audit empty in journals of release 0.1.0
     */
    record Settle(TransactionId transaction, Audit audit) implements Command {}

    /**
     * A person decides in the application's place: the transaction goes this way. If it goes there already and a branch failed for
     * good, that is asked once more. If it goes the other way, nothing changes.
     */
    record Force(TransactionId transaction, PhaseTwo.Direction direction, Audit audit) implements Command {}

    /**
     * A person decides about rows that somebody changed behind a branch's back, so that it could not be undone: they stay as they
     * are, or become what they were before the branch; everything else of the branch is undone. Branches that reported no rows (of
     * Seata's own client) can only be kept: as if settled. Nothing changes if the rollback has not failed.
     *
     * @param seen the fingerprints of the rows as that person saw them, separated by commas; a row that is not among them, or has
     *     changed once more, waits for the next decision
     */
    record DecideRows(TransactionId transaction, RowDecision decision, String seen, Audit audit) implements Command {
        public DecideRows {
            TransactionLimits.check("the fingerprints of rows", seen, TransactionLimits.SEEN_CHARS_MAX);
            if (!seen.matches("[0-9a-f,]*")) {
                throw new IllegalArgumentException(
                        "seen: expected fingerprints of rows, separated by commas, not '" + seen + "'");
            }
        }

        /** As it goes to the participant. */
        String applicationData() {
            return "{\"plinth.decision\":\"" + decision.name().toLowerCase(Locale.ROOT) + "\",\"plinth.seen\":\"" + seen
                    + "\"}";
        }
    }

    /** What becomes of rows that were changed behind a branch's back. */
    enum RowDecision {
        /** They stay as they are. */
        KEEP,
        /** They become what they were before the branch. */
        RESTORE
    }

    /**
     * Who did what only a person may do, and why; kept in the transaction's timeline.
     *
     * @param operator as that person is known where it was done
     */
    record Audit(String operator, String reason) {
        public Audit {
            TransactionLimits.check("an operator's name", operator, TransactionLimits.OPERATOR_CHARS_MAX);
            TransactionLimits.check("a reason", reason, TransactionLimits.AUDIT_REASON_CHARS_MAX);
        }

        /**
         * As a door gets it.
         *
         * @throws IllegalArgumentException if one of the two is blank; it says which
         */
        public static Audit of(String operator, String reason) {
            if (operator.isBlank()) {
                throw new IllegalArgumentException("operator: expected the name of who does this");
            }
            if (reason.isBlank()) {
                throw new IllegalArgumentException("reason: expected why this is done");
            }
            return new Audit(operator.strip(), reason.strip());
        }

        /** As it stands in the timeline. */
        String note() {
            return operator.isEmpty() ? reason : operator + ": " + reason;
        }
    }

    /**
     * Settles where a resource is at home, for good: the first claim holds. Asked of the first partition alone, which keeps the homes.
     *
     * @param wished the partition that the claim is for
     */
    record ClaimHome(String resourceId, int wished) implements Command {
        public ClaimHome {
            TransactionLimits.check("a resource id", resourceId, TransactionLimits.NAME_CHARS_MAX);
            checkPartition(wished);
        }
    }

    /**
     * Adds a branch whose rows are at home in another partition, as {@link RegisterBranch} one whose rows are here. The answer follows
     * when the rows are taken there, or are not.
     *
     * @param ticket a number by which whoever waits for that answer knows it; no other registration has it
     */
    record RegisterAway(RegisterBranch asked, int home, long ticket) implements Command {
        public RegisterAway {
            checkPartition(home);
        }
    }

    /** What came of a {@link Effect.TakeLocks}. */
    record LocksAnswered(TransactionId transaction, long branchId, Outcome.OfTaking answer) implements Command {}

    /** What came of a {@link Effect.FreeLocks}: the rows are free. */
    record LocksFreed(TransactionId transaction, long branchId) implements Command {}

    /** Takes the rows of another partition's branch, all or none. Repeating it changes nothing more. */
    record TakeLocks(Effect.TakeLocks wanted) implements Command {
        public TakeLocks {
            TransactionLimits.check("a branch's lock keys", wanted.lockKeys().size(), TransactionLimits.LOCK_KEYS_MAX);
        }
    }

    /** Lets go of the rows of another partition's branch. Repeating it changes nothing more. */
    record FreeLocks(TransactionId transaction, long branchId) implements Command {}

    /** What came of a {@link Effect.AskHolder}. */
    record HolderTold(TransactionId transaction, long branchId, Standing standing) implements Command {}

    /** How a branch stands that has rows in another partition. */
    enum Standing {
        HOLDS,
        /** It holds them until it is undone. */
        ROLLING_BACK,
        /** It holds nothing, and never will again. */
        GONE
    }

    private static void checkPartition(int partition) {
        if (partition < 0 || partition >= TransactionId.PARTITIONS_MAX) {
            throw new IllegalArgumentException(
                    "a partition is 0 to " + (TransactionId.PARTITIONS_MAX - 1) + ", not " + partition);
        }
    }

    /** The history has these ended transactions on disk: the engine lets go of them. Others among them are left as they are. */
    record Forget(List<TransactionId> transactions) implements Command {
        public Forget {
            TransactionLimits.check("transactions to forget", transactions.size(), TransactionLimits.FORGET_MAX);
            transactions = List.copyOf(transactions);
        }
    }
}
