package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.wire.aecs.EnclaveSecretType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;

/** What a secret looks like to whom it is given, and to whom it came from. */
final class SecretForm {
    /*
     * RSA_KEY_PAIR, SM2_KEY_PAIR: JSON of both keys in PEM; RSA as PKCS 1. AES256_KEY: hexadecimal digits. CERTIFICATE: JSON of the key,
     * the chain, and its last certificate. IMPORT_DATA, CONFIGURATIONS: as it is. What AECS has no type for: symmetric keys as
     * hexadecimal digits, pairs as the others.
     */
    private static final String KEY_END = "-----END PRIVATE KEY-----\n";
    private static final String CERTIFICATE_BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String PRIVATE_KEY = "PRIVATE KEY";

    private SecretForm() {}

    /** The type that says most of it; what AECS has none for is data. */
    static EnclaveSecretType type(Secrets.SecretInfo info) {
        if (!info.versions().isEmpty()
                && !info.versions().getLast().certificates().isEmpty()) {
            return EnclaveSecretType.SECRET_TYPE_CERTIFICATE;
        }
        return switch (info.algorithm()) {
            case RSA_2048, RSA_3072, RSA_4096 -> EnclaveSecretType.SECRET_TYPE_RSA_KEY_PAIR;
            case AES_256 -> EnclaveSecretType.SECRET_TYPE_AES256_KEY;
            case SM2 -> EnclaveSecretType.SECRET_TYPE_SM2_KEY_PAIR;
            case OPAQUE, AES_128, SM4, EC_P256, EC_P384, EC_P521 -> EnclaveSecretType.SECRET_TYPE_IMPORT_DATA;
        };
    }

    /** @param publicKey SubjectPublicKeyInfo, of a pair; else empty */
    static byte[] write(SecretAlgorithm algorithm, byte[] secret, byte[] publicKey) {
        if (algorithm.isPair() && startsWithPem(secret)) {
            return credentials(secret);
        }
        return switch (algorithm) {
            case OPAQUE -> secret.clone();
            case AES_128, AES_256, SM4 -> Hexadecimal.ascii(secret);
            case RSA_2048, RSA_3072, RSA_4096 -> rsa(secret, publicKey);
            case EC_P256, EC_P384, EC_P521, SM2 ->
                pair(PemText.write(PRIVATE_KEY, secret), PemText.text("PUBLIC KEY", publicKey));
        };
    }

    private static boolean startsWithPem(byte[] secret) {
        return secret.length > 0 && secret[0] == '-';
    }

    private static byte[] rsa(byte[] secret, byte[] publicKey) {
        try {
            var pkcs1 = PrivateKeyInfo.getInstance(secret)
                    .parsePrivateKey()
                    .toASN1Primitive()
                    .getEncoded();
            var shown = SubjectPublicKeyInfo.getInstance(publicKey)
                    .parsePublicKey()
                    .toASN1Primitive()
                    .getEncoded();
            try {
                return pair(PemText.write("RSA PRIVATE KEY", pkcs1), PemText.text("RSA PUBLIC KEY", shown));
            } finally {
                Arrays.fill(pkcs1, (byte) 0);
            }
        } catch (IOException e) {
            throw new IllegalStateException("a key that was made cannot be encoded", e);
        }
    }

    /** @param privateKey wiped */
    private static byte[] pair(byte[] privateKey, String publicKey) {
        return json(privateKey, "{\"privateKey\":\"", "\",\"publicKey\":\"" + lines(publicKey) + "\"}");
    }

    /** A key with its certificates, from PEM. */
    private static byte[] credentials(byte[] pem) {
        int end = indexOf(pem, KEY_END.getBytes(StandardCharsets.US_ASCII)) + KEY_END.length();
        var chain = new String(pem, end, pem.length - end, StandardCharsets.US_ASCII);
        var root = chain.substring(chain.lastIndexOf(CERTIFICATE_BEGIN));
        return json(
                Arrays.copyOf(pem, end),
                "{\"rootCert\":\"" + lines(root) + "\",\"privateKey\":\"",
                "\",\"certChain\":\"" + lines(chain) + "\"}");
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int at = 0; at <= bytes.length - wanted.length; at++) {
            if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        throw new IllegalStateException("a key with certificates does not end as one");
    }

    /** PEM has nothing that JSON escapes but line ends. Not through a text, which nobody could wipe. */
    private static byte[] json(byte[] key, String before, String after) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
        for (byte one : key) {
            if (one == '\n') {
                out.write('\\');
                out.write('n');
            } else {
                out.write(one);
            }
        }
        out.writeBytes(after.getBytes(StandardCharsets.US_ASCII));
        Arrays.fill(key, (byte) 0);
        return out.toByteArray();
    }

    private static String lines(String pem) {
        return pem.replace("\n", "\\n");
    }

    /**
     * A private key out of the JSON of a pair, as PKCS 8.
     *
     * @throws IllegalArgumentException if there is none; nothing of it is in the message
     */
    static byte[] readPair(byte[] json) {
        var pem = AecsJson.text("secret.data", AecsJson.read("secret.data", json), "private_key");
        try (var parser = new PEMParser(new StringReader(pem))) {
            var info = switch (parser.readObject()) {
                case PEMKeyPair pair -> pair.getPrivateKeyInfo();
                case PrivateKeyInfo plain -> plain;
                case null, default -> throw unreadable();
            };
            return info.getEncoded();
        } catch (IOException | RuntimeException e) {
            throw unreadable();
        }
    }

    private static IllegalArgumentException unreadable() {
        return new IllegalArgumentException(
                "secret.data: expected JSON with private_key, a private key in PEM without a password");
    }
}
