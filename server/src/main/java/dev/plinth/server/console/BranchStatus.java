package dev.plinth.server.console;

/** Where a branch of a transaction stands. */
public enum BranchStatus {
    REGISTERED,
    /** Phase one is reported done. */
    PREPARED,
    /** Phase one is reported failed. */
    PREPARE_FAILED,
    COMMITTED,
    ROLLED_BACK,
    /** Phase two failed and is tried again. */
    RETRYING,
    /** Phase two failed for good. */
    FAILED
}
