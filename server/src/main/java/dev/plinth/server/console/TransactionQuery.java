package dev.plinth.server.console;

import java.util.Optional;

/**
 * Which transactions are asked for.
 *
 * @param limit how many at most, 1 to {@value #LIMIT_MAX}
 * @param after the {@link TransactionPage#next} of the page before
 * @param text a part of XID, name, application or status, case ignored; empty for all
 */
public record TransactionQuery(State state, int limit, Optional<String> after, String text) {
    public static final int LIMIT_MAX = 500;
    public static final int LIMIT_DEFAULT = 100;
    public static final int TEXT_CHARS_MAX = 200;

    public enum State {
        LIVE,
        RECENT
    }

    public TransactionQuery {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new IllegalArgumentException("limit is 1 to " + LIMIT_MAX + ", not " + limit);
        }
        if (text.length() > TEXT_CHARS_MAX) {
            throw new IllegalArgumentException("text is at most " + TEXT_CHARS_MAX + " characters");
        }
    }
}
