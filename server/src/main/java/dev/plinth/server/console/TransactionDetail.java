package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything known about one transaction.
 *
 * @param timeoutMillis how long it may take before it is rolled back
 * @param timeline what happened, in its order
 */
public record TransactionDetail(
        TransactionSummary transaction, long timeoutMillis, List<Branch> branches, List<Event> timeline) {
    public TransactionDetail {
        branches = List.copyOf(branches);
        timeline = List.copyOf(timeline);
    }

    public enum BranchKind {
        AT,
        TCC,
        SAGA,
        XA
    }

    /**
     * A participant's part.
     *
     * @param resource the resource's id, such as a database's JDBC address or a TCC action's name
     * @param cell where it works; empty if nothing says
     * @param application whose resource it is, and from where; may be empty
     * @param endedAt when phase two was done; absent before
     * @param locks the global locks that it holds or held, as {@code table:key,key}
     * @param step the name of the step, in a Saga of the SDK; empty in all else
     * @param rows those that were changed behind its back, as {@link dev.plinth.transactions.BranchView#rows}
     */
    public record Branch(
            String id,
            String resource,
            BranchKind kind,
            BranchStatus status,
            String cell,
            String application,
            Instant registeredAt,
            Optional<Instant> endedAt,
            List<String> locks,
            String step,
            String rows) {
        public Branch {
            locks = List.copyOf(locks);
        }
    }

    public enum EventKind {
        BEGUN,
        BRANCH_REGISTERED,
        /** Phase one of a branch was reported, done or failed. */
        BRANCH_REPORTED,
        COMMIT_DECIDED,
        ROLLBACK_DECIDED,
        TIMED_OUT,
        /** A phase-two call failed and will be made again. */
        PHASE_TWO_FAILED,
        BRANCH_COMMITTED,
        BRANCH_ROLLED_BACK,
        /** A person decided; the text says who, and why. */
        COMMIT_FORCED,
        ROLLBACK_FORCED,
        /** A person decided about rows that were changed behind a branch's back; the text says who, and why. */
        ROWS_KEPT,
        ROWS_RESTORED,
        /** A person released the rows that could not be undone. */
        SETTLED,
        ENDED
    }

    /**
     * A moment of it.
     *
     * @param branch the branch's id, if it is about one
     * @param text what to add to the kind; may be empty
     */
    public record Event(Instant at, EventKind kind, Optional<String> branch, String text) {}
}
