package dev.plinth.trust;

import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;

/**
 * The layout of certificates in Hygon's own form: those of a chip and its platform (CEK, PEK; 2084 bytes, as AMD's SEV has them), and
 * Hygon's own above them (HRK, HSK; 832 bytes).
 *
 * @param signed what the issuer signs
 */
record CsvCertificate(
        Bytes certificate, Bytes signed, long usage, ECPublicKeyParameters key, Bytes id, List<Signature> signatures) {
    static final int LENGTH = 2084;
    static final int ROOT_LENGTH = 832;
    static final long HRK = 0;
    static final long HSK = 0x13;
    static final long CEK = 0x1004;
    static final long PEK = 0x1002;
    static final long OCA = 0x1001;

    private static final long ALGORITHM_SM2 = 4;
    private static final long CURVE_SM2 = 3;
    private static final int KEY_LENGTH = 4 + 72 + 72 + 256;
    private static final int BODY = 16 + 1028;

    /** A signature and which kind of key made it. */
    record Signature(long usage, Bytes rAndS) {}

    static CsvCertificate parse(Bytes certificate) {
        require(certificate, 0, 1, "certificate version");
        require(certificate, 12, ALGORITHM_SM2, "algorithm (SM2)");
        var signatures = new ArrayList<Signature>();
        for (var at = BODY; at < LENGTH; at += 520) {
            var usage = certificate.u32(at);
            if (usage == CEK || usage == OCA || usage == HSK || usage == PEK) {
                require(certificate, at + 4, ALGORITHM_SM2, "algorithm (SM2)");
                signatures.add(new Signature(usage, certificate.slice(at + 8, 144)));
            }
        }
        return new CsvCertificate(
                certificate,
                certificate.slice(0, BODY),
                certificate.u32(8),
                key(certificate.slice(16, KEY_LENGTH)),
                id(certificate.slice(16, KEY_LENGTH)),
                List.copyOf(signatures));
    }

    /** Version, key id, certifying id and usage stand before the key; the signature takes the last part. */
    static CsvCertificate parseRoot(Bytes certificate) {
        return new CsvCertificate(
                certificate,
                certificate.slice(0, 64 + 512),
                certificate.u32(36),
                key(certificate.slice(64, KEY_LENGTH)),
                id(certificate.slice(64, KEY_LENGTH)),
                List.of(new Signature(HRK, certificate.slice(64 + 512, 144))));
    }

    private static void require(Bytes certificate, int at, long expected, String what) {
        if (certificate.u32(at) != expected) {
            throw new Malformed(certificate.where(at, 4), what + " " + expected, Long.toString(certificate.u32(at)));
        }
    }

    private static ECPublicKeyParameters key(Bytes key) {
        require(key, 0, CURVE_SM2, "curve (SM2)");
        return Sm2.key(bigEndian(key.slice(4, 72)), bigEndian(key.slice(76, 72)), key.where());
    }

    private static Bytes id(Bytes key) {
        return key.slice(150, key.u16(148));
    }

    /** 72 bytes, little endian, of which 32 are used. */
    static byte[] bigEndian(Bytes little) {
        if (!little.from(32).isZero()) {
            throw new Malformed(little.from(32).where(), "a number of 32 bytes", little.shown());
        }
        var big = new byte[32];
        for (var i = 0; i < 32; i++) {
            big[31 - i] = (byte) little.u8(i);
        }
        return big;
    }

    /** r and s as SM2 verifiers want them. */
    static byte[] rAndS(Bytes signature) {
        var both = java.util.Arrays.copyOf(bigEndian(signature.slice(0, 72)), 64);
        System.arraycopy(bigEndian(signature.slice(72, 72)), 0, both, 32, 32);
        return both;
    }

    boolean signed(Bytes message, Bytes signature) {
        return Sm2.verifies(key, id.copy(), rAndS(signature), message);
    }

    boolean issued(CsvCertificate other, long asUsage) {
        return other.signatures().stream()
                .anyMatch(signature -> signature.usage() == asUsage && signed(other.signed(), signature.rAndS()));
    }
}
