package dev.plinth.trust.secrets.door.aecs;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Bytes as AECS writes them: upper case. */
final class Hexadecimal {
    private static final HexFormat UPPER = HexFormat.of().withUpperCase();

    private Hexadecimal() {}

    static String of(byte[] bytes) {
        return UPPER.formatHex(bytes);
    }

    /** As ASCII, for what must not become a text that nobody can wipe. */
    static byte[] ascii(byte[] bytes) {
        var digits = new byte[2 * bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            digits[2 * i] = (byte) UPPER.toHighHexDigit(bytes[i]);
            digits[2 * i + 1] = (byte) UPPER.toLowHexDigit(bytes[i]);
        }
        return digits;
    }

    static byte[] sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}
