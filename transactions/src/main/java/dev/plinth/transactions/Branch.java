package dev.plinth.transactions;

import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.util.Optional;

/**
 * One branch of a live transaction; immutable.
 *
 * @param asked how it was registered
 * @param applicationData as registered or last reported
 * @param locked whether its lock keys are locked for it
 * @param attempts at phase two whose result is known
 * @param effect the open effect of its phase two, 0 if there is none
 * @param away its locks, if its resource is at home in another partition than its transaction's and it has or had to do with them
 * @param rows those that were changed behind its back, as its participant reported them last; empty if it reported none
 */
record Branch(
        long id,
        Command.RegisterBranch asked,
        BranchStatus status,
        String applicationData,
        boolean locked,
        int attempts,
        long effect,
        String rows,
        Optional<AwayLocks> away) {

    /** How a report of rows begins, among all that a participant may say ({@code DirtyReport} in {@code sdk}). */
    private static final String ROWS_REPORTED = "{\"dirty\":";

    static Branch registered(long id, Command.RegisterBranch asked, boolean locked) {
        return new Branch(
                id, asked, BranchStatus.REGISTERED, asked.applicationData(), locked, 0, 0, "", Optional.empty());
    }

    BranchType type() {
        return asked.type();
    }

    /** Whether phase two is being asked for at the moment. */
    boolean open() {
        return effect != 0;
    }

    /** Whether phase two has still to be asked for. */
    boolean pending() {
        return !open()
                && switch (status) {
                    case UNKNOWN, REGISTERED, PHASE_ONE_DONE, PHASE_ONE_TIMEOUT, STOP_RETRY -> true;
                    case PHASE_ONE_RDONLY -> type() != BranchType.XA;
                    case PHASE_ONE_FAILED, PHASE_TWO_COMMITTED, PHASE_TWO_ROLLBACKED -> false;
                    case PHASE_TWO_COMMIT_FAILED_UNRETRYABLE, PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE -> false;
                    case PHASE_TWO_COMMIT_FAILED_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_RETRYABLE -> true;
                    case PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE ->
                        true;
                };
    }

    /** Whether phase two cannot be done, ever. */
    boolean failed() {
        return status == BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE
                || status == BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE;
    }

    PhaseTwo phaseTwo(TransactionId transaction, Direction direction) {
        return new PhaseTwo(
                transaction,
                id,
                type(),
                asked.resourceId(),
                asked.clientId(),
                asked.xidAddress(),
                applicationData,
                direction);
    }

    Branch reported(BranchStatus newStatus, String newData) {
        return new Branch(
                id,
                asked,
                newStatus,
                newData.isEmpty() ? applicationData : newData,
                locked,
                attempts,
                effect,
                rows,
                away);
    }

    Branch asking(long newEffect) {
        return new Branch(id, asked, status, applicationData, locked, attempts, newEffect, rows, away);
    }

    Branch tried(BranchStatus newStatus) {
        return new Branch(id, asked, newStatus, applicationData, locked, attempts + 1, effect, rows, away);
    }

    Branch unlocked() {
        return new Branch(id, asked, status, applicationData, false, attempts, effect, rows, away);
    }

    Branch away(Optional<AwayLocks> nowAway) {
        return new Branch(id, asked, status, applicationData, locked, attempts, effect, rows, nowAway);
    }

    /** Whether its rows are locked for it, wherever they are at home. */
    boolean holds() {
        return locked || (away.isPresent() && away.get().stage() == AwayLocks.Stage.HELD);
    }

    /** Takes what its participant said when it failed for good. */
    Branch said(String words) {
        return words.startsWith(ROWS_REPORTED)
                ? new Branch(id, asked, status, applicationData, locked, attempts, effect, words, away)
                : this;
    }

    BranchView view() {
        var told = type() == BranchType.SAGA ? applicationData : "";
        return new BranchView(
                id, type(), asked.resourceId(), asked.clientId(), status, attempts, asked.lockKeys(), rows, told);
    }
}
