package dev.plinth.trust;

import org.jspecify.annotations.Nullable;

/**
 * The layout of Intel's ECDSA quotes: version 3 (SGX), 4 and 5 (SGX and TDX), after the appendices of Intel's "SGX ECDSA Quote Library"
 * and "TDX DCAP Quoting Library" references.
 *
 * @param signed what the attestation key signs: header and body
 * @param report the body, an enclave report of 384 bytes or a TD report of 584 or 648
 * @param qeReport the report of the quoting enclave, which the PCK signs
 * @param pckChain PEM, leaf first
 */
record IntelQuote(
        int version,
        boolean tdx,
        Bytes header,
        Bytes report,
        Bytes signed,
        Bytes signature,
        Bytes attestationKey,
        Bytes qeReport,
        Bytes qeReportSignature,
        Bytes qeAuthenticationData,
        Bytes pckChain) {
    static final int HEADER = 48;
    static final int ENCLAVE_REPORT = 384;
    static final int TD_REPORT_10 = 584;
    static final int TD_REPORT_15 = 648;
    static final int QUOTE_BYTES_MAX = 64 * 1024;

    private static final int TEE_SGX = 0;
    private static final int TEE_TDX = 0x81;
    private static final int ECDSA_P256 = 2;
    private static final int CERTIFICATION_PCK_CHAIN = 5;
    private static final int CERTIFICATION_QE_REPORT = 6;
    private static final byte[] INTEL_QE_VENDOR = java.util.HexFormat.of().parseHex("939a7233f79c4ca9940a0db3957f0607");

    static IntelQuote parse(Bytes quote) {
        if (quote.length() > QUOTE_BYTES_MAX) {
            throw new Malformed(
                    quote.where(), "a quote of at most " + QUOTE_BYTES_MAX + " bytes", quote.length() + " bytes");
        }
        var header = quote.slice(0, HEADER);
        var version = header.u16(0);
        require(version >= 3 && version <= 5, header.where(0, 2), "quote version 3, 4 or 5", version);
        require(header.u16(2) == ECDSA_P256, header.where(2, 2), "attestation key type 2 (ECDSA P-256)", header.u16(2));
        var tee = header.u32(4);
        require(
                tee == TEE_SGX || (version > 3 && tee == TEE_TDX),
                header.where(4, 4),
                "TEE type SGX or, from version 4, TDX",
                tee);
        if (!header.slice(12, 16).same(INTEL_QE_VENDOR)) {
            throw new Malformed(
                    header.where(12, 16),
                    "Intel's quoting enclave",
                    header.slice(12, 16).shown());
        }
        var tdx = tee == TEE_TDX;

        var bodyAt = HEADER;
        var bodySize = tdx ? TD_REPORT_10 : ENCLAVE_REPORT;
        if (version == 5) {
            var type = quote.u16(HEADER);
            bodySize = switch (type) {
                case 1 -> ENCLAVE_REPORT;
                case 2 -> TD_REPORT_10;
                case 3 -> TD_REPORT_15;
                default -> throw new Malformed(quote.where(HEADER, 2), "body type 1, 2 or 3", Integer.toString(type));
            };
            require((type == 1) != tdx, quote.where(HEADER, 2), "a body of the header's TEE type", type);
            require(
                    quote.u32(HEADER + 2) == bodySize,
                    quote.where(HEADER + 2, 4),
                    "body size " + bodySize,
                    quote.u32(HEADER + 2));
            bodyAt = HEADER + 6;
        }
        var report = quote.slice(bodyAt, bodySize);
        var signed = quote.slice(0, bodyAt + bodySize);

        var at = bodyAt + bodySize;
        var data = quote.slice(at + 4, quote.size32(at, QUOTE_BYTES_MAX));
        padding(quote.from(at + 4 + data.length()));

        var signature = data.slice(0, 64);
        var key = data.slice(64, 64);
        // From version 4 on, the quoting enclave's report is itself certification data, of type 6, around the PCK's.
        var enclave = version == 3 ? data.from(128) : certification(data.from(128), CERTIFICATION_QE_REPORT);
        var authentication = enclave.slice(450, enclave.u16(448));
        var chain = certification(enclave.from(450 + authentication.length()), CERTIFICATION_PCK_CHAIN);
        return new IntelQuote(
                version,
                tdx,
                header,
                report,
                signed,
                signature,
                key,
                enclave.slice(0, ENCLAVE_REPORT),
                enclave.slice(ENCLAVE_REPORT, 64),
                authentication,
                chain);
    }

    private static Bytes certification(Bytes data, int type) {
        require(data.u16(0) == type, data.where(0, 2), "certification data of type " + type, data.u16(0));
        var size = data.size32(2, QUOTE_BYTES_MAX);
        if (data.length() - 6 != size) {
            throw new Malformed(
                    data.where(2, 4),
                    "a size of " + (data.length() - 6) + ", as its container has",
                    Integer.toString(size));
        }
        return data.slice(6, size);
    }

    /** Quoting libraries hand out buffers that are longer than the quote, filled with zeros. */
    private static void padding(Bytes rest) {
        if (!rest.isZero()) {
            throw new Malformed(rest.where(), "the end of the quote, or zeros", rest.shown());
        }
    }

    private static void require(boolean holds, Where where, String expected, long found) {
        if (!holds) {
            throw new Malformed(where, expected, Long.toString(found));
        }
    }

    /** The 16 security versions of the TDX module and its loader, when the domain was launched. */
    Bytes teeTcbSvn() {
        return report.slice(0, 16);
    }

    /** The same as they are now, if the report has them. */
    @Nullable
    Bytes teeTcbSvnNow() {
        return report.length() == TD_REPORT_15 ? report.slice(584, 16) : null;
    }

    Bytes reportData() {
        return tdx ? report.slice(520, 64) : report.slice(320, 64);
    }

    /** Parts of an enclave report. */
    record Enclave(Bytes report) {
        Bytes cpuSvn() {
            return report.slice(0, 16);
        }

        Bytes miscSelect() {
            return report.slice(16, 4);
        }

        Bytes attributes() {
            return report.slice(48, 16);
        }

        boolean debug() {
            return (report.u8(48) & 2) != 0;
        }

        boolean initialized() {
            return (report.u8(48) & 1) != 0;
        }

        Bytes mrEnclave() {
            return report.slice(64, 32);
        }

        Bytes mrSigner() {
            return report.slice(128, 32);
        }

        Bytes configId() {
            return report.slice(192, 64);
        }

        int isvProdId() {
            return report.u16(256);
        }

        int isvSvn() {
            return report.u16(258);
        }

        int configSvn() {
            return report.u16(260);
        }

        Bytes reportData() {
            return report.slice(320, 64);
        }
    }
}
