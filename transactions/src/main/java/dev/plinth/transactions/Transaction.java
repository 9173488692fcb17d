package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A transaction in the engine; immutable, so that a snapshot holds it by reference.
 *
 * @param asked how it was begun
 * @param ended when nothing was left to do; from then on it waits for the history
 * @param sagaEffect the open effect that asks a Saga's engine about the whole, 0 if there is none
 */
record Transaction(
        TransactionId id,
        Command.Begin asked,
        Instant begun,
        GlobalStatus status,
        Optional<Instant> ended,
        List<Branch> branches,
        long sagaEffect,
        List<TimelineEvent> timeline) {

    /** What Seata's Saga client calls its transactions. */
    private static final String SAGA_NAME_PREFIX = "$Saga_";

    Transaction {
        branches = List.copyOf(branches);
        timeline = List.copyOf(timeline);
    }

    static Transaction begun(TransactionId id, Command.Begin asked, Instant now) {
        return new Transaction(id, asked, now, GlobalStatus.BEGIN, Optional.empty(), List.of(), 0, List.of())
                .event(now, TimelineEvent.Kind.BEGUN, 0, "");
    }

    Instant deadline() {
        return begun.plus(asked.timeout());
    }

    /** Whether it is one participant as a whole, as Seata tells it. */
    boolean saga() {
        return branches.isEmpty()
                ? asked.name().startsWith(SAGA_NAME_PREFIX)
                : branches.getFirst().type() == BranchType.SAGA;
    }

    boolean undecided() {
        return status == GlobalStatus.BEGIN;
    }

    /** Whether nothing is left to do. */
    boolean over() {
        return ended.isPresent();
    }

    /** Whether it was decided to commit it, and it has not failed. */
    boolean committing() {
        return switch (status) {
            case COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, COMMITTED -> true;
            case UNKNOWN, BEGIN, COMMIT_FAILED, COMMIT_RETRY_TIMEOUT, STOP_COMMIT_OR_COMMIT_RETRY -> false;
            case ROLLBACKING, ROLLBACK_RETRYING, ROLLBACKED, ROLLBACK_FAILED, ROLLBACK_RETRY_TIMEOUT -> false;
            case TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING, TIMEOUT_ROLLBACKED, TIMEOUT_ROLLBACK_FAILED -> false;
            case FINISHED, DELETING, STOP_ROLLBACK_OR_ROLLBACK_RETRY -> false;
        };
    }

    /** Whether it was decided to undo it. */
    boolean rollingBack() {
        return switch (status) {
            case ROLLBACKING, ROLLBACK_RETRYING, TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING -> true;
            case ROLLBACKED, TIMEOUT_ROLLBACKED, ROLLBACK_FAILED, TIMEOUT_ROLLBACK_FAILED -> true;
            case UNKNOWN, BEGIN, COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, COMMITTED, COMMIT_FAILED -> false;
            case FINISHED, COMMIT_RETRY_TIMEOUT, ROLLBACK_RETRY_TIMEOUT -> false;
            case DELETING, STOP_COMMIT_OR_COMMIT_RETRY, STOP_ROLLBACK_OR_ROLLBACK_RETRY -> false;
        };
    }

    /** Whether a rollback failed for good and its locks wait for a person. */
    boolean unsettled() {
        return !over() && (status == GlobalStatus.ROLLBACK_FAILED || status == GlobalStatus.TIMEOUT_ROLLBACK_FAILED);
    }

    boolean timedOut() {
        return switch (status) {
            case TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING, TIMEOUT_ROLLBACKED, TIMEOUT_ROLLBACK_FAILED -> true;
            case UNKNOWN, BEGIN, COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, COMMITTED, COMMIT_FAILED -> false;
            case ROLLBACKING, ROLLBACK_RETRYING, ROLLBACKED, ROLLBACK_FAILED, FINISHED -> false;
            case COMMIT_RETRY_TIMEOUT, ROLLBACK_RETRY_TIMEOUT, DELETING -> false;
            case STOP_COMMIT_OR_COMMIT_RETRY, STOP_ROLLBACK_OR_ROLLBACK_RETRY -> false;
        };
    }

    /** The place of a branch in {@link #branches()}, -1 if it has no such branch. */
    int indexOf(long branchId) {
        for (int i = 0; i < branches.size(); i++) {
            if (branches.get(i).id() == branchId) {
                return i;
            }
        }
        return -1;
    }

    Transaction in(GlobalStatus newStatus) {
        return new Transaction(id, asked, begun, newStatus, ended, branches, sagaEffect, timeline);
    }

    Transaction endedAt(Instant now) {
        return new Transaction(id, asked, begun, status, Optional.of(now), branches, sagaEffect, timeline);
    }

    Transaction with(Branch added) {
        List<Branch> more = new ArrayList<>(branches.size() + 1);
        more.addAll(branches);
        more.add(added);
        return new Transaction(id, asked, begun, status, ended, more, sagaEffect, timeline);
    }

    Transaction with(int index, Branch changed) {
        List<Branch> others = new ArrayList<>(branches);
        others.set(index, changed);
        return new Transaction(id, asked, begun, status, ended, others, sagaEffect, timeline);
    }

    Transaction without(int index) {
        List<Branch> others = new ArrayList<>(branches);
        others.remove(index);
        return new Transaction(id, asked, begun, status, ended, others, sagaEffect, timeline);
    }

    /** Whether a branch of it still has to do with locks in another partition. */
    boolean away() {
        for (Branch branch : branches) {
            if (branch.away().isPresent()) {
                return true;
            }
        }
        return false;
    }

    Transaction askingSaga(long effect) {
        return new Transaction(id, asked, begun, status, ended, branches, effect, timeline);
    }

    /** Adds to the timeline, if it has room; the end and what people did are always added. */
    Transaction event(Instant now, TimelineEvent.Kind kind, long branchId, String note) {
        if (timeline.size() >= TransactionLimits.TIMELINE_EVENTS_MAX && !alwaysTold(kind)) {
            return this;
        }
        List<TimelineEvent> longer = new ArrayList<>(timeline.size() + 1);
        longer.addAll(timeline);
        longer.add(new TimelineEvent(now, kind, branchId, note));
        return new Transaction(id, asked, begun, status, ended, branches, sagaEffect, longer);
    }

    private static boolean alwaysTold(TimelineEvent.Kind kind) {
        return switch (kind) {
            case ENDED, SETTLED, COMMIT_FORCED, ROLLBACK_FORCED, ROWS_KEPT, ROWS_RESTORED -> true;
            case BEGUN, BRANCH_REGISTERED, BRANCH_REPORTED, COMMIT_DECIDED, ROLLBACK_DECIDED, TIMED_OUT -> false;
            case STATUS_REPORTED, BRANCH_COMMITTED, BRANCH_ROLLED_BACK, ATTEMPT_FAILED, BRANCH_FAILED -> false;
        };
    }

    TransactionView view() {
        return new TransactionView(
                id,
                asked.name(),
                asked.applicationId(),
                asked.serviceGroup(),
                status,
                begun,
                asked.timeout(),
                ended,
                branches.stream()
                        .filter(branch ->
                                branch.away().isEmpty() || !branch.away().get().neverThere())
                        .map(Branch::view)
                        .toList(),
                timeline);
    }
}
