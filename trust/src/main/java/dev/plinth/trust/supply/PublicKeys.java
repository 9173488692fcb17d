package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Signatures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Public keys that sign artifacts and logs: ECDSA on P-256, P-384 and P-521, Ed25519, RSA of 2,048 bits and more. */
public final class PublicKeys {
    /*
     * A signature by P-256 is verified over the digest, so that an artifact that is known by its digest alone can be verified, too. All
     * others need the bytes: Ed25519 signs them and not a digest, and the larger curves another digest than the one that is known.
     */
    private static final int RSA_BITS_MIN = 2_048;
    private static final int RSA_BITS_MAX = 8_192;
    private static final Pattern PEM =
            Pattern.compile("\\s*-----BEGIN PUBLIC KEY-----\\s+([A-Za-z0-9+/=\\s]+?)\\s*-----END PUBLIC KEY-----\\s*");
    static final int PEM_CHARACTERS_MAX = 4_096;

    private PublicKeys() {}

    /** One key in PEM, as cosign and openssl write it. */
    public static PublicKey parsePem(Bytes pem) {
        var match = PEM.matcher(pem.length() > PEM_CHARACTERS_MAX ? "" : pem.text(StandardCharsets.ISO_8859_1));
        if (!match.matches()) {
            throw new Malformed(
                    pem.where(),
                    "one public key in PEM (BEGIN PUBLIC KEY) of at most " + PEM_CHARACTERS_MAX + " characters",
                    Bytes.shorten(pem.text(StandardCharsets.ISO_8859_1)));
        }
        try {
            return parse(Bytes.of(
                    pem.source(), Base64.getDecoder().decode(match.group(1).replaceAll("\\s", ""))));
        } catch (IllegalArgumentException e) {
            throw new Malformed(pem.where(), "Base64 between the lines of PEM", String.valueOf(e.getMessage()));
        }
    }

    /** A SubjectPublicKeyInfo in DER. */
    static PublicKey parse(Bytes spki) {
        return Stream.of("EC", "Ed25519", "RSA")
                .flatMap(family -> ofFamily(family, spki).stream())
                .filter(PublicKeys::isKnown)
                .findFirst()
                .orElseThrow(() -> new Malformed(
                        spki.where(),
                        "a public key on P-256, P-384, P-521 or Ed25519, or of RSA with 2,048 to 8,192 bits",
                        spki.shown()));
    }

    private static Optional<PublicKey> ofFamily(String family, Bytes spki) {
        try {
            return Optional.of(KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(spki.copy())));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no " + family, e);
        } catch (InvalidKeySpecException e) {
            return Optional.empty();
        }
    }

    static boolean isKnown(PublicKey key) {
        return switch (key) {
            case ECPublicKey _ ->
                Signatures.isOn(Signatures.P256, key)
                        || Signatures.isOn(Signatures.P384, key)
                        || Signatures.isOn(Signatures.P521, key);
            case EdECPublicKey ed -> ed.getParams().getName().equals("Ed25519");
            case RSAPublicKey rsa ->
                rsa.getModulus().bitLength() >= RSA_BITS_MIN && rsa.getModulus().bitLength() <= RSA_BITS_MAX;
            default -> false;
        };
    }

    /** How a key is called in findings and verdicts: the SHA-256 of its SubjectPublicKeyInfo. */
    static String name(PublicKey key) {
        return "key sha256:" + HexFormat.of().formatHex(Signatures.digest("SHA-256", key.getEncoded()));
    }

    static boolean verifies(PublicKey key, byte[] signature, Bytes signed) {
        return verifies(key, signature, new Signed.Text(signed));
    }

    /** Whether it is a signature of this key over that. Never throws for what came in. */
    static boolean verifies(PublicKey key, byte[] signature, Signed signed) {
        if (!isKnown(key)) {
            return false;
        }
        if (Signatures.isOn(Signatures.P256, key)) {
            return Signatures.verifies("NONEwithECDSA", key, signature, Bytes.of("digest", signed.digest()));
        }
        try {
            var verifier = Signature.getInstance(algorithm(key));
            verifier.initVerify(key);
            return signed.feed(verifier) && verifier.verify(signature);
        } catch (SignatureException | InvalidKeyException e) {
            return false;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no " + algorithm(key), e);
        } catch (IOException e) {
            throw new UncheckedIOException("an artifact that is being examined cannot be read", e);
        }
    }

    private static String algorithm(PublicKey key) {
        return switch (key) {
            case EdECPublicKey _ -> "Ed25519";
            case RSAPublicKey _ -> "SHA256withRSA";
            default -> Signatures.isOn(Signatures.P384, key) ? "SHA384withECDSA" : "SHA512withECDSA";
        };
    }
}
