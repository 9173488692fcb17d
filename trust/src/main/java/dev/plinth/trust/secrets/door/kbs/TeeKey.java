package dev.plinth.trust.secrets.door.kbs;

import dev.plinth.trust.CanonicalJson;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** The public key of an attested TEE ({@code tee-pubkey}), and what is encrypted to it: JWE in the flattened form (RFC 7516, 7.2.2). */
final class TeeKey {
    /*
     * Written out, not by a JOSE library: clients of Trustee read the protected header, write it again in Rust's order (alg, enc, and the
     * rest by name) and authenticate that. A header in any other order, as good as it is by RFC 7516, fails there. A test reads what is
     * made here with a JOSE library.
     */
    static final String ENC = "A256GCM";
    private static final String RSA_OAEP_256 = "RSA-OAEP-256";
    private static final String RSA1_5 = "RSA1_5";
    private static final String ECDH_ES_A256KW = "ECDH-ES+A256KW";
    private static final int RSA_BITS_MIN = 2_048;
    private static final int RSA_BITS_MAX = 8_192;
    private static final int KEY_BYTES = 32;
    private static final int IV_BYTES = 12;
    private static final int TAG_BYTES = 16;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final SortedMap<String, String> members;
    private final PublicKey key;

    private TeeKey(SortedMap<String, String> members, PublicKey key) {
        this.members = members;
        this.key = key;
    }

    /**
     * Reads a JWK; members that its kind does not have are left out, as Trustee leaves them out.
     *
     * @throws IllegalArgumentException if it is none that can be encrypted to; it says what was expected
     */
    static TeeKey of(Map<String, ?> jwk) {
        var kind = text(jwk, "kty");
        return switch (kind) {
            case "RSA" -> rsa(taken(jwk, "kty", "alg", "n", "e"));
            case "EC" -> ec(taken(jwk, "kty", "crv", "alg", "x", "y"));
            default -> throw wrong("kty", "RSA or EC", kind);
        };
    }

    private static SortedMap<String, String> taken(Map<String, ?> jwk, String... names) {
        var members = new TreeMap<String, String>();
        for (var name : names) {
            members.put(name, text(jwk, name));
        }
        return members;
    }

    private static String text(Map<String, ?> jwk, String name) {
        if (!(jwk.get(name) instanceof String text)) {
            throw new IllegalArgumentException("tee-pubkey." + name + ": expected a text");
        }
        return text;
    }

    private static IllegalArgumentException wrong(String name, String expected, String found) {
        return new IllegalArgumentException("tee-pubkey." + name + ": expected " + expected + ", found '"
                + (found.length() > 80 ? found.substring(0, 80) + "…" : found) + "'");
    }

    private static String member(SortedMap<String, String> members, String name) {
        return java.util.Objects.requireNonNull(members.get(name));
    }

    private static BigInteger number(SortedMap<String, String> members, String name) {
        return new BigInteger(1, bytes(members, name));
    }

    private static byte[] bytes(SortedMap<String, String> members, String name) {
        try {
            return Base64.getUrlDecoder().decode(member(members, name));
        } catch (IllegalArgumentException e) {
            throw wrong(name, "bytes in base64url", member(members, name));
        }
    }

    private static TeeKey rsa(SortedMap<String, String> members) {
        var algorithm = member(members, "alg");
        if (!algorithm.equals(RSA_OAEP_256) && !algorithm.equals(RSA1_5)) {
            throw wrong("alg", RSA_OAEP_256 + " or " + RSA1_5, algorithm);
        }
        var modulus = number(members, "n");
        if (modulus.bitLength() < RSA_BITS_MIN || modulus.bitLength() > RSA_BITS_MAX) {
            throw wrong("n", RSA_BITS_MIN + " to " + RSA_BITS_MAX + " bits", modulus.bitLength() + " bits");
        }
        try {
            return new TeeKey(
                    members,
                    KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, number(members, "e"))));
        } catch (GeneralSecurityException e) {
            throw wrong("n", "an RSA key", String.valueOf(e.getMessage()));
        }
    }

    private static TeeKey ec(SortedMap<String, String> members) {
        if (!member(members, "alg").equals(ECDH_ES_A256KW)) {
            throw wrong("alg", ECDH_ES_A256KW, member(members, "alg"));
        }
        var curve = curve(member(members, "crv"));
        var x = bytes(members, "x");
        var y = bytes(members, "y");
        int size = size(curve);
        if (x.length != size || y.length != size) {
            throw wrong("x", "coordinates of " + size + " bytes", x.length + " and " + y.length);
        }
        var point = new ECPoint(new BigInteger(1, x), new BigInteger(1, y));
        // Off the curve, the agreement would give the private part of our key away, bit by bit.
        if (!isOn(curve.getCurve(), point)) {
            throw wrong("x", "a point on the curve", "another");
        }
        try {
            return new TeeKey(members, KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve)));
        } catch (GeneralSecurityException e) {
            throw wrong("x", "a point on the curve", String.valueOf(e.getMessage()));
        }
    }

    private static ECParameterSpec curve(String name) {
        var standard = switch (name) {
            case "P-256" -> "secp256r1";
            case "P-521" -> "secp521r1";
            default -> throw wrong("crv", "P-256 or P-521", name);
        };
        try {
            var parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(standard));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + name, e);
        }
    }

    private static int size(ECParameterSpec curve) {
        return (curve.getCurve().getField().getFieldSize() + 7) / 8;
    }

    private static boolean isOn(EllipticCurve curve, ECPoint point) {
        var p = ((java.security.spec.ECFieldFp) curve.getField()).getP();
        var x = point.getAffineX();
        var y = point.getAffineY();
        return x.compareTo(p) < 0
                && y.compareTo(p) < 0
                && y.multiply(y)
                                .subtract(x.multiply(x).multiply(x))
                                .subtract(curve.getA().multiply(x))
                                .subtract(curve.getB())
                                .mod(p)
                                .signum()
                        == 0;
    }

    /** Its members by name: what is hashed into evidence, and stands in tokens. */
    SortedMap<String, String> members() {
        return members;
    }

    /** Says which key it is, shortly: the start of the SHA-256 of its members. */
    String shortId() {
        return HexId.of(CanonicalJson.write(members));
    }

    /** Encrypts {@code payload} under a key that was never used before, and that to this key. */
    Map<String, String> encrypt(byte[] payload, SecureRandom random) {
        var contentKey = new byte[KEY_BYTES];
        random.nextBytes(contentKey);
        var iv = new byte[IV_BYTES];
        random.nextBytes(iv);
        try {
            var algorithm = member(members, "alg");
            String header;
            byte[] wrapped;
            if (algorithm.equals(ECDH_ES_A256KW)) {
                var ephemeral = ephemeral(random);
                header = "{\"alg\":\"" + algorithm + "\",\"enc\":\"" + ENC + "\",\"epk\":"
                        + CanonicalJson.write(ephemeral.jwk()) + "}";
                wrapped = wrap(ephemeral, contentKey);
            } else {
                header = "{\"alg\":\"" + algorithm + "\",\"enc\":\"" + ENC + "\"}";
                wrapped = rsa(algorithm, random).doFinal(contentKey);
            }
            var protectedHeader = BASE64.encodeToString(header.getBytes(StandardCharsets.UTF_8));
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(
                    Cipher.ENCRYPT_MODE, new SecretKeySpec(contentKey, "AES"), new GCMParameterSpec(8 * TAG_BYTES, iv));
            cipher.updateAAD(protectedHeader.getBytes(StandardCharsets.US_ASCII));
            var sealed = cipher.doFinal(payload);
            var response = new LinkedHashMap<String, String>();
            response.put("protected", protectedHeader);
            response.put("encrypted_key", BASE64.encodeToString(wrapped));
            response.put("iv", BASE64.encodeToString(iv));
            response.put("ciphertext", BASE64.encodeToString(Arrays.copyOf(sealed, sealed.length - TAG_BYTES)));
            response.put(
                    "tag", BASE64.encodeToString(Arrays.copyOfRange(sealed, sealed.length - TAG_BYTES, sealed.length)));
            return response;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot encrypt to a TEE's key: " + e.getMessage(), e);
        } finally {
            Arrays.fill(contentKey, (byte) 0);
        }
    }

    private Cipher rsa(String algorithm, SecureRandom random) throws GeneralSecurityException {
        if (algorithm.equals(RSA1_5)) {
            var cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding");
            cipher.init(Cipher.ENCRYPT_MODE, key, random);
            return cipher;
        }
        var cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                key,
                new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT),
                random);
        return cipher;
    }

    @SuppressWarnings("ArrayRecordComponent") // it is handed on, never compared
    private record Ephemeral(SortedMap<String, String> jwk, byte[] agreed) {}

    private Ephemeral ephemeral(SecureRandom random) throws GeneralSecurityException {
        var curve = ((ECPublicKey) key).getParams();
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(curve, random);
        var pair = generator.generateKeyPair();
        var agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(pair.getPrivate());
        agreement.doPhase(key, true);
        var point = ((ECPublicKey) pair.getPublic()).getW();
        var jwk = new TreeMap<String, String>();
        jwk.put("crv", member(members, "crv"));
        jwk.put("kty", "EC");
        jwk.put("x", coordinate(point.getAffineX(), size(curve)));
        jwk.put("y", coordinate(point.getAffineY(), size(curve)));
        return new Ephemeral(jwk, agreement.generateSecret());
    }

    private static String coordinate(BigInteger value, int size) {
        var signed = value.toByteArray();
        var bytes = new byte[size];
        int length = Math.min(size, signed.length);
        System.arraycopy(signed, signed.length - length, bytes, size - length, length);
        return BASE64.encodeToString(bytes);
    }

    /** Concat KDF (RFC 7518, 4.6.2) and AES key wrap (RFC 3394). */
    private static byte[] wrap(Ephemeral ephemeral, byte[] contentKey) throws GeneralSecurityException {
        var algorithm = ECDH_ES_A256KW.getBytes(StandardCharsets.US_ASCII);
        var digest = MessageDigest.getInstance("SHA-256");
        digest.update(new byte[] {0, 0, 0, 1});
        digest.update(ephemeral.agreed());
        digest.update(ByteBuffer.allocate(4).putInt(algorithm.length).flip());
        digest.update(algorithm);
        digest.update(new byte[8]);
        digest.update(ByteBuffer.allocate(4).putInt(8 * KEY_BYTES).flip());
        var cipher = Cipher.getInstance("AESWrap_256");
        cipher.init(Cipher.WRAP_MODE, new SecretKeySpec(digest.digest(), "AES"));
        return cipher.wrap(new SecretKeySpec(contentKey, "AES"));
    }
}
