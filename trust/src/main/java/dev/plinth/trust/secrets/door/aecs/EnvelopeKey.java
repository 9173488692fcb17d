package dev.plinth.trust.secrets.door.aecs;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.util.PublicKeyFactory;

/**
 * The key that somebody wants answers encrypted to, and the text that his evidence has to name. RSA of 2,048 to 4,096 bits as PKCS 1
 * ({@code RSA PUBLIC KEY}), or SM2 ({@code PUBLIC KEY}).
 */
sealed interface EnvelopeKey {
    /*
     * AECS tells the two apart by the first line alone: what does not say RSA is national cryptography. So an RSA key in a PUBLIC KEY is
     * refused here, as its own client could not read the answer.
     */
    int PEM_CHARACTERS_MAX = 4_096;

    /** The text, as it came. */
    String pem();

    /** Whether SM2, SM3 and SM4 take the place of RSA, SHA-256 and AES. */
    boolean isNational();

    /** Encrypts a content key to it: RSA-OAEP with SHA-1, as OpenSSL has it by default; or SM2, as GM/T 0009 writes it. */
    byte[] wrap(byte[] contentKey, SecureRandom random);

    /** What the second half of report data has to be. */
    default byte[] hash() {
        return Hexadecimal.sha256(pem());
    }

    /** For the audit log. */
    default String shortId() {
        return HexFormat.of().formatHex(Arrays.copyOf(hash(), 8));
    }

    /**
     * Reads a key.
     *
     * @throws IllegalArgumentException if it is no such key; it says what was expected
     */
    static EnvelopeKey read(String pem) {
        var text = PemText.read("pem_public_key", pem, PEM_CHARACTERS_MAX);
        return switch (text.label()) {
            case "RSA PUBLIC KEY" -> Rsa.read(pem, text.content());
            case "PUBLIC KEY" -> Sm2.read(pem, text.content());
            default ->
                throw new IllegalArgumentException(
                        "pem_public_key: expected RSA PUBLIC KEY, or PUBLIC KEY with a key of SM2");
        };
    }

    /** RSA. */
    record Rsa(String pem, RSAPublicKey key) implements EnvelopeKey {
        private static final int BITS_MIN = 2_048;
        private static final int BITS_MAX = 4_096;
        private static final BigInteger EXPONENT = BigInteger.valueOf(65_537);

        private static Rsa read(String pem, byte[] pkcs1) {
            var key = key(pkcs1);
            int bits = key.getModulus().bitLength();
            if (bits < BITS_MIN
                    || bits > BITS_MAX
                    || !key.getModulus().testBit(0)
                    || !key.getPublicExponent().equals(EXPONENT)) {
                throw new IllegalArgumentException("pem_public_key: expected RSA of " + BITS_MIN + " to " + BITS_MAX
                        + " bits with exponent " + EXPONENT + ", found " + bits + " bits");
            }
            return new Rsa(pem, key);
        }

        private static RSAPublicKey key(byte[] pkcs1) {
            try {
                var info = new SubjectPublicKeyInfo(
                        new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                        org.bouncycastle.asn1.pkcs.RSAPublicKey.getInstance(pkcs1));
                return (RSAPublicKey)
                        KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(info.getEncoded()));
            } catch (GeneralSecurityException | IOException | RuntimeException e) {
                throw new IllegalArgumentException("pem_public_key: expected an RSA key as PKCS 1");
            }
        }

        @Override
        public boolean isNational() {
            return false;
        }

        @Override
        public byte[] wrap(byte[] contentKey, SecureRandom random) {
            try {
                var cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
                cipher.init(Cipher.ENCRYPT_MODE, key, random);
                return cipher.doFinal(contentKey);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JDK cannot encrypt to an RSA key: " + e.getMessage(), e);
            }
        }
    }

    /** SM2. */
    record Sm2(String pem, ECPublicKeyParameters key) implements EnvelopeKey {
        private static final int COORDINATE_BYTES = 32;
        private static final int DIGEST_BYTES = 32;

        private static Sm2 read(String pem, byte[] info) {
            try {
                if (PublicKeyFactory.createKey(info) instanceof ECPublicKeyParameters key
                        && key.getParameters() instanceof ECNamedDomainParameters named
                        && named.getName().equals(GMObjectIdentifiers.sm2p256v1)) {
                    return new Sm2(pem, key);
                }
            } catch (IOException | RuntimeException e) {
                throw new IllegalArgumentException("pem_public_key: expected a key of SM2 as SubjectPublicKeyInfo");
            }
            throw new IllegalArgumentException(
                    "pem_public_key: expected a key of SM2 in PUBLIC KEY; RSA comes as RSA PUBLIC KEY");
        }

        @Override
        public boolean isNational() {
            return true;
        }

        @Override
        public byte[] wrap(byte[] contentKey, SecureRandom random) {
            try {
                var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
                engine.init(true, new ParametersWithRandom(key, random));
                var plain = engine.processBlock(contentKey, 0, contentKey.length);
                int digest = 1 + 2 * COORDINATE_BYTES;
                var fields = new ASN1EncodableVector();
                fields.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(plain, 1, 1 + COORDINATE_BYTES))));
                fields.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(plain, 1 + COORDINATE_BYTES, digest))));
                fields.add(new DEROctetString(Arrays.copyOfRange(plain, digest, digest + DIGEST_BYTES)));
                fields.add(new DEROctetString(Arrays.copyOfRange(plain, digest + DIGEST_BYTES, plain.length)));
                return new DERSequence(fields).getEncoded();
            } catch (InvalidCipherTextException | IOException e) {
                throw new IllegalStateException("a content key cannot be encrypted to an SM2 key", e);
            }
        }
    }
}
