package dev.plinth.server.console;

import java.util.List;

/**
 * What a person decides about a transaction that hangs.
 *
 * @param seen the fingerprints of the rows that it is about, as they were shown; empty for other deeds
 * @param operator who decides, at most {@value #OPERATOR_CHARS_MAX} characters; kept in the transaction's timeline
 * @param reason why, at most {@value #REASON_CHARS_MAX} characters; kept there too
 */
public record Decision(Deed deed, List<String> seen, String operator, String reason) {
    /** Rows that one decision is about. */
    static final int SEEN_MAX = 100;

    static final int OPERATOR_CHARS_MAX = 100;
    static final int REASON_CHARS_MAX = 500;

    public Decision {
        seen = List.copyOf(seen);
    }

    /** What is to be done. */
    public enum Deed {
        /** Commit it, or have it committed again at once. */
        COMMIT,
        /** Roll it back, or try again what could not be undone. */
        ROLLBACK,
        /** Rows that were changed behind a branch's back stay as they are. */
        KEEP,
        /** Rows that were changed behind a branch's back become what they were before it. */
        RESTORE,
        /** Release the rows that could not be undone, for somebody has put them right. */
        SETTLE
    }

    /** What came of it. */
    public enum Outcome {
        DONE,
        /** No participant reported rows; nothing changed. */
        NO_ROWS,
        /** It goes the other way, or has ended; nothing changed. */
        GOES_OTHER_WAY,
        UNKNOWN_TRANSACTION
    }
}
