package dev.plinth.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A text. Equal to another of the same content, type and key; callable from any thread. */
public final class ConfigText {
    /*
     * Most versions of most texts are only kept, and nobody asks for their MD5: it is computed when somebody does, off the engine's
     * thread unless a command says which MD5 it expects, and then remembered. Two threads may compute it at once, to the same end; a
     * string is safe to hand over so.
     */
    private final String content;
    private final String type;
    private final String encryptedDataKey;
    private @Nullable String md5;

    private ConfigText(String content, String type, String encryptedDataKey) {
        this.content = content;
        this.type = type;
        this.encryptedDataKey = encryptedDataKey;
    }

    /**
     * A text of at most {@link ConfigLimits#CONTENT_BYTES_MAX} bytes in UTF-8.
     *
     * @param type what kind of text it is, such as properties or json, for those who show it; may be empty
     * @param encryptedDataKey the key that the content is encrypted with, itself encrypted; empty if the content is not
     */
    public static ConfigText of(String content, String type, String encryptedDataKey) {
        // A char is at most three bytes in UTF-8: short content needs no count.
        if (content.length() > ConfigLimits.CONTENT_BYTES_MAX / 3) {
            int bytes = content.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > ConfigLimits.CONTENT_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "content has " + bytes + " bytes: expected at most " + ConfigLimits.CONTENT_BYTES_MAX);
            }
        }
        detail("type", type);
        detail("encrypted data key", encryptedDataKey);
        return new ConfigText(content, type, encryptedDataKey);
    }

    static void detail(String field, String text) {
        if (text.length() > ConfigLimits.DETAIL_CHARS_MAX) {
            throw new IllegalArgumentException(
                    field + " has " + text.length() + " characters: expected at most " + ConfigLimits.DETAIL_CHARS_MAX);
        }
    }

    public String content() {
        return content;
    }

    public String type() {
        return type;
    }

    public String encryptedDataKey() {
        return encryptedDataKey;
    }

    /** Of the content in UTF-8, in lower-case hexadecimal: how clients tell that they have it; a checksum, no protection. */
    public String md5() {
        var known = md5;
        if (known == null) {
            known = md5(content.getBytes(StandardCharsets.UTF_8));
            md5 = known;
        }
        return known;
    }

    private static String md5(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has MD5", e);
        }
    }

    /** What it counts for, about. */
    int bytes() {
        return content.length() + type.length() + encryptedDataKey.length();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConfigText text
                && content.equals(text.content)
                && type.equals(text.type)
                && encryptedDataKey.equals(text.encryptedDataKey);
    }

    @Override
    public int hashCode() {
        return Objects.hash(content, type, encryptedDataKey);
    }

    @Override
    public String toString() {
        return "ConfigText[content=" + content + ", type=" + type + ", encryptedDataKey=" + encryptedDataKey + ", md5="
                + md5() + "]";
    }
}
