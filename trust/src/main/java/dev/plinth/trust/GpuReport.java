package dev.plinth.trust;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The layout of NVIDIA's GPU attestation report: an SPDM 1.1 GET_MEASUREMENTS request and its response (DMTF DSP0274, 10.11), the latter
 * with NVIDIA's opaque data.
 *
 * @param signed request and response without the signature
 * @param measurements digests by their index, from 1
 * @param opaque values by NVIDIA's type
 */
record GpuReport(
        Bytes signed,
        Bytes signature,
        Bytes requestNonce,
        Map<Integer, Bytes> measurements,
        Map<Integer, Bytes> opaque) {
    static final int REPORT_BYTES_MAX = 64 * 1024;
    static final int DRIVER_VERSION = 3;
    static final int VBIOS_VERSION = 6;
    static final int MEASUREMENT_COUNTS = 12;
    static final int BOARD_ID = 14;
    static final int CHIP_SKU = 15;
    static final int PROJECT = 17;
    static final int PROJECT_SKU = 18;
    static final int FWID = 20;

    private static final int REQUEST = 37;
    private static final int SIGNATURE = 96;
    private static final int VERSION_1_1 = 0x11;
    private static final int GET_MEASUREMENTS = 0xe0;
    private static final int MEASUREMENTS = 0x60;
    private static final int DMTF = 1;

    static GpuReport parse(Bytes report) {
        if (report.length() > REPORT_BYTES_MAX) {
            throw new Malformed(
                    report.where(), "a report of at most " + REPORT_BYTES_MAX + " bytes", report.length() + " bytes");
        }
        expect(report, 0, VERSION_1_1, "SPDM version 1.1");
        expect(report, 1, GET_MEASUREMENTS, "GET_MEASUREMENTS");
        expect(report, 2, 1, "a request for a signature");
        expect(report, 3, 0xff, "a request for all measurements");
        expect(report, REQUEST, VERSION_1_1, "SPDM version 1.1");
        expect(report, REQUEST + 1, MEASUREMENTS, "MEASUREMENTS");
        var count = report.u8(REQUEST + 4);
        var length = report.u8(REQUEST + 5) | (report.u8(REQUEST + 6) << 8) | (report.u8(REQUEST + 7) << 16);
        var measurements = measurements(report.slice(REQUEST + 8, length), count);
        // The responder's own nonce follows: 32 bytes.
        var opaqueAt = REQUEST + 8 + length + 32;
        var opaque = report.slice(opaqueAt + 2, report.u16(opaqueAt));
        var signatureAt = opaqueAt + 2 + opaque.length();
        if (report.length() != signatureAt + SIGNATURE) {
            throw new Malformed(
                    report.from(signatureAt).where(),
                    "a signature of " + SIGNATURE + " bytes and the end",
                    report.length() - signatureAt + " bytes");
        }
        return new GpuReport(
                report.slice(0, signatureAt),
                report.from(signatureAt),
                report.slice(4, 32),
                measurements,
                opaque(opaque));
    }

    private static void expect(Bytes report, int at, int value, String what) {
        if (report.u8(at) != value) {
            throw new Malformed(
                    report.where(at, 1), what + " (%02x)".formatted(value), "%02x".formatted(report.u8(at)));
        }
    }

    private static Map<Integer, Bytes> measurements(Bytes record, int count) {
        var measurements = new TreeMap<Integer, Bytes>();
        var at = 0;
        for (var i = 0; i < count; i++) {
            expect(record, at + 1, DMTF, "a measurement as DMTF specifies it");
            var block = record.slice(at + 4, record.u16(at + 2));
            var value = block.slice(3, block.u16(1));
            if (value.length() + 3 != block.length()) {
                throw new Malformed(
                        block.where(1, 2), "a size of " + (block.length() - 3), Integer.toString(value.length()));
            }
            if (measurements.put(record.u8(at), value) != null) {
                throw new Malformed(record.where(at, 1), "each index once", record.u8(at) + " twice");
            }
            at += 4 + block.length();
        }
        if (at != record.length()) {
            throw new Malformed(
                    record.from(at).where(), "the end of the measurements", record.length() - at + " more bytes");
        }
        return measurements;
    }

    private static Map<Integer, Bytes> opaque(Bytes data) {
        var values = new LinkedHashMap<Integer, Bytes>();
        var at = 0;
        while (at < data.length()) {
            var value = data.slice(at + 4, data.u16(at + 2));
            if (values.put(data.u16(at), value) != null) {
                throw new Malformed(data.where(at, 2), "each type once", data.u16(at) + " twice");
            }
            at += 4 + value.length();
        }
        return values;
    }
}
