package dev.plinth.trust;

import java.util.regex.Pattern;

/** The form of names that people give to things here. */
public final class Names {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/@-]{0,199}");

    private Names() {}

    public static void check(String what, String name) {
        if (!FORM.matcher(name).matches()) {
            throw new IllegalArgumentException(what
                    + ": expected 1 to 200 letters, digits and . _ / @ -, the first a letter or digit, found '"
                    + Bytes.shorten(name) + "'");
        }
    }
}
