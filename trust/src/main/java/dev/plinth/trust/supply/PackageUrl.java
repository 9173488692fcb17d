package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * Which package, and which version of it, whatever it is called elsewhere (purl). Qualifiers and subpaths are left out: what is known to be
 * bad is bad in each of its forms.
 *
 * @param name type, namespace and name, decoded
 */
record PackageUrl(String name, Optional<String> version) {
    private static final String SCHEME = "pkg:";

    /** @throws IllegalArgumentException if it is none */
    static PackageUrl parse(String text) {
        if (!text.startsWith(SCHEME)) {
            throw wrong(text);
        }
        var rest = text.substring(SCHEME.length()).replaceFirst("^/+", "");
        rest = before(before(rest, '#'), '?');
        int slash = rest.lastIndexOf('/');
        int at = rest.lastIndexOf('@');
        Optional<String> version = Optional.empty();
        // A namespace may begin with an @ (npm), a version stands after the last slash.
        if (at > slash) {
            version = Optional.of(decoded(rest.substring(at + 1), text));
            rest = rest.substring(0, at);
        }
        rest = rest.replaceFirst("/+$", "").replaceAll("/+", "/");
        int type = rest.indexOf('/');
        if (type < 1
                || type == rest.length() - 1
                || version.filter(String::isEmpty).isPresent()) {
            throw wrong(text);
        }
        return new PackageUrl(
                rest.substring(0, type).toLowerCase(Locale.ROOT) + decoded(rest.substring(type), text), version);
    }

    private static String before(String text, char end) {
        int at = text.indexOf(end);
        return at < 0 ? text : text.substring(0, at);
    }

    private static String decoded(String part, String whole) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw wrong(whole);
        }
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException(
                "package URL: expected pkg:type/namespace/name@version, found '" + Bytes.shorten(text) + "'");
    }

    /** Whether what is known of this one is true of {@code other}. */
    boolean covers(PackageUrl other) {
        return name.equals(other.name) && (version.isEmpty() || version.equals(other.version));
    }
}
