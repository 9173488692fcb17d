package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/** What evidence repeats in place of a bare challenge, so that nobody can have another key believed with it. */
public final class KeyBinding {
    private static final String IDENTITY = "plinth attestation 1";

    private KeyBinding() {}

    /** For an identity whose certificate shall be for this key; see {@code attestation.proto}. 32 bytes. */
    public static byte[] ofIdentity(byte[] challenge, PublicKey key) {
        var digest = digest("SHA-256");
        digest.update(IDENTITY.getBytes(StandardCharsets.US_ASCII));
        digest.update((byte) 0);
        digest.update(challenge);
        return digest.digest(key.getEncoded());
    }

    /**
     * For a session with a key broker (KBS protocol 0.4.0): the SHA-384 of the runtime data in canonical JSON, with zeros up to {@link
     * TrusteeEvidence#REPORT_DATA_BYTES}.
     *
     * @param key of the TEE, as the members of its JWK
     * @param additionalEvidence empty if there is none
     */
    public static byte[] ofBroker(String nonce, SortedMap<String, String> key, String additionalEvidence) {
        var runtime = new TreeMap<String, Object>();
        runtime.put("nonce", nonce);
        runtime.put("tee-pubkey", key);
        runtime.put("additional-evidence", additionalEvidence);
        return Arrays.copyOf(
                digest("SHA-384").digest(CanonicalJson.write(runtime).getBytes(StandardCharsets.UTF_8)),
                TrusteeEvidence.REPORT_DATA_BYTES);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no " + algorithm, e);
        }
    }
}
