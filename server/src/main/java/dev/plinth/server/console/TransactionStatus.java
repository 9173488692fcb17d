package dev.plinth.server.console;

/** Where a global transaction stands. */
public enum TransactionStatus {
    /** Begun; its branches are at work. */
    ACTIVE,
    COMMITTING,
    COMMITTED,
    ROLLING_BACK,
    ROLLED_BACK,
    /** Rolling back because its time ran out. */
    TIMEOUT_ROLLING_BACK,
    /** Rolled back because its time ran out. */
    TIMED_OUT,
    /** Ended half done, and in need of a person. */
    FAILED
}
