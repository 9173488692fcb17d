package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import dev.plinth.trust.TrustVector.Aspect;
import java.nio.charset.StandardCharsets;

/** Verifies attestation reports of NVIDIA's GPUs: the device's certificate chain, the signature, and the request's nonce. */
final class NvidiaVerifier {
    /*
     * What the measurements should be stands in NVIDIA's reference manifests (RIM), for one driver and one VBIOS each; they become
     * reference values of a policy. Here it is said whose they are and that they are fresh.
     */
    private final Chains chains;

    NvidiaVerifier(Chains chains) {
        this.chains = chains;
    }

    void verify(Checks checks, Evidence.GpuReport evidence, Challenge challenge) {
        var report = GpuReport.parse(evidence.report());
        var chain = chains.parseAll(Certificates.pem(evidence.certificates()));
        chains.check(checks, "nvidia.chain", Vendor.NVIDIA, "GPU chain", chain, Revocation.IF_KNOWN);
        var key = chain.getFirst().getPublicKey();
        checks.verified(
                Signatures.isOn(Signatures.P384, key)
                        && Signatures.verifies(
                                Signatures.ES384, key, report.signature().copy(), report.signed()),
                "nvidia.report.signature",
                "a signature of the GPU's key over request and response",
                report.signed().where());
        checks.challengeExactly("nvidia.challenge", challenge, report.requestNonce());
        report.measurements().forEach((index, value) -> checks.claim("nvidia.measurement." + index, value));
        text(checks, report, GpuReport.DRIVER_VERSION, "nvidia.driver-version");
        text(checks, report, GpuReport.CHIP_SKU, "nvidia.chip-sku");
        text(checks, report, GpuReport.PROJECT, "nvidia.project");
        text(checks, report, GpuReport.PROJECT_SKU, "nvidia.project-sku");
        var vbios = report.opaque().get(GpuReport.VBIOS_VERSION);
        if (vbios != null && vbios.length() == 8) {
            checks.claim("nvidia.vbios-version", vbiosVersion(vbios));
        }
        var board = report.opaque().get(GpuReport.BOARD_ID);
        if (board != null) {
            checks.claim("nvidia.board-id", board);
        }
        firmware(checks, report, chain.getFirst().getExtensionValue("2.23.133.5.4.1"));
        checks.rate(Aspect.HARDWARE, TrustVector.AFFIRMED);
    }

    /** The firmware's digest, in the report and in the certificate that was made for it at boot (DICE TCB info). */
    private static void firmware(Checks checks, GpuReport report, byte @org.jspecify.annotations.Nullable [] tcbInfo) {
        var fwid = report.opaque().get(GpuReport.FWID);
        if (fwid == null) {
            return;
        }
        checks.claim("measurement", fwid);
        checks.claim("nvidia.fwid", fwid);
        var holds = tcbInfo != null && contains(tcbInfo, fwid.copy());
        checks.that(
                holds,
                "nvidia.fwid",
                "the digest of the firmware that the GPU's certificate was made for",
                holds ? "it is" : fwid.shown(),
                fwid.where());
    }

    private static boolean contains(byte[] bytes, byte[] part) {
        for (var at = 0; part.length > 0 && at <= bytes.length - part.length; at++) {
            if (java.util.Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }

    private static void text(Checks checks, GpuReport report, int type, String claim) {
        var value = report.opaque().get(type);
        if (value != null) {
            var length = 0;
            while (length < value.length() && value.u8(length) != 0) {
                length++;
            }
            checks.claim(claim, value.slice(0, length).text(StandardCharsets.US_ASCII));
        }
    }

    /** Four bytes from the most significant on, and the first of the second half: 96.00.9f.00.01. */
    static String vbiosVersion(Bytes bytes) {
        return "%02x.%02x.%02x.%02x.%02x".formatted(bytes.u8(3), bytes.u8(2), bytes.u8(1), bytes.u8(0), bytes.u8(4));
    }
}
