package dev.plinth.trust;

import static dev.plinth.trust.Cases.holds;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Reports of an imitated AMD: everything that can be wrong with one, one at a time. */
class ImitatedAmdTest {
    private static DynamicTest refused(String name, String check, Consumer<AmdWorld> change) {
        return refused(name, check, AmdWorld::new, change);
    }

    private static DynamicTest refused(String name, String check, Supplier<AmdWorld> world, Consumer<AmdWorld> change) {
        return Cases.refused(name, check, () -> changed(world.get(), change).appraise());
    }

    private static AmdWorld changed(AmdWorld world, Consumer<AmdWorld> change) {
        change.accept(world);
        return world;
    }

    @Test
    void reports_of_every_family_version_and_signing_key_hold() {
        holds(new AmdWorld().appraise());
        holds(changed(new AmdWorld(), world -> world.version = 2).appraise());
        holds(changed(new AmdWorld(), world -> world.version = 5).appraise());
        holds(AmdWorld.genoa().appraise());
        holds(AmdWorld.turin().appraise());
        var loaded = AmdWorld.vlek().appraise();
        holds(loaded);
        assertThat(loaded.claims()).containsEntry("snp.provider", "acme").containsEntry("snp.signing-key", "vlek");
    }

    @Test
    void a_chips_certificate_may_lie_in_the_collateral() {
        var world = new AmdWorld();
        world.chainInEvidence = false;
        Cases.refuses("amd.certificate", world.appraise());
        world.endorsements.add(new Endorsement.AmdChip(world.certificate()));
        Cases.refuses("amd.chain.root", world.appraise());
        world.endorsements.add(new Endorsement.Authority(Vendor.AMD, AmdWorld.ASK.certificate()));
        world.endorsements.add(new Endorsement.Authority(Vendor.AMD, AmdWorld.ARK.certificate()));

        holds(world.appraise());
    }

    @TestFactory
    Stream<DynamicTest> signatures_and_challenges() {
        return Stream.of(
                refused(
                        "the_measurement_was_changed_after_it_was_signed",
                        "amd.report.signature",
                        world -> world.signed = flip(0x90)),
                refused("the_signature_was_changed", "amd.report.signature", world -> world.signed = flip(0x2a0)),
                refused(
                        "something_in_the_padding_of_the_signature",
                        "amd.report.signature",
                        world -> world.signed = flip(0x2a0 + 60)),
                refused("something_after_the_signature", "amd.report.signature", world -> world.signed = flip(0x49f)),
                refused(
                        "the_certificate_belongs_to_another_key",
                        "amd.report.signature",
                        world -> world.keyInCertificate = TestAuthority.ec("secp384r1")),
                refused(
                        "the_certificates_key_is_on_another_curve",
                        "amd.report.signature",
                        world -> world.keyInCertificate = TestAuthority.ec("secp256r1")),
                refused(
                        "a_report_whose_key_is_masked",
                        "amd.signing-key",
                        world -> world.report = bytes -> bytes[0x48] |= 2),
                refused("a_report_that_says_it_is_not_signed", "amd.signing-key", world -> world.signingKey = 7),
                Cases.refused("another_nonce", "amd.challenge", () -> {
                    var world = new AmdWorld();
                    var report = world.report();
                    world.challenge = "another nonce".getBytes(StandardCharsets.US_ASCII);
                    return world.appraise(report, AmdWorld.NOW);
                }),
                Cases.refused("a_replay_to_the_next_challenge", "amd.challenge", () -> {
                    var world = new AmdWorld();
                    var recorded = world.report();
                    holds(world.appraise(recorded, AmdWorld.NOW));
                    world.challenge[3]++;
                    return world.appraise(recorded, AmdWorld.NOW);
                }));
    }

    @TestFactory
    Stream<DynamicTest> chains() {
        var stranger = TestAuthority.root("CN=ARK-Milan,O=Imitation", "secp384r1");
        var strangersAsk = stranger.authority("CN=SEV-Milan,O=Imitation", "secp384r1");
        return Stream.of(
                refused("another_root_of_the_same_name", "amd.chain.root", world -> {
                    world.root = stranger;
                    world.issuer = strangersAsk;
                }),
                refused(
                        "an_intermediate_that_the_root_did_not_sign",
                        "amd.chain.signature",
                        world -> world.issuer = strangersAsk),
                refused("the_chain_of_another_family", "amd.chain.family", world -> {
                    world.issuer = AmdWorld.ASK_GENOA;
                    world.root = AmdWorld.ARK_GENOA;
                }),
                refused(
                        "a_chips_key_under_the_loaded_keys_authority",
                        "amd.chain.family",
                        world -> world.issuer = AmdWorld.ASVK),
                refused(
                        "a_loaded_key_under_the_chips_authority",
                        "amd.chain.family",
                        AmdWorld::vlek,
                        world -> world.issuer = AmdWorld.ASK),
                refused(
                        "a_loaded_key_named_as_a_chips",
                        "amd.certificate.kind",
                        AmdWorld::vlek,
                        world -> world.subject = "CN=SEV-VCEK,O=Imitation"),
                refused(
                        "the_certificate_has_expired",
                        "amd.chain.validity",
                        world -> world.to = AmdWorld.NOW.minusSeconds(1)),
                refused(
                        "the_certificate_is_not_valid_yet",
                        "amd.chain.validity",
                        world -> world.from = AmdWorld.NOW.plusSeconds(1)),
                refused(
                        "the_intermediate_is_revoked",
                        "amd.chain.revocation",
                        world -> world.endorsements.add(crl(world, List.of(AmdWorld.ASK.certificate())))),
                refused(
                        "the_revocation_list_has_expired",
                        "amd.chain.crl.validity",
                        world -> world.endorsements.add(new Endorsement.RevocationList(
                                AmdWorld.ARK.crl(TestAuthority.FROM, AmdWorld.NOW.minusSeconds(1), List.of())))),
                Cases.refused(
                        "a_time_after_everything",
                        "amd.chain.validity",
                        () -> new AmdWorld().appraise(new AmdWorld().report(), TestAuthority.TO.plusSeconds(1))));
    }

    private static Endorsement crl(AmdWorld world, List<java.security.cert.X509Certificate> revoked) {
        return new Endorsement.RevocationList(
                world.root.crl(TestAuthority.FROM, AmdWorld.NOW.plusSeconds(86_400), revoked));
    }

    @TestFactory
    Stream<DynamicTest> platforms() {
        return Stream.of(
                refused(
                        "a_certificate_of_an_older_tcb",
                        "amd.tcb.certified",
                        world -> world.certifiedTcb = new byte[] {2, 0, 0, 0, 0, 0, 8, 115}),
                refused(
                        "a_certificate_of_a_newer_tcb",
                        "amd.tcb.certified",
                        world -> world.certifiedTcb = new byte[] {3, 0, 0, 0, 0, 0, 9, 115}),
                refused(
                        "turins_front_manager_differs",
                        "amd.tcb.certified",
                        AmdWorld::turin,
                        world -> world.certifiedTcb = new byte[] {2, 3, 0, 8, 0, 0, 0, 115}),
                refused(
                        "the_running_tcb_is_below_the_reported_one",
                        "amd.tcb.current",
                        world -> world.report = bytes -> bytes[0x38] = 2),
                refused(
                        "a_tcb_below_the_owners_minimum",
                        "amd.tcb.status",
                        world -> world.endorsements.add(minimum("Milan", new byte[] {4, 0, 0, 0, 0, 0, 8, 115}))),
                refused(
                        "turins_tcb_below_the_owners_minimum",
                        "amd.tcb.status",
                        AmdWorld::turin,
                        world -> world.endorsements.add(minimum("Turin", new byte[] {2, 3, 0, 8, 0, 0, 0, 115}))),
                refused("the_report_of_another_chip", "amd.chip-id", world -> world.chipId = AmdWorld.bytes(64, 0x5b)),
                refused(
                        "something_after_turins_short_chip_id",
                        "amd.chip-id",
                        AmdWorld::turin,
                        world -> world.chipId = AmdWorld.bytes(64, 0x5a)),
                refused("a_processor_of_another_family", "amd.product.cpuid", world -> world.model = 0x11),
                refused("an_unknown_product", "amd.product", world -> world.productName = "Naples-B0"),
                refused("a_policy_with_debug", "amd.debug", world -> world.report = bytes -> bytes[10] |= 8),
                refused(
                        "a_policy_that_no_firmware_accepts",
                        "amd.policy",
                        world -> world.report = bytes -> bytes[10] &= ~2),
                refused(
                        "a_report_that_the_host_asked_for",
                        "amd.vmpl",
                        world -> world.report = bytes -> Arrays.fill(bytes, 0x30, 0x34, (byte) 0xff)));
    }

    private static Endorsement minimum(String product, byte[] tcb) {
        return new Endorsement.AmdMinimumTcb(product, Bytes.of("minimum", tcb), "operations");
    }

    @Test
    void a_tcb_at_the_owners_minimum_is_up_to_date_and_one_below_it_holds_only_if_that_is_named() {
        var world = new AmdWorld();
        world.endorsements.add(minimum("Milan", world.tcb));
        var result = world.appraise();
        holds(result);
        assertThat(result.claims()).containsEntry("tcb.status", "UpToDate");

        world.endorsements.add(minimum("Milan", new byte[] {9, 9, 0, 0, 0, 0, 9, (byte) 200}));
        assertThat(world.appraise().holds(Set.of("tcb:OutOfDate"))).isTrue();
        assertThat(world.appraise().holds(Set.of("debug"))).isFalse();
    }

    @Test
    void a_chip_id_that_the_host_masks_is_a_warning() {
        var world = new AmdWorld();
        world.chipId = new byte[64];
        var result = world.appraise();

        holds(result);
        assertThat(result.findings()).anySatisfy(finding -> {
            assertThat(finding.check()).isEqualTo("amd.chip-id");
            assertThat(finding.outcome()).isEqualTo(Finding.Outcome.WARNED);
        });
    }

    @TestFactory
    Stream<DynamicTest> structures() {
        return Stream.of(
                refused("a_report_of_version_4", "snp.structure", world -> world.version = 4),
                refused(
                        "another_signature_algorithm",
                        "snp.structure",
                        world -> world.report = bytes -> bytes[0x34] = 2),
                refused(
                        "a_report_that_is_one_byte_short",
                        "snp.structure",
                        world -> world.signed = bytes -> Arrays.copyOf(bytes, 1183)),
                refused(
                        "a_report_that_is_one_byte_long",
                        "snp.structure",
                        world -> world.signed = bytes -> Arrays.copyOf(bytes, 1185)));
    }

    @Test
    void each_changed_byte_of_a_report_is_noticed() {
        var world = new AmdWorld();
        var appraiser = world.appraiser();
        Cases.each_changed_byte_is_refused(
                world.report(),
                0,
                SnpReport.LENGTH,
                bytes -> appraiser.appraise(world.evidence(bytes), Challenge.of(world.challenge), AmdWorld.NOW));
    }

    private static java.util.function.UnaryOperator<byte[]> flip(int at) {
        return bytes -> {
            bytes[at] ^= 1;
            return bytes;
        };
    }
}
