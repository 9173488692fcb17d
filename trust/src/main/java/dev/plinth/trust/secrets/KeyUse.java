package dev.plinth.trust.secrets;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PrivateKeyFactory;

/** Signs, decrypts and encrypts with keys that do not leave. */
final class KeyUse {
    /*
     * One scheme for each kind of key, the strongest that is common: whoever may choose, chooses wrong. Symmetric: a nonce of 12 bytes by
     * chance, the ciphertext, a tag of 16 bytes.
     */
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecureRandom random;

    KeyUse(SecureRandom random) {
        this.random = random;
    }

    byte[] sign(SecretAlgorithm algorithm, byte[] key, byte[] message) {
        try {
            return switch (algorithm) {
                case RSA_2048, RSA_3072, RSA_4096 -> {
                    var signature = Signature.getInstance("RSASSA-PSS");
                    signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
                    yield sign(signature, privateKey("RSA", key), message);
                }
                case EC_P256 -> sign(Signature.getInstance("SHA256withECDSA"), privateKey("EC", key), message);
                case EC_P384 -> sign(Signature.getInstance("SHA384withECDSA"), privateKey("EC", key), message);
                case EC_P521 -> sign(Signature.getInstance("SHA512withECDSA"), privateKey("EC", key), message);
                case SM2 -> {
                    var signer = new SM2Signer();
                    signer.init(true, new ParametersWithRandom(sm2(key), random));
                    signer.update(message, 0, message.length);
                    yield signer.generateSignature();
                }
                case OPAQUE, AES_128, AES_256, SM4 -> throw cannot(algorithm, "sign");
            };
        } catch (GeneralSecurityException | CryptoException | IOException e) {
            throw new IllegalStateException(algorithm.label() + " cannot sign: " + e.getMessage(), e);
        }
    }

    private byte[] sign(Signature signature, PrivateKey key, byte[] message) throws GeneralSecurityException {
        signature.initSign(key, random);
        signature.update(message);
        return signature.sign();
    }

    /** @throws SecretsProblem if it was not encrypted for this key, or changed since; it does not say which */
    byte[] decrypt(SecretAlgorithm algorithm, byte[] key, byte[] encrypted) {
        try {
            return switch (algorithm) {
                case RSA_2048, RSA_3072, RSA_4096 -> {
                    var cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
                    cipher.init(
                            Cipher.DECRYPT_MODE,
                            privateKey("RSA", key),
                            new OAEPParameterSpec(
                                    "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
                    yield cipher.doFinal(encrypted);
                }
                case SM2 -> {
                    var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
                    engine.init(false, sm2(key));
                    yield engine.processBlock(encrypted, 0, encrypted.length);
                }
                case AES_128, AES_256, SM4 -> {
                    if (encrypted.length < NONCE_BYTES + TAG_BITS / 8) {
                        throw notForThisKey();
                    }
                    yield symmetric(
                            algorithm,
                            false,
                            key,
                            Arrays.copyOf(encrypted, NONCE_BYTES),
                            Arrays.copyOfRange(encrypted, NONCE_BYTES, encrypted.length));
                }
                case OPAQUE, EC_P256, EC_P384, EC_P521 -> throw cannot(algorithm, "decrypt");
            };
        } catch (InvalidCipherTextException | GeneralSecurityException | RuntimeException e) {
            if (e instanceof SecretsProblem problem) {
                throw problem;
            }
            throw notForThisKey();
        } catch (IOException e) {
            throw new IllegalStateException(algorithm.label() + ": the key cannot be read", e);
        }
    }

    private static SecretsProblem notForThisKey() {
        return new SecretsProblem(
                SecretsProblem.Code.INVALID, "ciphertext: not encrypted for this key, or changed since");
    }

    private static SecretsProblem cannot(SecretAlgorithm algorithm, String what) {
        return new SecretsProblem(SecretsProblem.Code.INVALID, algorithm.label() + " does not " + what);
    }

    byte[] encrypt(SecretAlgorithm algorithm, byte[] key, byte[] plain) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            var encrypted = symmetric(algorithm, true, key, nonce, plain);
            var all = Arrays.copyOf(nonce, NONCE_BYTES + encrypted.length);
            System.arraycopy(encrypted, 0, all, NONCE_BYTES, encrypted.length);
            return all;
        } catch (GeneralSecurityException | InvalidCipherTextException e) {
            throw new IllegalStateException(algorithm.label() + " cannot encrypt: " + e.getMessage(), e);
        }
    }

    private static byte[] symmetric(SecretAlgorithm algorithm, boolean encrypt, byte[] key, byte[] nonce, byte[] input)
            throws GeneralSecurityException, InvalidCipherTextException {
        return switch (algorithm) {
            case AES_128, AES_256 -> {
                var cipher = Cipher.getInstance("AES/GCM/NoPadding");
                cipher.init(
                        encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE,
                        new SecretKeySpec(key, "AES"),
                        new GCMParameterSpec(TAG_BITS, nonce));
                yield cipher.doFinal(input);
            }
            case SM4 -> Envelope.sm4(encrypt, key, new byte[0], nonce, input);
            case OPAQUE, RSA_2048, RSA_3072, RSA_4096, EC_P256, EC_P384, EC_P521, SM2 ->
                throw cannot(algorithm, "encrypt");
        };
    }

    private static PrivateKey privateKey(String family, byte[] encoded) throws GeneralSecurityException {
        return KeyFactory.getInstance(family).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    private static CipherParameters sm2(byte[] encoded) throws IOException {
        return PrivateKeyFactory.createKey(encoded);
    }
}
