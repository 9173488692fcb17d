package dev.plinth.trust;

/** Evidence or collateral is not of the form it claims to have. The one exception that parsers throw. */
public final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Where where;
    private final String expected;
    private final String found;

    public Malformed(Where where, String expected, String found) {
        // No stack trace: hostile input makes many of these, and the place that matters is the one in the input.
        super(where + ": expected " + expected + ", found " + found, null, false, false);
        this.where = where;
        this.expected = expected;
        this.found = found;
    }

    public Where where() {
        return where;
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
