package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/** Encrypts and authenticates with AES-256-GCM or SM4-GCM, each sealed thing bound to what it is. */
final class Envelope {
    /*
     * Form: the suite (1 byte), a nonce of 12 bytes by chance, the ciphertext, a tag of 16 bytes. Nonces by chance are good for 2^32
     * sealings under one key (NIST SP 800-38D, 8.3). A data key seals one thing; the root key seals one data key for each version of a
     * secret. What a thing is called is authenticated with it, so that nothing sealed can be put in another's place.
     */
    static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final String AES_GCM = "AES/GCM/NoPadding";
    /** SM4 knows keys of 128 bits alone, and takes the first half of a key. */
    private static final int SM4_KEY_BYTES = 16;

    private Envelope() {}

    /** What seals. */
    enum Suite {
        AES_256_GCM(1),
        SM4_GCM(2);

        private final int id;

        Suite(int id) {
            this.id = id;
        }

        int id() {
            return id;
        }

        static Suite of(int id) {
            for (var suite : values()) {
                if (suite.id == id) {
                    return suite;
                }
            }
            throw new IllegalArgumentException("cipher suite: expected 1 or 2, found " + id);
        }
    }

    static byte[] newKey(SecureRandom random) {
        var key = new byte[KEY_BYTES];
        random.nextBytes(key);
        return key;
    }

    static ByteString seal(Suite suite, byte[] key, String what, byte[] plain, SecureRandom random) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            return ByteString.copyFrom(new byte[] {(byte) suite.id()})
                    .concat(ByteString.copyFrom(nonce))
                    .concat(ByteString.copyFrom(run(suite, true, key, what, nonce, plain)));
        } catch (GeneralSecurityException | InvalidCipherTextException e) {
            throw new IllegalStateException("this JDK cannot seal: " + e.getMessage(), e);
        }
    }

    /** @throws IllegalArgumentException if it was sealed under another key, as something else, or was changed */
    static byte[] open(byte[] key, String what, ByteString sealed) {
        if (sealed.size() < 1 + NONCE_BYTES + TAG_BITS / 8) {
            throw new IllegalArgumentException(what + ": too short to be sealed");
        }
        var nonce = sealed.substring(1, 1 + NONCE_BYTES).toByteArray();
        var rest = sealed.substring(1 + NONCE_BYTES).toByteArray();
        try {
            return run(Suite.of(sealed.byteAt(0)), false, key, what, nonce, rest);
        } catch (GeneralSecurityException | InvalidCipherTextException e) {
            throw new IllegalArgumentException(
                    what + ": sealed under another key, as something else, or changed since", e);
        }
    }

    private static byte[] run(Suite suite, boolean seal, byte[] key, String what, byte[] nonce, byte[] input)
            throws GeneralSecurityException, InvalidCipherTextException {
        var label = what.getBytes(StandardCharsets.UTF_8);
        return switch (suite) {
            case AES_256_GCM ->
                aes(Cipher.getInstance(AES_GCM), seal, new SecretKeySpec(key, "AES"), label, nonce, input);
            case SM4_GCM -> sm4(seal, Arrays.copyOf(key, SM4_KEY_BYTES), label, nonce, input);
        };
    }

    private static byte[] aes(Cipher cipher, boolean seal, SecretKey key, byte[] label, byte[] nonce, byte[] input)
            throws GeneralSecurityException {
        cipher.init(seal ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(label);
        return cipher.doFinal(input);
    }

    /** As {@link #seal} with AES-256-GCM, by whoever has the key. */
    static ByteString sealWith(SecretKey key, Provider keeper, String what, byte[] plain, SecureRandom random) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            return ByteString.copyFrom(new byte[] {(byte) Suite.AES_256_GCM.id()})
                    .concat(ByteString.copyFrom(nonce))
                    .concat(ByteString.copyFrom(aes(
                            Cipher.getInstance(AES_GCM, keeper),
                            true,
                            key,
                            what.getBytes(StandardCharsets.UTF_8),
                            nonce,
                            plain)));
        } catch (GeneralSecurityException e) {
            throw new ProviderException("it cannot encrypt with AES-GCM: " + e.getMessage(), e);
        }
    }

    /** As {@link #open}, by whoever has the key. */
    static byte[] openWith(SecretKey key, Provider keeper, String what, ByteString sealed) {
        if (sealed.size() < 1 + NONCE_BYTES + TAG_BITS / 8 || sealed.byteAt(0) != Suite.AES_256_GCM.id()) {
            throw new IllegalArgumentException(what + ": expected it sealed with AES-256-GCM, found something else");
        }
        try {
            return aes(
                    Cipher.getInstance(AES_GCM, keeper),
                    false,
                    key,
                    what.getBytes(StandardCharsets.UTF_8),
                    sealed.substring(1, 1 + NONCE_BYTES).toByteArray(),
                    sealed.substring(1 + NONCE_BYTES).toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    what + ": sealed under another key, as something else, or changed since", e);
        }
    }

    /** SM4-GCM (RFC 8998, 3.2) with a tag of 16 bytes. */
    static byte[] sm4(boolean seal, byte[] key, byte[] label, byte[] nonce, byte[] input)
            throws InvalidCipherTextException {
        var cipher = GCMBlockCipher.newInstance(new SM4Engine());
        cipher.init(seal, new AEADParameters(new KeyParameter(key), TAG_BITS, nonce, label));
        var out = new byte[cipher.getOutputSize(input.length)];
        int length = cipher.processBytes(input, 0, input.length, out, 0);
        length += cipher.doFinal(out, length);
        return length == out.length ? out : Arrays.copyOf(out, length);
    }
}
