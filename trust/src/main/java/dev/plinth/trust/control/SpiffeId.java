package dev.plinth.trust.control;

import java.util.regex.Pattern;

/**
 * A SPIFFE ID (SPIFFE-ID.md, 2): {@code spiffe://trust-domain/path}.
 *
 * @param trustDomain 1 to 255 lower-case letters, digits and {@code . - _}
 * @param path empty for the trust domain's own; else each segment after a slash, of letters, digits and {@code . - _}, none of them
 *     {@code .} or {@code ..}
 */
public record SpiffeId(String trustDomain, String path) {
    private static final int CHARACTERS_MAX = 2_048;
    private static final String SCHEME = "spiffe://";
    private static final Pattern DOMAIN = Pattern.compile("[a-z0-9._-]{1,255}");
    private static final Pattern PATH = Pattern.compile("(/(?!\\.{1,2}(/|$))[A-Za-z0-9._-]+)*");

    public SpiffeId {
        checkDomain(trustDomain);
        if (path.length() > CHARACTERS_MAX || !PATH.matcher(path).matches()) {
            throw new IllegalArgumentException(
                    "path of a SPIFFE ID: expected segments of letters, digits and . - _, each after a"
                            + " slash, found '" + shown(path) + "'");
        }
        if (SCHEME.length() + trustDomain.length() + path.length() > CHARACTERS_MAX) {
            throw new IllegalArgumentException("SPIFFE ID: expected at most " + CHARACTERS_MAX + " characters");
        }
    }

    static void checkDomain(String domain) {
        if (!DOMAIN.matcher(domain).matches()) {
            throw new IllegalArgumentException(
                    "trust domain: expected 1 to 255 lower-case letters, digits and . - _, found '" + shown(domain)
                            + "'");
        }
    }

    private static String shown(String text) {
        return text.substring(0, Math.min(text.length(), 80)).replaceAll("[^ -~]", "?");
    }

    public static SpiffeId parse(String text) {
        if (!text.startsWith(SCHEME)) {
            throw new IllegalArgumentException(
                    "SPIFFE ID: expected spiffe://trust-domain/path, found '" + shown(text) + "'");
        }
        int slash = text.indexOf('/', SCHEME.length());
        return slash < 0
                ? new SpiffeId(text.substring(SCHEME.length()), "")
                : new SpiffeId(text.substring(SCHEME.length(), slash), text.substring(slash));
    }

    /** The trust domain's own. */
    public static SpiffeId ofDomain(String trustDomain) {
        return new SpiffeId(trustDomain, "");
    }

    @Override
    public String toString() {
        return SCHEME + trustDomain + path;
    }
}
