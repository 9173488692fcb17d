package dev.plinth.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A text.
 *
 * @param type what kind of text it is, such as properties or json, for those who show it; may be empty
 * @param encryptedDataKey the key that the content is encrypted with, itself encrypted; empty if the content is not
 * @param md5 of the content in UTF-8, in lower-case hexadecimal: how clients tell that they have it; a checksum, no protection
 */
public record ConfigText(String content, String type, String encryptedDataKey, String md5) {
    public ConfigText {
        detail("type", type);
        detail("encrypted data key", encryptedDataKey);
    }

    public static ConfigText of(String content, String type, String encryptedDataKey) {
        var bytes = content.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > ConfigLimits.CONTENT_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "content has " + bytes.length + " bytes: expected at most " + ConfigLimits.CONTENT_BYTES_MAX);
        }
        return new ConfigText(content, type, encryptedDataKey, md5(bytes));
    }

    static void detail(String field, String text) {
        if (text.length() > ConfigLimits.DETAIL_CHARS_MAX) {
            throw new IllegalArgumentException(
                    field + " has " + text.length() + " characters: expected at most " + ConfigLimits.DETAIL_CHARS_MAX);
        }
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
}
