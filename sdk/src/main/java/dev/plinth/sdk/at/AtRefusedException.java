package dev.plinth.sdk.at;

import java.sql.SQLFeatureNotSupportedException;

/** A statement that AT could not undo, and therefore did not run. The global transaction must roll back. */
public final class AtRefusedException extends SQLFeatureNotSupportedException {

    /** Why. */
    public enum Reason {
        /** The table has no primary key, so its rows cannot be named. */
        NO_PRIMARY_KEY,
        /** Rows of more than one table decide what is changed, or are changed. */
        JOIN,
        /** Which rows are changed depends on another query. */
        SUBQUERY,
        /** A primary key would be changed. */
        KEY_CHANGED,
        /** A primary key's value that a lock cannot name. */
        KEY_VALUE,
        /** The keys of the new rows cannot be known. */
        KEYS_UNKNOWN,
        /** A deletion would change rows of other tables by a foreign key. */
        CASCADE,
        /** Which rows are changed is not the same when it is asked twice. */
        NOT_REPEATABLE,
        /** A statement of a kind that AT does not undo: upserts, schema changes, procedures. */
        KIND,
        /** A value of a class that an undo record cannot hold. */
        VALUE,
        /** More rows than one statement may change. */
        TOO_MANY_ROWS,
        /** It cannot be read. */
        UNREADABLE
    }

    private final Reason reason;
    private final String advice;

    AtRefusedException(Reason reason, String what, String advice) {
        super(what + " (" + reason + "): " + advice, "0A000");
        this.reason = reason;
        this.advice = advice;
    }

    public Reason reason() {
        return reason;
    }

    /** What to do instead. */
    public String advice() {
        return advice;
    }
}
