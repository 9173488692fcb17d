package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * What both sides of one handover know: who they are, and what each has made for it.
 *
 * @param root the number of the root key
 */
record HandoverTerms(long root, Side taker, Side giver) {
    /*
     * Evidence is bound to these terms, and the key that encrypts follows from them. So evidence of one handover is none in another, nor is
     * that of one side of use to the other; and whoever passes messages on between two honest servers has nothing of it. The alternative, to
     * bind evidence to the TLS connection below, would say nothing where there is none (on loopback), and would end where TLS ends.
     */
    private static final String LABEL = "plinth root key handover 1";
    private static final String AGREEMENT = "X25519";
    static final int NONCE_BYTES = 32;
    private static final int KEY_BYTES_MAX = 200;

    /** @param key of X25519, as SubjectPublicKeyInfo */
    record Side(String server, ByteString nonce, ByteString key) {
        Side {
            if (!server.matches("[A-Za-z0-9._-]{1,100}")) {
                throw new IllegalArgumentException("server: expected the name of a server, found something else");
            }
            if (nonce.size() != NONCE_BYTES) {
                throw new IllegalArgumentException("nonce: expected " + NONCE_BYTES + " bytes, found " + nonce.size());
            }
            if (key.isEmpty() || key.size() > KEY_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "key: expected 1 to " + KEY_BYTES_MAX + " bytes, found " + key.size());
            }
            try {
                var _ = publicKey(key);
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException("key: expected one of " + AGREEMENT + ": " + e.getMessage(), e);
            }
        }

        static Side of(String server, KeyPair keys, SecureRandom random) {
            var nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            return new Side(
                    server,
                    ByteString.copyFrom(nonce),
                    ByteString.copyFrom(keys.getPublic().getEncoded()));
        }
    }

    private static PublicKey publicKey(ByteString spki) throws GeneralSecurityException {
        return KeyFactory.getInstance(AGREEMENT).generatePublic(new X509EncodedKeySpec(spki.toByteArray()));
    }

    /** A key for one handover. */
    static KeyPair makeKeys() {
        try {
            return KeyPairGenerator.getInstance(AGREEMENT).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + AGREEMENT, e);
        }
    }

    /** What evidence of the one who gives has to repeat. */
    byte[] giversChallenge() {
        return digest("giver");
    }

    /** What evidence of the one who asks has to repeat. */
    byte[] takersChallenge() {
        return digest("taker");
    }

    private byte[] digest(String use) {
        var text = new ByteArrayOutputStream();
        text.writeBytes((LABEL + " " + use + "\0").getBytes(StandardCharsets.US_ASCII));
        text.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(root).array());
        for (var side : new Side[] {taker, giver}) {
            sized(text, side.server().getBytes(StandardCharsets.US_ASCII));
            sized(text, side.nonce().toByteArray());
            sized(text, side.key().toByteArray());
        }
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    private static void sized(ByteArrayOutputStream out, byte[] bytes) {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        out.writeBytes(bytes);
    }

    /** Encrypts a root key for the one who asks. */
    ByteString seal(PrivateKey givers, byte[] rootKey, SecureRandom random) {
        var key = key(givers, taker.key());
        try {
            return Envelope.seal(Envelope.Suite.AES_256_GCM, key, what(), rootKey, random);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** @throws IllegalArgumentException if the other side of these terms has not encrypted it */
    byte[] open(PrivateKey takers, ByteString sealed) {
        var key = key(takers, giver.key());
        try {
            return Envelope.open(key, what(), sealed);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private String what() {
        return "root key " + root;
    }

    private byte[] key(PrivateKey own, ByteString other) {
        byte[] agreed = {};
        try {
            var agreement = KeyAgreement.getInstance(AGREEMENT);
            agreement.init(own);
            agreement.doPhase(publicKey(other), true);
            agreed = agreement.generateSecret();
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(agreed)
                            .addSalt(digest("key"))
                            .thenExpand(LABEL.getBytes(StandardCharsets.US_ASCII), Envelope.KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("key: expected one of " + AGREEMENT + ": " + e.getMessage(), e);
        } finally {
            Arrays.fill(agreed, (byte) 0);
        }
    }
}
