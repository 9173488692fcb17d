package dev.plinth.trust.secrets;

import java.util.regex.Pattern;

/** What a secret is called, {@code repository/type/tag}, as in Trustee's KBS. */
public record ResourceName(String repository, String type, String tag) {
    /** Characters of each of the three parts. */
    public static final int PART_CHARACTERS_MAX = 128;

    private static final Pattern PART =
            Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0," + (PART_CHARACTERS_MAX - 1) + "}");

    public ResourceName {
        check("repository", repository);
        check("type", type);
        check("tag", tag);
    }

    /**
     * Reads a name.
     *
     * @throws IllegalArgumentException if it is none; it says what was expected
     */
    public static ResourceName parse(String text) {
        var parts = text.split("/", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("resource: expected repository/type/tag, found '" + shorten(text) + "'");
        }
        return new ResourceName(parts[0], parts[1], parts[2]);
    }

    private static void check(String what, String part) {
        if (!PART.matcher(part).matches()) {
            throw new IllegalArgumentException(what + " of a resource: expected 1 to " + PART_CHARACTERS_MAX
                    + " letters, digits and _ - . and no . at the start, found '" + shorten(part) + "'");
        }
    }

    private static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }

    @Override
    public String toString() {
        return repository + "/" + type + "/" + tag;
    }
}
