package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Whether one may use what is under an SPDX licence expression, without a licence that is denied (SPDX 2.3, annex D). */
final class LicenseExpression {
    /*
     * Of A OR B one may choose, so it is denied only if both are; A AND B, if one is. A licence that is denied is denied with an exception,
     * too, and in its form "or later" (+): who wants to let one of these in names the others.
     */
    private static final int CHARACTERS_MAX = 4_096;
    private static final int DEPTH_MAX = 32;

    private final List<String> words;
    private final Set<String> denied;
    private int at;

    private LicenseExpression(List<String> words, Set<String> denied) {
        this.words = words;
        this.denied = denied;
    }

    /**
     * Whether it leaves no choice but a denied licence.
     *
     * @param denied in lower case
     * @throws IllegalArgumentException if it is no expression
     */
    static boolean isDenied(String expression, Set<String> denied) {
        if (expression.length() > CHARACTERS_MAX) {
            throw new IllegalArgumentException(
                    "an expression of at most " + CHARACTERS_MAX + " characters, found " + expression.length());
        }
        var words = new ArrayList<String>();
        for (var word :
                expression.replace("(", " ( ").replace(")", " ) ").strip().split("\\s+")) {
            words.add(word);
        }
        var parser = new LicenseExpression(words, denied);
        boolean is = parser.any(0);
        if (parser.at < words.size()) {
            throw parser.wrong();
        }
        return is;
    }

    /** A licence by its identifier or name. */
    static boolean isDeniedOne(String license, Set<String> denied) {
        var name = license.toLowerCase(Locale.ROOT);
        return denied.contains(name) || (name.endsWith("+") && denied.contains(name.substring(0, name.length() - 1)));
    }

    private boolean any(int depth) {
        boolean is = all(depth);
        while (next("or")) {
            is &= all(depth);
        }
        return is;
    }

    private boolean all(int depth) {
        boolean is = one(depth);
        while (next("and")) {
            is |= one(depth);
        }
        return is;
    }

    private boolean one(int depth) {
        if (next("(")) {
            if (depth == DEPTH_MAX) {
                throw wrong();
            }
            boolean is = any(depth + 1);
            if (!next(")")) {
                throw wrong();
            }
            return is;
        }
        var license = name();
        boolean is = isDeniedOne(license, denied);
        if (next("with")) {
            is |= isDeniedOne(license + " with " + name(), denied);
        }
        return is;
    }

    private String name() {
        if (at >= words.size() || !words.get(at).matches("[A-Za-z0-9.:+-]+") || isOperator(words.get(at))) {
            throw wrong();
        }
        return words.get(at++);
    }

    private static boolean isOperator(String word) {
        return word.equalsIgnoreCase("or") || word.equalsIgnoreCase("and") || word.equalsIgnoreCase("with");
    }

    private boolean next(String word) {
        if (at < words.size() && words.get(at).equalsIgnoreCase(word)) {
            at++;
            return true;
        }
        return false;
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("an SPDX licence expression, found '"
                + Bytes.shorten(String.join(" ", words)) + "' at word " + (at + 1));
    }
}
