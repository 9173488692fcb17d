package dev.plinth.trust;

/**
 * The layout of AMD's SEV-SNP attestation report, versions 2, 3 and 5 (SEV-SNP Firmware ABI Specification, 56860, table "ATTESTATION_REPORT").
 *
 * @param report 1184 bytes
 */
record SnpReport(Bytes report) {
    static final int LENGTH = 1184;
    static final int SIGNED = 0x2a0;

    private static final int ECDSA_P384_SHA384 = 1;

    static SnpReport parse(Bytes bytes) {
        if (bytes.length() != LENGTH) {
            throw new Malformed(bytes.where(), "a report of " + LENGTH + " bytes", bytes.length() + " bytes");
        }
        var report = new SnpReport(bytes);
        var version = report.version();
        if (version != 2 && version != 3 && version != 5) {
            throw new Malformed(bytes.where(0, 4), "report version 2, 3 or 5", Long.toString(version));
        }
        if (bytes.u32(0x34) != ECDSA_P384_SHA384) {
            throw new Malformed(
                    bytes.where(0x34, 4),
                    "signature algorithm 1 (ECDSA P-384, SHA-384)",
                    Long.toString(bytes.u32(0x34)));
        }
        return report;
    }

    /** Which key signs: that of the chip, or one that AMD loads for a cloud provider. */
    enum SigningKey {
        VCEK,
        VLEK
    }

    /** The families of processors, each with a root of its own and a layout of its TCB version. */
    enum Product {
        MILAN("Milan"),
        GENOA("Genoa"),
        TURIN("Turin");

        private final String label;

        Product(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** Security versions of the parts of a TCB. Milan and Genoa have no {@code fmc}. */
    record Tcb(Product product, Bytes bytes) {
        int fmc() {
            return product == Product.TURIN ? bytes.u8(0) : 0;
        }

        int bootLoader() {
            return bytes.u8(product == Product.TURIN ? 1 : 0);
        }

        int tee() {
            return bytes.u8(product == Product.TURIN ? 2 : 1);
        }

        int snp() {
            return bytes.u8(product == Product.TURIN ? 3 : 6);
        }

        int microcode() {
            return bytes.u8(7);
        }

        boolean reaches(Tcb minimum) {
            return fmc() >= minimum.fmc()
                    && bootLoader() >= minimum.bootLoader()
                    && tee() >= minimum.tee()
                    && snp() >= minimum.snp()
                    && microcode() >= minimum.microcode();
        }

        @Override
        public String toString() {
            return (product == Product.TURIN ? "fmc " + fmc() + ", " : "") + "boot loader " + bootLoader() + ", tee "
                    + tee() + ", snp " + snp() + ", microcode " + microcode();
        }
    }

    long version() {
        return report.u32(0);
    }

    Bytes policy() {
        return report.slice(8, 8);
    }

    boolean debug() {
        return (report.u64(8) >>> 19 & 1) == 1;
    }

    boolean migratable() {
        return (report.u64(8) >>> 18 & 1) == 1;
    }

    /** Always 1, in policies that the firmware accepts. */
    boolean policyReservedBit() {
        return (report.u64(8) >>> 17 & 1) == 1;
    }

    long vmpl() {
        return report.u32(0x30);
    }

    Bytes flags() {
        return report.slice(0x48, 4);
    }

    boolean chipKeyMasked() {
        return (report.u32(0x48) & 2) != 0;
    }

    int signingKeyCode() {
        return (int) (report.u32(0x48) >>> 2 & 7);
    }

    Bytes reportData() {
        return report.slice(0x50, 64);
    }

    Bytes measurement() {
        return report.slice(0x90, 48);
    }

    Tcb tcb(Product product, int at) {
        return new Tcb(product, report.slice(at, 8));
    }

    Bytes reportedTcb() {
        return report.slice(0x180, 8);
    }

    Bytes chipId() {
        return report.slice(0x1a0, 64);
    }

    /** Family and model of the processor; in reports of version 3 and later. */
    int family() {
        return report.u8(0x188);
    }

    int model() {
        return report.u8(0x189);
    }

    Bytes signed() {
        return report.slice(0, SIGNED);
    }

    /** r and s as 72 bytes each, little endian, of which 48 are used; the rest of the 512 bytes is zero. */
    byte[] signature() {
        var signature = new byte[96];
        for (var i = 0; i < 48; i++) {
            signature[47 - i] = (byte) report.u8(SIGNED + i);
            signature[95 - i] = (byte) report.u8(SIGNED + 72 + i);
        }
        return signature;
    }

    boolean signatureIsPadded() {
        return report.slice(SIGNED + 48, 24).isZero()
                && report.slice(SIGNED + 120, 24).isZero()
                && report.from(SIGNED + 144).isZero();
    }
}
