package dev.plinth.trust;

import java.util.Map;
import java.util.SortedMap;

/** Objects of texts and such objects in the one form that is hashed (RFC 8785): names in order, nothing between, few escapes. */
public final class CanonicalJson {
    private CanonicalJson() {}

    /**
     * Writes one.
     *
     * @param object texts, and sorted maps of texts
     */
    public static String write(SortedMap<String, ?> object) {
        var out = new StringBuilder();
        write(object, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        switch (value) {
            case String text -> quote(text, out);
            case SortedMap<?, ?> object -> {
                out.append('{');
                boolean first = true;
                for (Map.Entry<?, ?> member : object.entrySet()) {
                    if (!first) {
                        out.append(',');
                    }
                    first = false;
                    quote(String.valueOf(member.getKey()), out);
                    out.append(':');
                    write(member.getValue(), out);
                }
                out.append('}');
            }
            default -> throw new IllegalArgumentException("neither text nor object: " + value.getClass());
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\f' -> out.append("\\f");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
