package dev.plinth.sdk.transactions;

/** What the coordinator says about a global transaction. */
public enum TransactionStatus {
    /** Begun, not decided. */
    ACTIVE,
    /** Decided to commit; participants are being told. */
    COMMITTING,
    COMMITTED,
    /** Decided to roll back; participants are being told. */
    ROLLING_BACK,
    ROLLED_BACK,
    /** Decided, and a participant could not follow for good: a person has to look. */
    FAILED,
    /** Ended and forgotten, or never known: the coordinator cannot tell which way it went. */
    UNKNOWN
}
