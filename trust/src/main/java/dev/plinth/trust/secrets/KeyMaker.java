package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/** Makes keys, and takes in those that were made elsewhere. */
final class KeyMaker {
    private final SecureRandom random;

    /**
     * A secret in clear; whoever has it wipes it.
     *
     * @param secret bytes, a symmetric key, or a private key as PKCS 8
     * @param publicKey SubjectPublicKeyInfo; empty if there is none
     */
    @SuppressWarnings("ArrayRecordComponent") // it is handed on and wiped, never compared
    record Made(byte[] secret, ByteString publicKey) {
        @Override
        public String toString() {
            return "a secret";
        }
    }

    KeyMaker(SecureRandom random) {
        this.random = random;
    }

    Made make(SecretAlgorithm algorithm) {
        return switch (algorithm) {
            case OPAQUE ->
                throw new SecretsProblem(SecretsProblem.Code.INVALID, "opaque: cannot be made; expected its bytes");
            case AES_128, SM4 -> new Made(bytes(16), ByteString.EMPTY);
            case AES_256 -> new Made(bytes(32), ByteString.EMPTY);
            case RSA_2048, RSA_3072, RSA_4096 -> rsa(bits(algorithm));
            case EC_P256, EC_P384, EC_P521, SM2 -> ec(algorithm);
        };
    }

    /** @throws SecretsProblem if it is not of this kind; it says what was expected and nothing of what was found */
    Made take(SecretAlgorithm algorithm, byte[] given) {
        if (given.length == 0 || given.length > SecretsLimits.SECRET_BYTES_MAX) {
            throw invalid("secret", "1 to " + SecretsLimits.SECRET_BYTES_MAX + " bytes, found " + given.length);
        }
        return switch (algorithm) {
            case OPAQUE -> new Made(given, ByteString.EMPTY);
            case AES_128, SM4 -> ofLength(algorithm, given, 16);
            case AES_256 -> ofLength(algorithm, given, 32);
            case RSA_2048, RSA_3072, RSA_4096 -> takeRsa(algorithm, given);
            case EC_P256, EC_P384, EC_P521, SM2 -> takeEc(algorithm, given);
        };
    }

    private static Made ofLength(SecretAlgorithm algorithm, byte[] given, int length) {
        if (given.length != length) {
            throw invalid(algorithm.label(), length + " bytes, found " + given.length);
        }
        return new Made(given, ByteString.EMPTY);
    }

    private static SecretsProblem invalid(String what, String expected) {
        return new SecretsProblem(SecretsProblem.Code.INVALID, what + ": expected " + expected);
    }

    private byte[] bytes(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static int bits(SecretAlgorithm algorithm) {
        return switch (algorithm) {
            case RSA_2048 -> 2_048;
            case RSA_3072 -> 3_072;
            case RSA_4096 -> 4_096;
            case OPAQUE, AES_128, AES_256, SM4, EC_P256, EC_P384, EC_P521, SM2 ->
                throw new IllegalStateException(algorithm + " is no RSA");
        };
    }

    private Made rsa(int bits) {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits, random);
            var pair = generator.generateKeyPair();
            return new Made(
                    pair.getPrivate().getEncoded(),
                    ByteString.copyFrom(pair.getPublic().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no RSA: " + e.getMessage(), e);
        }
    }

    private static Made takeRsa(SecretAlgorithm algorithm, byte[] given) {
        try {
            var factory = KeyFactory.getInstance("RSA");
            if (!(factory.generatePrivate(new PKCS8EncodedKeySpec(given)) instanceof RSAPrivateCrtKey key)
                    || key.getModulus().bitLength() != bits(algorithm)) {
                throw invalid(algorithm.label(), "a private key of " + bits(algorithm) + " bits as PKCS 8");
            }
            var publicKey = factory.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
            return new Made(given, ByteString.copyFrom(publicKey.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw invalid(algorithm.label(), "a private key as PKCS 8");
        }
    }

    private static ECNamedDomainParameters curve(SecretAlgorithm algorithm) {
        return ECNamedDomainParameters.lookup(oid(algorithm));
    }

    private static ASN1ObjectIdentifier oid(SecretAlgorithm algorithm) {
        return switch (algorithm) {
            case EC_P256 -> SECObjectIdentifiers.secp256r1;
            case EC_P384 -> SECObjectIdentifiers.secp384r1;
            case EC_P521 -> SECObjectIdentifiers.secp521r1;
            case SM2 -> GMObjectIdentifiers.sm2p256v1;
            case OPAQUE, AES_128, AES_256, SM4, RSA_2048, RSA_3072, RSA_4096 ->
                throw new IllegalStateException(algorithm + " is on no curve");
        };
    }

    private Made ec(SecretAlgorithm algorithm) {
        var generator = new ECKeyPairGenerator();
        generator.init(new ECKeyGenerationParameters(curve(algorithm), random));
        var pair = generator.generateKeyPair();
        return encoded((ECPrivateKeyParameters) pair.getPrivate(), (ECPublicKeyParameters) pair.getPublic());
    }

    private static Made takeEc(SecretAlgorithm algorithm, byte[] given) {
        try {
            var info = PrivateKeyInfo.getInstance(given);
            if (PrivateKeyFactory.createKey(info) instanceof ECPrivateKeyParameters key
                    && key.getParameters() instanceof ECNamedDomainParameters named
                    && named.getName().equals(oid(algorithm))
                    && key.getD().signum() > 0
                    && key.getD().compareTo(named.getN().subtract(BigInteger.ONE)) < 0) {
                var point = new FixedPointCombMultiplier().multiply(named.getG(), key.getD());
                return encoded(
                        new ECPrivateKeyParameters(key.getD(), curve(algorithm)),
                        new ECPublicKeyParameters(point, curve(algorithm)));
            }
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            throw invalid(algorithm.label(), "a private key as PKCS 8");
        }
        throw invalid(algorithm.label(), "a private key on that curve, which the key names");
    }

    private static Made encoded(ECPrivateKeyParameters privateKey, ECPublicKeyParameters publicKey) {
        try {
            return new Made(
                    PrivateKeyInfoFactory.createPrivateKeyInfo(privateKey).getEncoded(),
                    ByteString.copyFrom(SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(publicKey)
                            .getEncoded()));
        } catch (IOException e) {
            throw new IllegalStateException("a key that was made cannot be encoded", e);
        }
    }
}
