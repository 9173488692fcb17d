package dev.plinth.trust.control;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The SHA-256 in lower-case hexadecimal by which the authority knows a key or a token that it does not keep. */
public final class Fingerprint {
    private Fingerprint() {}

    /** Of a key, as X.509 encodes it (SubjectPublicKeyInfo) or as the TPM does. */
    public static String of(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** Of a join token: what is stored of it when it is made, and looked for when somebody brings it. */
    public static String of(String token) {
        return of(token.getBytes(StandardCharsets.UTF_8));
    }
}
