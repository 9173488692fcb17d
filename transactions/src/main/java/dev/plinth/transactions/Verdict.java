package dev.plinth.transactions;

import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchStatus;

/**
 * What a participant's answer to phase two means.
 *
 * @param status the branch's from now on
 */
record Verdict(BranchStatus status, End end) {
    enum End {
        DONE,
        NOT_YET,
        NEVER
    }

    /**
     * Reads an answer. One that does not fit the question counts as no answer: it is asked again.
     *
     * @param unknownForLong whether XAER_NOTA (the database does not know the branch) can no longer mean that it is about to come
     */
    static Verdict of(BranchStatus answer, Direction direction, boolean unknownForLong) {
        boolean commit = direction == Direction.COMMIT;
        return switch (answer) {
            case PHASE_TWO_COMMITTED -> new Verdict(answer, commit ? End.DONE : End.NOT_YET).fitting(commit);
            case PHASE_TWO_ROLLBACKED -> new Verdict(answer, commit ? End.NOT_YET : End.DONE).fitting(commit);
            case PHASE_TWO_COMMIT_FAILED_UNRETRYABLE ->
                new Verdict(answer, commit ? End.NEVER : End.NOT_YET).fitting(commit);
            case PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE ->
                new Verdict(answer, commit ? End.NOT_YET : End.NEVER).fitting(commit);
            case PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE ->
                unknownForLong
                        ? new Verdict(
                                commit ? BranchStatus.PHASE_TWO_COMMITTED : BranchStatus.PHASE_TWO_ROLLBACKED, End.DONE)
                        : new Verdict(answer, End.NOT_YET);
            case UNKNOWN,
                    REGISTERED,
                    PHASE_ONE_DONE,
                    PHASE_ONE_FAILED,
                    PHASE_ONE_TIMEOUT,
                    PHASE_ONE_RDONLY,
                    STOP_RETRY -> new Verdict(answer, End.NOT_YET).fitting(commit);
            case PHASE_TWO_COMMIT_FAILED_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_RETRYABLE ->
                new Verdict(answer, End.NOT_YET).fitting(commit);
        };
    }

    /** A branch that is not done yet has the retryable status of its direction, whatever was answered. */
    private Verdict fitting(boolean commit) {
        return end != End.NOT_YET
                ? this
                : new Verdict(
                        commit
                                ? BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE
                                : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE,
                        End.NOT_YET);
    }
}
