package dev.plinth.transactions;

import java.time.Instant;

/**
 * One thing that happened to a transaction, for people to follow it.
 *
 * @param at the stamp of the journal's entry
 * @param branchId 0 if it concerns the whole transaction
 * @param note what else there is to say, or empty: the status it led to, why an attempt failed, or who did it and why
 */
public record TimelineEvent(Instant at, Kind kind, long branchId, String note) {
    public enum Kind {
        BEGUN,
        BRANCH_REGISTERED,
        BRANCH_REPORTED,
        COMMIT_DECIDED,
        ROLLBACK_DECIDED,
        TIMED_OUT,
        STATUS_REPORTED,
        BRANCH_COMMITTED,
        BRANCH_ROLLED_BACK,
        ATTEMPT_FAILED,
        BRANCH_FAILED,
        SETTLED,
        ENDED,
        COMMIT_FORCED,
        ROLLBACK_FORCED,
        ROWS_KEPT,
        ROWS_RESTORED
    }
}
