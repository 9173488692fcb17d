package dev.plinth.wire.seata;

/** Where a branch stands. The order is the wire code. */
public enum BranchStatus {
    UNKNOWN,
    REGISTERED,
    PHASE_ONE_DONE,
    PHASE_ONE_FAILED,
    PHASE_ONE_TIMEOUT,
    PHASE_TWO_COMMITTED,
    PHASE_TWO_COMMIT_FAILED_RETRYABLE,
    PHASE_TWO_COMMIT_FAILED_UNRETRYABLE,
    PHASE_TWO_ROLLBACKED,
    PHASE_TWO_ROLLBACK_FAILED_RETRYABLE,
    PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE,
    PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE,
    PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE,
    PHASE_ONE_RDONLY,
    STOP_RETRY;

    /** The code on the wire. */
    @SuppressWarnings("EnumOrdinal") // The order is the wire format, held by golden bytes.
    public int code() {
        return ordinal();
    }
}
