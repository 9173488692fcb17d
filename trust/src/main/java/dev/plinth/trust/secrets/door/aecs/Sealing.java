package dev.plinth.trust.secrets.door.aecs;

import com.google.protobuf.ByteString;
import dev.plinth.trust.secrets.SecretsProblem;
import dev.plinth.wire.aecs.DigitalEnvelopeEncrypted;
import dev.plinth.wire.aecs.SymmetricKeyEncrypted;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.params.ParametersWithRandom;

/**
 * AECS's digital envelope: the content under a key of its own, that key encrypted to whom it is for, and the signature of whom it is from.
 *
 * <p>Source: {@code ual/common} of jinzhao-attest: envelope, aes, sm4, rsa, sm2. AES-256-GCM with 12 bytes of nonce and 16 of tag; for a
 * key of SM2, SM4-CBC with padding. The digest is written in hexadecimal digits, and those are what is signed.
 */
final class Sealing {
    /** The additional data, if nothing else is to be. */
    static final String DEFAULT_NAME = "Enclave";

    private static final int AES_KEY_BYTES = 32;
    private static final int SM4_KEY_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int SM4_IV_BYTES = 16;
    private static final int TAG_BYTES = 16;

    private Sealing() {}

    /**
     * Encrypts and signs.
     *
     * @param name the additional data; with AES they are authenticated, with SM4 they only stand there
     */
    static DigitalEnvelopeEncrypted seal(
            byte[] plain, String name, EnvelopeKey to, AecsIdentity from, SecureRandom random) {
        var contentKey = new byte[to.isNational() ? SM4_KEY_BYTES : AES_KEY_BYTES];
        random.nextBytes(contentKey);
        try {
            var aad = name.getBytes(StandardCharsets.UTF_8);
            return signed(plain, to.isNational(), from, random)
                    .setAesCipher(
                            to.isNational() ? sm4(contentKey, plain, aad, random) : aes(contentKey, plain, aad, random))
                    .setEncryptedKey(ByteString.copyFrom(to.wrap(contentKey, random)))
                    .build();
        } finally {
            Arrays.fill(contentKey, (byte) 0);
        }
    }

    /** Hash and signature alone. */
    static DigitalEnvelopeEncrypted.Builder signed(
            byte[] plain, boolean national, AecsIdentity from, SecureRandom random) {
        var digits = Hexadecimal.ascii(national ? sm3(plain) : Hexadecimal.sha256(plain));
        return DigitalEnvelopeEncrypted.newBuilder()
                .setPlainHash(ByteString.copyFrom(digits))
                .setPlainHashSig(ByteString.copyFrom(from.sign(digits, random)));
    }

    private static SymmetricKeyEncrypted aes(byte[] key, byte[] plain, byte[] aad, SecureRandom random) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(8 * TAG_BYTES, nonce));
            cipher.updateAAD(aad);
            var sealed = cipher.doFinal(plain);
            return SymmetricKeyEncrypted.newBuilder()
                    .setCipher(ByteString.copyFrom(sealed, 0, sealed.length - TAG_BYTES))
                    .setMac(ByteString.copyFrom(sealed, sealed.length - TAG_BYTES, TAG_BYTES))
                    .setAad(ByteString.copyFrom(aad))
                    .setIv(ByteString.copyFrom(nonce))
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no AES-GCM: " + e.getMessage(), e);
        }
    }

    private static SymmetricKeyEncrypted sm4(byte[] key, byte[] plain, byte[] aad, SecureRandom random) {
        var iv = new byte[SM4_IV_BYTES];
        random.nextBytes(iv);
        var cipher = new PaddedBufferedBlockCipher(CBCBlockCipher.newInstance(new SM4Engine()));
        cipher.init(true, new ParametersWithRandom(new ParametersWithIV(new KeyParameter(key), iv), random));
        var sealed = new byte[cipher.getOutputSize(plain.length)];
        try {
            int length = cipher.processBytes(plain, 0, plain.length, sealed, 0);
            length += cipher.doFinal(sealed, length);
            return SymmetricKeyEncrypted.newBuilder()
                    .setCipher(ByteString.copyFrom(sealed, 0, length))
                    .setAad(ByteString.copyFrom(aad))
                    .setIv(ByteString.copyFrom(iv))
                    .build();
        } catch (InvalidCipherTextException e) {
            throw new IllegalStateException("SM4 cannot encrypt", e);
        }
    }

    private static byte[] sm3(byte[] bytes) {
        var digest = new SM3Digest();
        digest.update(bytes, 0, bytes.length);
        var out = new byte[digest.getDigestSize()];
        digest.doFinal(out, 0);
        return out;
    }

    /**
     * Opens what was encrypted to the server with RSA and AES. Whose signature it has is not asked: see {@link AecsAdmin}.
     *
     * @throws SecretsProblem if it was not encrypted to this key, or changed since
     */
    static byte[] open(DigitalEnvelopeEncrypted envelope, AecsIdentity.Rsa to) {
        var cipher = envelope.getAesCipher();
        if (cipher.getIv().size() != NONCE_BYTES || cipher.getMac().size() != TAG_BYTES) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "req_enc.aes_cipher: expected " + NONCE_BYTES + " bytes of iv and " + TAG_BYTES + " of mac, found "
                            + cipher.getIv().size() + " and " + cipher.getMac().size());
        }
        var contentKey = to.unwrap(envelope.getEncryptedKey().toByteArray());
        try {
            if (contentKey.length != AES_KEY_BYTES) {
                throw new SecretsProblem(
                        SecretsProblem.Code.INVALID,
                        "req_enc.encrypted_key: expected a key of " + AES_KEY_BYTES + " bytes");
            }
            var gcm = Cipher.getInstance("AES/GCM/NoPadding");
            gcm.init(
                    Cipher.DECRYPT_MODE,
                    new SecretKeySpec(contentKey, "AES"),
                    new GCMParameterSpec(8 * TAG_BYTES, cipher.getIv().toByteArray()));
            gcm.updateAAD(cipher.getAad().toByteArray());
            var plain = gcm.doFinal(cipher.getCipher().concat(cipher.getMac()).toByteArray());
            if (!MessageDigest.isEqual(
                    Hexadecimal.ascii(Hexadecimal.sha256(plain)),
                    envelope.getPlainHash().toByteArray())) {
                Arrays.fill(plain, (byte) 0);
                throw new SecretsProblem(
                        SecretsProblem.Code.INVALID, "req_enc.plain_hash: expected the SHA-256 of what it holds");
            }
            return plain;
        } catch (GeneralSecurityException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, "req_enc.aes_cipher: changed since it was encrypted");
        } finally {
            Arrays.fill(contentKey, (byte) 0);
        }
    }
}
