package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A report of a real Milan, with its chip's certificate. */
class GenuineAmdTest {
    static final Instant TIME = Instant.parse("2024-01-01T00:00:00Z");

    static CollateralStore collateral() {
        var store = new CollateralStore();
        for (var family : new String[] {"milan", "genoa", "turin_vcek"}) {
            store.putAll(
                    Endorsement.Authority.readAll(Vendor.AMD, GenuineEvidence.file("snp/ask_ark_" + family + ".pem")));
        }
        return store;
    }

    private static AttestationResult appraise(byte[] report, String certificate, Instant at) {
        return new Appraiser(TrustAnchors.ofVendors(), collateral())
                .appraise(evidence(report, GenuineEvidence.file(certificate)), Challenge.unknown(), at);
    }

    private static Evidence evidence(byte[] report, byte[] certificate) {
        return new Evidence.SnpReport(Bytes.of("report", report), List.of(Bytes.of("vcek", certificate)));
    }

    @Test
    void the_report_holds_with_its_chips_certificate() {
        var result = appraise(GenuineEvidence.file("snp/report.bin"), "snp/vcek.der", TIME);

        Cases.holds(result);
        assertThat(result.claims())
                .containsEntry("snp.product", "Milan")
                .containsEntry("snp.tcb.microcode", 115L)
                .containsEntry("debug", false);
    }

    @Test
    void with_the_certificate_of_another_chip_it_is_refused() {
        Cases.refuses(
                "amd.report.signature", appraise(GenuineEvidence.file("snp/report.bin"), "snp/vcek_invalid.der", TIME));
    }

    @Test
    void outside_of_the_certificates_time_it_is_refused() {
        var report = GenuineEvidence.file("snp/report.bin");
        Cases.refuses("amd.chain.validity", appraise(report, "snp/vcek.der", Instant.parse("2023-01-24T00:00:00Z")));
        Cases.refuses("amd.chain.validity", appraise(report, "snp/vcek.der", Instant.parse("2030-01-25T00:00:00Z")));
    }

    @Test
    void each_family_has_its_own_pinned_root() {
        var store = collateral();
        for (var family : new String[] {"milan", "genoa", "turin_vcek"}) {
            var chain =
                    Certificates.parseFile(Bytes.of("chain", GenuineEvidence.file("snp/ask_ark_" + family + ".pem")));
            var checks = new Checks("test", TIME);
            assertThat(new Chains(TrustAnchors.ofVendors(), store)
                            .check(checks, "chain", Vendor.AMD, family, chain.subList(1, 2), Chains.Revocation.NONE))
                    .isTrue();
        }
    }

    @Test
    void each_changed_byte_of_the_report_is_noticed() {
        var report = GenuineEvidence.file("snp/report.bin");
        var certificate = GenuineEvidence.file("snp/vcek.der");
        var appraiser = new Appraiser(TrustAnchors.ofVendors(), collateral());
        Cases.each_changed_byte_is_refused(
                report,
                0,
                report.length,
                bytes -> appraiser.appraise(evidence(bytes, certificate), Challenge.unknown(), TIME));
    }

    @Test
    void each_changed_byte_of_the_chips_certificate_is_noticed() {
        var report = GenuineEvidence.file("snp/report.bin");
        var certificate = GenuineEvidence.file("snp/vcek.der");
        var appraiser = new Appraiser(TrustAnchors.ofVendors(), collateral());
        Cases.each_changed_byte_is_refused(
                certificate,
                0,
                certificate.length,
                bytes -> appraiser.appraise(evidence(report, bytes), Challenge.unknown(), TIME));
    }
}
