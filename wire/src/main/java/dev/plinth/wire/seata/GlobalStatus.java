package dev.plinth.wire.seata;

/** Where a global transaction stands. The order is the wire code. */
public enum GlobalStatus {
    UNKNOWN,
    BEGIN,
    COMMITTING,
    COMMIT_RETRYING,
    ROLLBACKING,
    ROLLBACK_RETRYING,
    TIMEOUT_ROLLBACKING,
    TIMEOUT_ROLLBACK_RETRYING,
    ASYNC_COMMITTING,
    COMMITTED,
    COMMIT_FAILED,
    ROLLBACKED,
    ROLLBACK_FAILED,
    TIMEOUT_ROLLBACKED,
    TIMEOUT_ROLLBACK_FAILED,
    /** Not known any more: it ended some time ago, or never was. */
    FINISHED,
    COMMIT_RETRY_TIMEOUT,
    ROLLBACK_RETRY_TIMEOUT,
    DELETING,
    STOP_COMMIT_OR_COMMIT_RETRY,
    STOP_ROLLBACK_OR_ROLLBACK_RETRY;

    /** The code on the wire. */
    @SuppressWarnings("EnumOrdinal") // The order is the wire format, held by golden bytes.
    public int code() {
        return ordinal();
    }
}
