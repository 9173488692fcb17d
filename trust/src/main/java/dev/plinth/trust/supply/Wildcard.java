package dev.plinth.trust.supply;

/** Names in rules: exact, or with one {@code *} at the end that stands for any ending. */
final class Wildcard {
    // No regular expressions: one that lacks an anchor or escapes no dot lets in more than its author saw.
    private static final int CHARACTERS_MAX = 1_000;

    private Wildcard() {}

    static void check(String what, String pattern) {
        int star = pattern.indexOf('*');
        if (pattern.isEmpty()
                || pattern.length() > CHARACTERS_MAX
                || (star >= 0 && (star == 0 || star < pattern.length() - 1))) {
            throw new IllegalArgumentException(what + ": expected 1 to " + CHARACTERS_MAX
                    + " characters, and a * at the end alone, after something, found '"
                    + dev.plinth.trust.Bytes.shorten(pattern) + "'");
        }
    }

    static boolean matches(String pattern, String text) {
        return pattern.endsWith("*")
                ? text.startsWith(pattern.substring(0, pattern.length() - 1))
                : text.equals(pattern);
    }
}
