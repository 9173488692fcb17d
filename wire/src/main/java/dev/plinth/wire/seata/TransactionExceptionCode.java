package dev.plinth.wire.seata;

/** Why the coordinator, or a resource manager, did not do what it was asked. The order is the wire code. */
public enum TransactionExceptionCode {
    /** Also what a success carries. */
    UNKNOWN,
    BEGIN_FAILED,
    LOCK_KEY_CONFLICT,
    IO,
    BRANCH_ROLLBACK_FAILED_RETRIABLE,
    BRANCH_ROLLBACK_FAILED_UNRETRIABLE,
    BRANCH_REGISTER_FAILED,
    BRANCH_REPORT_FAILED,
    LOCKABLE_CHECK_FAILED,
    BRANCH_TRANSACTION_NOT_EXIST,
    GLOBAL_TRANSACTION_NOT_EXIST,
    GLOBAL_TRANSACTION_NOT_ACTIVE,
    GLOBAL_TRANSACTION_STATUS_INVALID,
    FAILED_TO_SEND_BRANCH_COMMIT_REQUEST,
    FAILED_TO_SEND_BRANCH_ROLLBACK_REQUEST,
    FAILED_TO_ADD_BRANCH,
    FAILED_LOCK_GLOBAL_TRANSACTION,
    FAILED_WRITE_SESSION,
    FAILED_STORE,
    NOT_RAFT_LEADER,
    /** The lock's holder is rolling back: waiting for it cannot help. */
    LOCK_KEY_CONFLICT_FAIL_FAST,
    TRANSACTION_TIMEOUT,
    COMMIT_HEURISTIC,
    BROKEN;

    /** The code on the wire. */
    @SuppressWarnings("EnumOrdinal") // The order is the wire format, held by golden bytes.
    public int code() {
        return ordinal();
    }
}
