package dev.plinth.sdk.at;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How a database takes part. Start with {@link #defaults}.
 *
 * @param lockWait how long a statement waits for a row's global lock; 0 to 1 h, and never longer than its transaction has left
 * @param undoTable where undo records are kept, with or without its schema
 */
public record AtOptions(Duration lockWait, String undoTable) {

    private static final Pattern TABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");
    private static final Duration LOCK_WAIT_DEFAULT = Duration.ofSeconds(3);
    private static final Duration LOCK_WAIT_MAX = Duration.ofHours(1);

    public AtOptions {
        if (lockWait.isNegative() || lockWait.compareTo(LOCK_WAIT_MAX) > 0) {
            throw new IllegalArgumentException("lockWait: " + lockWait + " is not within 0..1 h");
        }
        if (!TABLE_NAME.matcher(undoTable).matches()) {
            throw new IllegalArgumentException(
                    "undoTable: '" + undoTable + "' is not a table's name, with or without its schema");
        }
    }

    public static AtOptions defaults() {
        return new AtOptions(LOCK_WAIT_DEFAULT, "undo_log");
    }

    public AtOptions withLockWait(Duration other) {
        return new AtOptions(other, undoTable);
    }

    public AtOptions withUndoTable(String other) {
        return new AtOptions(lockWait, other);
    }
}
