package dev.plinth.trust;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.RSAPublicKeySpec;

/**
 * The public area of a TPM's key (TPMT_PUBLIC; TCG TPM 2.0 Library, part 2, 12.2): what it may be used for, and its name.
 *
 * @param name the key's name: the digest algorithm and the digest of the area, which nobody else's area has
 */
record TpmPublic(Bytes area, int attributes, PublicKey key, Bytes name) {
    private static final int FIXED_TPM = 1 << 1;
    private static final int FIXED_PARENT = 1 << 4;
    private static final int SENSITIVE_DATA_ORIGIN = 1 << 5;
    private static final int RESTRICTED = 1 << 16;
    private static final int DECRYPT = 1 << 17;
    private static final int SIGN = 1 << 18;

    private static final int TYPE_RSA = 0x0001;
    private static final int TYPE_ECC = 0x0023;
    private static final int NULL = 0x0010;
    private static final int AREA_BYTES_MAX = 2 * 1024;

    static TpmPublic parse(Bytes area) {
        if (area.length() > AREA_BYTES_MAX) {
            throw new Malformed(
                    area.where(), "a public area of at most " + AREA_BYTES_MAX + " bytes", area.length() + " bytes");
        }
        var nameAlgorithm = TpmAlgorithm.strong(area.u16be(2), area.where(2, 2));
        var policy = TpmQuote.sized(area, 8);
        var parameters = 10 + policy.length();
        var key = switch (area.u16be(0)) {
            case TYPE_RSA -> rsa(area, parameters);
            case TYPE_ECC -> ecc(area, parameters);
            default ->
                throw new Malformed(area.where(0, 2), "an RSA or ECC key", "type 0x%04x".formatted(area.u16be(0)));
        };
        var name = new byte[2 + nameAlgorithm.size()];
        name[0] = (byte) (nameAlgorithm.id() >>> 8);
        name[1] = (byte) nameAlgorithm.id();
        System.arraycopy(Signatures.digest(nameAlgorithm.digest(), area), 0, name, 2, nameAlgorithm.size());
        return new TpmPublic(area, (int) area.u32be(4), key, Bytes.of("name of the key", name));
    }

    /** How long the symmetric algorithm and the scheme are depends on whether there is one. */
    private static int afterSchemes(Bytes area, int at) {
        var symmetric = area.u16be(at) == NULL ? 2 : 6;
        var scheme = at + symmetric;
        return scheme + (area.u16be(scheme) == NULL ? 2 : 4);
    }

    private static PublicKey rsa(Bytes area, int at) {
        var next = afterSchemes(area, at);
        var exponent = area.u32be(next + 2) == 0 ? 65_537 : area.u32be(next + 2);
        var modulus = TpmQuote.sized(area, next + 6);
        end(area, next + 8 + modulus.length());
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(
                            new RSAPublicKeySpec(new BigInteger(1, modulus.copy()), BigInteger.valueOf(exponent)));
        } catch (InvalidKeySpecException e) {
            throw new Malformed(modulus.where(), "an RSA key", Bytes.shorten(String.valueOf(e.getMessage())));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no RSA", e);
        }
    }

    private static PublicKey ecc(Bytes area, int at) {
        var next = afterSchemes(area, at);
        var curve = switch (area.u16be(next)) {
            case 3 -> Signatures.P256;
            case 4 -> Signatures.P384;
            case 5 -> Signatures.P521;
            default ->
                throw new Malformed(
                        area.where(next, 2), "P-256, P-384 or P-521", "curve 0x%04x".formatted(area.u16be(next)));
        };
        var keyDerivation = next + 2;
        var point = keyDerivation + (area.u16be(keyDerivation) == NULL ? 2 : 4);
        var x = TpmQuote.sized(area, point);
        var y = TpmQuote.sized(area, point + 2 + x.length());
        end(area, point + 4 + x.length() + y.length());
        var size = (curve.getCurve().getField().getFieldSize() + 7) / 8;
        if (x.length() > size || y.length() > size) {
            throw new Malformed(
                    area.from(point).where(), "coordinates of " + size + " bytes", x.length() + " and " + y.length());
        }
        var both = new byte[2 * size];
        System.arraycopy(x.copy(), 0, both, size - x.length(), x.length());
        System.arraycopy(y.copy(), 0, both, 2 * size - y.length(), y.length());
        return Signatures.point(curve, Bytes.of(area.source(), both));
    }

    private static void end(Bytes area, int at) {
        if (at != area.length()) {
            throw new Malformed(
                    area.from(at).where(), "the end of the public area", area.length() - at + " more bytes");
        }
    }

    /** Whether the TPM itself made the key, never lets it out, and signs with it only what it made itself. */
    boolean isAttestationKey() {
        var needed = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED | SIGN;
        return (attributes & needed) == needed && (attributes & DECRYPT) == 0;
    }
}
