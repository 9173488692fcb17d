package dev.plinth.cells;

/** What regions, zones and cells may be called: DNS labels (RFC 1123) in lower case, so that a name fits in a host name. */
final class Names {
    private static final int CHARS_MAX = 63;

    private Names() {}

    /**
     * Returns {@code name} if it is one.
     *
     * @param what whose name it is, for the error
     */
    static String check(String what, String name) {
        boolean fits = !name.isEmpty()
                && name.length() <= CHARS_MAX
                && inner(name.charAt(0))
                && inner(name.charAt(name.length() - 1));
        for (int i = 0; fits && i < name.length(); i++) {
            fits = inner(name.charAt(i)) || name.charAt(i) == '-';
        }
        if (!fits) {
            throw new IllegalArgumentException("the " + what + " name " + quoted(name) + ": expected 1 to " + CHARS_MAX
                    + " of a-z, 0-9 and '-', and no '-' at either end");
        }
        return name;
    }

    private static boolean inner(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }

    /** {@code text} for an error message: on one line, and not at any length. */
    static String quoted(String text) {
        var shown = new StringBuilder("\"");
        for (int i = 0; i < Math.min(text.length(), CHARS_MAX); i++) {
            char c = text.charAt(i);
            shown.append(c < ' ' || Character.isSurrogate(c) || c == 0x7f ? '?' : c);
        }
        return shown.append(text.length() > CHARS_MAX ? "\" (cut, of " + text.length() + " characters)" : "\"")
                .toString();
    }
}
