package dev.plinth.server.console;

/**
 * What a person decides about a transaction that hangs.
 *
 * @param operator who decides, at most {@value #OPERATOR_CHARS_MAX} characters; kept in the transaction's timeline
 * @param reason why, at most {@value #REASON_CHARS_MAX} characters; kept there too
 */
public record Decision(Deed deed, String operator, String reason) {
    static final int OPERATOR_CHARS_MAX = 100;
    static final int REASON_CHARS_MAX = 500;

    /** What is to be done. */
    public enum Deed {
        /** Commit it, or have it committed again at once. */
        COMMIT,
        /** Roll it back, or try again what could not be undone. */
        ROLLBACK,
        /** Release the rows that could not be undone, for somebody has put them right. */
        SETTLE
    }

    /** What came of it. */
    public enum Outcome {
        DONE,
        /** It goes the other way, or has ended; nothing changed. */
        GOES_OTHER_WAY,
        UNKNOWN_TRANSACTION
    }
}
