package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Quotes of real Intel platforms, at the times when their collateral was good. */
class GenuineIntelTest {
    private static final Instant JULY_2025 = Instant.parse("2025-07-01T00:00:00Z");
    private static final Instant MARCH_2026 = Instant.parse("2026-03-01T00:00:00Z");

    private static Appraiser appraiser(String name) {
        return new Appraiser(
                TrustAnchors.ofVendors(),
                new CollateralStore().putAll(IntelCollateral.bundle(GenuineEvidence.file(name + "_collateral.json"))));
    }

    private static AttestationResult appraise(String name, Instant at) {
        return appraiser(name).appraise(evidence(name, GenuineEvidence.file(name + ".bin")), Challenge.unknown(), at);
    }

    private static Evidence evidence(String name, byte[] quote) {
        var bytes = Bytes.of("quote", quote);
        return name.startsWith("sgx") ? new Evidence.SgxQuote(bytes) : new Evidence.TdxQuote(bytes);
    }

    @Test
    void an_sgx_quote_of_version_3_holds_and_its_platform_needs_configuration_and_hardening() {
        var result = appraise("sgx/quote_v3", JULY_2025);

        Cases.holds(result);
        assertThat(result.claims())
                .containsEntry("tcb.status", "ConfigurationAndSWHardeningNeeded")
                .containsEntry("tcb.advisories", List.of("INTEL-SA-00289", "INTEL-SA-00615"))
                .containsEntry("sgx.mrenclave", "33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb")
                .containsEntry("debug", false);
        assertThat(result.vector().tier()).isEqualTo(TrustVector.Tier.WARNING);
        assertThat(result.validUntil()).isEqualTo(Instant.parse("2025-07-19T10:01:18Z"));
    }

    @Test
    void a_tdx_quote_of_version_4_holds_and_its_platform_is_up_to_date() {
        var result = appraise("tdx/quote_v4", JULY_2025);

        Cases.holds(result);
        assertThat(result.claims()).containsEntry("tcb.status", "UpToDate").containsEntry("fresh", false);
        assertThat(result.vector().tier()).isEqualTo(TrustVector.Tier.AFFIRMING);
    }

    /** Its eighth component, the SEAM loader, is 3; every level that Intel knows asks for 5. */
    @Test
    void a_tdx_quote_of_version_5_is_refused_because_its_platform_is_below_every_level() {
        var result = appraise("tdx/quote_v5_outdated", MARCH_2026);

        assertThat(result.objections())
                .singleElement()
                .satisfies(finding -> assertThat(finding.check()).isEqualTo("intel.tcb.level"));
        assertThat(result.holds(Set.of("tcb:OutOfDate", "debug"))).isFalse();
    }

    @Test
    void outside_of_the_collaterals_time_a_quote_is_refused() {
        Cases.refuses("intel.tcb-info.document-validity", appraise("tdx/quote_v4", JULY_2025.plusSeconds(30 * 86_400)));
        Cases.refuses(
                "intel.qe-identity.document-validity", appraise("tdx/quote_v4", JULY_2025.minusSeconds(30 * 86_400)));
        Cases.refuses("intel.pck.crl.validity", appraise("sgx/quote_v3", JULY_2025.plusSeconds(30 * 86_400)));
        Cases.refuses("intel.pck.validity", appraise("sgx/quote_v3", Instant.parse("2050-01-01T00:00:00Z")));
    }

    @Test
    void a_quote_with_another_platforms_collateral_is_refused() {
        var result = appraiser("tdx/quote_v5_outdated")
                .appraise(evidence("tdx", GenuineEvidence.file("tdx/quote_v4.bin")), Challenge.unknown(), MARCH_2026);

        Cases.refuses("intel.tcb-info", result);
    }

    @Test
    void a_quote_with_the_chain_of_another_platform_is_refused() {
        var quote = GenuineEvidence.file("tdx/quote_v4.bin");
        var other = GenuineEvidence.file("tdx/quote_v5_outdated.bin");
        // Both chains are of the same length, from these offsets on.
        System.arraycopy(other, 1328, quote, 1258, 0x0e5e);

        var result = appraiser("tdx/quote_v4").appraise(evidence("tdx", quote), Challenge.unknown(), JULY_2025);

        Cases.refuses("intel.qe-report.signature", result);
    }

    @Test
    void without_intels_root_among_the_anchors_nothing_holds() {
        var store = new CollateralStore()
                .putAll(IntelCollateral.bundle(GenuineEvidence.file("tdx/quote_v4_collateral.json")));
        var result = new Appraiser(TrustAnchors.none(), store)
                .appraise(evidence("tdx", GenuineEvidence.file("tdx/quote_v4.bin")), Challenge.unknown(), JULY_2025);

        Cases.refuses("intel.pck.root", result);
    }

    @Test
    void each_changed_byte_of_the_sgx_quote_is_noticed() {
        each_changed_byte("sgx/quote_v3", 4600);
    }

    /** The 70 bytes at the end of the file are not the quote's: they must be zeros, and are checked for it. */
    @Test
    void each_changed_byte_of_the_tdx_quote_is_noticed() {
        each_changed_byte("tdx/quote_v4", 5006);
    }

    private static void each_changed_byte(String name, int length) {
        var quote = GenuineEvidence.file(name + ".bin");
        assertThat(quote).hasSize(length);
        var appraiser = appraiser(name);
        Cases.each_changed_byte_is_refused(
                quote, 0, length, bytes -> appraiser.appraise(evidence(name, bytes), Challenge.unknown(), JULY_2025));
    }
}
