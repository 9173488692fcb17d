package dev.plinth.transactions;

import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.GlobalStatus;

/** What it means for the whole transaction when a Saga's engine answers, or reports by itself. As Seata's SagaCore has it. */
enum SagaVerdict {
    COMMITTED,
    ROLLED_BACK,
    /** It ended, and neither word fits. */
    FINISHED,
    COMMIT_FAILED,
    ROLLBACK_FAILED,
    /** The Saga wants to go on: ask it to commit. */
    FORWARD,
    /** The Saga wants to compensate: ask it to roll back. */
    BACK,
    /** Ask the same again. */
    AGAIN,
    /** Nothing follows from it. */
    NOTHING;

    static SagaVerdict ofAnswer(BranchStatus answer, Direction direction) {
        return direction == Direction.COMMIT
                ? switch (answer) {
                    case PHASE_TWO_COMMITTED -> COMMITTED;
                    case PHASE_TWO_ROLLBACKED -> ROLLED_BACK;
                    case PHASE_TWO_ROLLBACK_FAILED_RETRYABLE -> BACK;
                    case PHASE_ONE_FAILED -> FINISHED;
                    case PHASE_TWO_COMMIT_FAILED_UNRETRYABLE -> COMMIT_FAILED;
                    case UNKNOWN, REGISTERED, PHASE_ONE_DONE, PHASE_ONE_TIMEOUT, PHASE_ONE_RDONLY, STOP_RETRY -> AGAIN;
                    case PHASE_TWO_COMMIT_FAILED_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE -> AGAIN;
                    case PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE -> AGAIN;
                    case PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE -> AGAIN;
                }
                : switch (answer) {
                    case PHASE_TWO_ROLLBACKED -> ROLLED_BACK;
                    case PHASE_TWO_COMMIT_FAILED_RETRYABLE -> FORWARD;
                    case PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE -> ROLLBACK_FAILED;
                    case UNKNOWN, REGISTERED, PHASE_ONE_DONE, PHASE_ONE_TIMEOUT, PHASE_ONE_RDONLY, STOP_RETRY -> AGAIN;
                    case PHASE_ONE_FAILED, PHASE_TWO_COMMITTED, PHASE_TWO_COMMIT_FAILED_UNRETRYABLE -> AGAIN;
                    case PHASE_TWO_ROLLBACK_FAILED_RETRYABLE, PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE -> AGAIN;
                    case PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE -> AGAIN;
                };
    }

    static SagaVerdict ofReport(GlobalStatus reported) {
        return switch (reported) {
            case COMMITTED -> COMMITTED;
            case ROLLBACKED, TIMEOUT_ROLLBACKED, FINISHED -> ROLLED_BACK;
            case COMMIT_FAILED, COMMIT_RETRY_TIMEOUT -> COMMIT_FAILED;
            case ROLLBACK_FAILED, TIMEOUT_ROLLBACK_FAILED, ROLLBACK_RETRY_TIMEOUT -> ROLLBACK_FAILED;
            case COMMIT_RETRYING -> FORWARD;
            case ROLLBACK_RETRYING, TIMEOUT_ROLLBACK_RETRYING, UNKNOWN -> BACK;
            case BEGIN, COMMITTING, ROLLBACKING, TIMEOUT_ROLLBACKING, ASYNC_COMMITTING, DELETING -> NOTHING;
            case STOP_COMMIT_OR_COMMIT_RETRY, STOP_ROLLBACK_OR_ROLLBACK_RETRY -> NOTHING;
        };
    }
}
