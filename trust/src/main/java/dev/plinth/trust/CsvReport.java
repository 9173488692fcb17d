package dev.plinth.trust;

/**
 * The layout of Hygon's CSV attestation report ("csv_attestation_report" of Hygon's CSV API), a page of 4096 bytes of which 2548 are used.
 *
 * <p>The first 180 bytes are signed. All of them, the usage and the algorithm of the signature and the chip's number are masked with a
 * nonce of the firmware, 32 bits at a time.
 */
record CsvReport(Bytes report) {
    static final int USED = 2548;
    static final int LENGTH = 4096;
    static final int SIGNED = 180;

    private static final int MASK = 188;
    private static final int SIGNATURE = 192;
    private static final int PEK = 336;
    private static final int CHIP = PEK + CsvCertificate.LENGTH;

    static CsvReport parse(Bytes report) {
        if (report.length() != USED && report.length() != LENGTH) {
            throw new Malformed(report.where(), USED + " or " + LENGTH + " bytes", report.length() + " bytes");
        }
        if (!report.from(USED).isZero()) {
            throw new Malformed(
                    report.from(USED).where(),
                    "zeros after the report",
                    report.from(USED).shown());
        }
        return new CsvReport(report);
    }

    Bytes signed() {
        return report.slice(0, SIGNED);
    }

    /** A field without its mask, which begins anew at each multiple of four. */
    Bytes unmasked(int at, int length) {
        var plain = report.slice(at, length).copy();
        for (var i = 0; i < length; i++) {
            plain[i] ^= (byte) report.u8(MASK + (at + i) % 4);
        }
        return Bytes.of(report.source() + " unmasked", plain);
    }

    Bytes publicKeyDigest() {
        return unmasked(0, 32);
    }

    Bytes vmId() {
        return unmasked(32, 16);
    }

    Bytes vmVersion() {
        return unmasked(48, 16);
    }

    Bytes userData() {
        return unmasked(64, 64);
    }

    Bytes nonce() {
        return unmasked(128, 16);
    }

    Bytes measurement() {
        return unmasked(144, 32);
    }

    Bytes policy() {
        return unmasked(176, 4);
    }

    long signatureUsage() {
        return unmasked(180, 4).u32(0);
    }

    long signatureAlgorithm() {
        return unmasked(184, 4).u32(0);
    }

    /** r and s, little endian, 72 bytes each of which 32 are used. */
    Bytes signature() {
        return report.slice(SIGNATURE, 144);
    }

    CsvCertificate pek() {
        return CsvCertificate.parse(report.slice(PEK, CsvCertificate.LENGTH));
    }

    /** The chip's number as a text. */
    Bytes chip() {
        return report.slice(CHIP, 64);
    }
}
