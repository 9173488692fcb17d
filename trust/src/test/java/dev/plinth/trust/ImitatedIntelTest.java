package dev.plinth.trust;

import static dev.plinth.trust.Cases.holds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.trust.TrustVector.Aspect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quotes of an imitated Intel: everything that can be wrong with one, one at a time. */
class ImitatedIntelTest {
    private static DynamicTest tdx(String name, String check, Consumer<IntelWorld> change) {
        return Cases.refused(
                name, check, () -> changed(IntelWorld.tdx(), change).appraise());
    }

    private static DynamicTest sgx(String name, String check, Consumer<IntelWorld> change) {
        return Cases.refused(
                name, check, () -> changed(IntelWorld.sgx(), change).appraise());
    }

    private static IntelWorld changed(IntelWorld world, Consumer<IntelWorld> change) {
        change.accept(world);
        return world;
    }

    private static DynamicTest status(String name, String expected, Consumer<IntelWorld> change) {
        return DynamicTest.dynamicTest(name, () -> {
            var result = changed(IntelWorld.tdx(), change).appraise();
            assertThat(result.claims()).containsEntry("tcb.status", expected);
            assertThat(result.objections().stream().filter(finding -> finding.outcome() == Finding.Outcome.FAILED))
                    .isEmpty();
        });
    }

    @Test
    void quotes_of_every_version_and_kind_of_body_hold() {
        holds(IntelWorld.sgx().appraise());
        holds(IntelWorld.tdx().appraise());
        holds(changed(IntelWorld.sgx(), world -> world.version = 4).appraise());
        holds(changed(IntelWorld.sgx(), world -> world.version = 5).appraise());
        holds(changed(IntelWorld.tdx(), world -> world.version = 5).appraise());
        holds(changed(IntelWorld.tdx(), world -> {
                    world.version = 5;
                    world.td15 = true;
                })
                .appraise());
    }

    @Test
    void a_result_is_valid_until_the_first_of_its_collateral_runs_out() {
        var world = IntelWorld.tdx();
        world.crlUntil = IntelWorld.NOW.plusSeconds(5);

        assertThat(world.appraise().validUntil()).isEqualTo(IntelWorld.NOW.plusSeconds(5));
    }

    @TestFactory
    Stream<DynamicTest> signatures_and_bindings() {
        return Stream.of(
                tdx(
                        "the_quote_is_signed_by_another_key",
                        "intel.quote.signature",
                        world -> world.quote = flip(48 + 584 + 4)),
                tdx(
                        "the_body_was_changed_after_it_was_signed",
                        "intel.quote.signature",
                        world -> world.quote = flip(48 + 140)),
                tdx(
                        "the_header_was_changed_after_it_was_signed",
                        "intel.quote.signature",
                        world -> world.quote = flip(30)),
                tdx("another_attestation_key", "intel.qe-report.binding", world -> world.qeReport = qe -> qe[320] ^= 1),
                tdx(
                        "something_after_the_digest_of_the_key",
                        "intel.qe-report.binding-rest",
                        world -> world.qeReport = qe -> qe[352] ^= 1),
                tdx(
                        "the_quoting_enclaves_report_was_changed",
                        "intel.qe-report.signature",
                        world -> world.quote = flip(48 + 584 + 4 + 128 + 6 + 10)),
                tdx(
                        "the_certificate_belongs_to_another_key",
                        "intel.qe-report.signature",
                        world -> world.pckInCertificate = TestAuthority.ec("secp256r1")),
                tdx(
                        "the_certificates_key_is_on_another_curve",
                        "intel.qe-report.signature",
                        world -> world.pckInCertificate = TestAuthority.ec("secp384r1")),
                tdx(
                        "the_attestation_key_is_not_on_the_curve",
                        "tdx.structure",
                        world -> world.quote = flip(48 + 584 + 4 + 70)));
    }

    @TestFactory
    Stream<DynamicTest> challenges() {
        return Stream.of(
                Cases.refused("another_nonce", "intel.challenge", () -> {
                    var world = IntelWorld.tdx();
                    return world.appraise(
                            world.quote(),
                            Challenge.of("another nonce".getBytes(StandardCharsets.US_ASCII)),
                            IntelWorld.NOW);
                }),
                Cases.refused("a_replay_to_the_next_challenge", "intel.challenge", () -> {
                    var world = IntelWorld.tdx();
                    var recorded = world.quote();
                    holds(world.appraise(recorded, Challenge.of(world.challenge), IntelWorld.NOW));
                    var next = world.challenge.clone();
                    next[0]++;
                    return world.appraise(recorded, Challenge.of(next), IntelWorld.NOW);
                }),
                Cases.refused("a_prefix_of_the_nonce", "intel.challenge", () -> {
                    var world = IntelWorld.tdx();
                    return world.appraise(
                            world.quote(), Challenge.of(Arrays.copyOf(world.challenge, 8)), IntelWorld.NOW);
                }));
    }

    @TestFactory
    Stream<DynamicTest> chains() {
        var stranger = TestAuthority.root("CN=Intel SGX Root CA,O=Imitation", "secp256r1");
        var strangersPlatform = stranger.authority("CN=Intel SGX PCK Platform CA,O=Imitation", "secp256r1");
        return Stream.of(
                tdx("another_root_of_the_same_name", "intel.pck.root", world -> {
                    world.pckIssuer = strangersPlatform;
                    world.chainAbove = List.of(strangersPlatform.certificate(), stranger.certificate());
                }),
                tdx("a_platform_authority_that_the_root_did_not_sign", "intel.pck.signature", world -> {
                    world.pckIssuer = strangersPlatform;
                    world.chainAbove = List.of(
                            strangersPlatform.certificate(), IntelWorld.root().certificate());
                }),
                tdx(
                        "the_leaf_is_of_another_platform_authority",
                        "intel.pck.signature",
                        world -> world.pckIssuer = strangersPlatform),
                tdx("no_root_at_all", "intel.pck.root", world -> world.chainAbove = List.of()),
                tdx(
                        "the_chain_in_the_wrong_order",
                        "intel.pck.issuer",
                        world -> world.chainAbove = List.of(IntelWorld.root().certificate(), IntelWorld.platformCa())),
                tdx(
                        "the_certificate_has_expired",
                        "intel.pck.validity",
                        world -> world.pckTo = IntelWorld.NOW.minusSeconds(1)),
                tdx(
                        "the_certificate_is_not_valid_yet",
                        "intel.pck.validity",
                        world -> world.pckFrom = IntelWorld.NOW.plusSeconds(1)),
                tdx("the_certificate_is_revoked", "intel.pck.revocation", world -> world.revokePck = true),
                tdx(
                        "the_platform_authority_is_revoked",
                        "intel.pck.revocation",
                        world -> world.revokedByRoot = List.of(IntelWorld.platformCa())),
                tdx(
                        "the_signer_of_collateral_is_revoked",
                        "intel.tcb-info.revocation",
                        world -> world.revokedByRoot = List.of(IntelWorld.tcbSigner())),
                tdx("no_revocation_list_of_the_root", "intel.pck.revocation", world -> world.withRootCrl = false),
                tdx(
                        "no_revocation_list_of_the_platform_authority",
                        "intel.pck.revocation",
                        world -> world.withPckCrl = false),
                tdx(
                        "the_revocation_lists_have_expired",
                        "intel.pck.crl.validity",
                        world -> world.crlUntil = IntelWorld.NOW.minusSeconds(1)),
                Cases.refused(
                        "a_time_before_everything",
                        "intel.pck.validity",
                        () -> IntelWorld.tdx().appraise(TestAuthority.FROM.minusSeconds(1))),
                Cases.refused(
                        "a_time_after_everything",
                        "intel.pck.validity",
                        () -> IntelWorld.tdx().appraise(TestAuthority.TO.plusSeconds(1))));
    }

    @TestFactory
    Stream<DynamicTest> collateral() {
        return Stream.of(
                tdx("no_tcb_info", "intel.tcb-info", world -> world.withTcbInfo = false),
                tdx("tcb_info_of_another_platform_family", "intel.tcb-info", world -> world.infoFmspc = "00906ED50001"),
                tdx(
                        "tcb_info_of_another_provisioning_enclave",
                        "intel.tcb-info.pce-id",
                        world -> world.infoPceId = "0001"),
                tdx(
                        "tcb_info_has_expired",
                        "intel.tcb-info.document-validity",
                        world -> world.nextUpdate = IntelWorld.NOW.minusSeconds(1)),
                tdx(
                        "tcb_info_from_the_future",
                        "intel.tcb-info.document-validity",
                        world -> world.issued = IntelWorld.NOW.plusSeconds(1)),
                tdx(
                        "the_signature_of_the_tcb_info_is_wrong",
                        "intel.tcb-info.document-signature",
                        world -> world.flipTcbInfoSignature = true),
                tdx("no_identity_of_the_quoting_enclave", "intel.qe-identity", world -> world.withQeIdentity = false),
                tdx(
                        "the_signature_of_the_identity_is_wrong",
                        "intel.qe-identity.document-signature",
                        world -> world.flipQeIdentitySignature = true),
                tdx("collateral_signed_by_a_pck_of_the_same_root", "intel.tcb-info.signer", world -> {
                    world.collateralKeys = TestAuthority.ec("secp256r1");
                    world.collateralSigner = IntelWorld.root()
                            .leaf("CN=Intel SGX PCK Certificate", world.collateralKeys.getPublic(), java.util.Map.of());
                }),
                tdx(
                        "another_signer_of_the_quoting_enclave",
                        "intel.qe.mrsigner",
                        world -> world.qeSigner = "cd".repeat(32)),
                tdx("another_product_than_the_quoting_enclave", "intel.qe.isv-prod-id", world -> world.qeProdId = "1"),
                tdx(
                        "a_quoting_enclave_under_debug",
                        "intel.qe.attributes",
                        world -> world.qeReport = qe -> qe[48] |= 2),
                tdx(
                        "a_quoting_enclave_with_other_misc_select",
                        "intel.qe.miscselect",
                        world -> world.qeReport = qe -> qe[16] ^= 1));
    }

    @TestFactory
    Stream<DynamicTest> levels() {
        return Stream.of(
                tdx("a_revoked_level", "intel.tcb.status", world -> world.components[0] = 1),
                tdx("a_level_that_is_out_of_date", "intel.tcb.status", world -> world.components[0] = 3),
                tdx("a_platform_below_every_level", "intel.tcb.level", world -> world.components[0] = 0),
                tdx("a_pce_below_every_level", "intel.tcb.level", world -> world.pceSvn = 4),
                tdx("a_tdx_loader_below_every_level", "intel.tcb.level", world -> world.teeTcbSvn[2] = 0),
                tdx("a_quoting_enclave_that_is_out_of_date", "intel.tcb.status", world -> world.qeSvn = 7),
                tdx("a_quoting_enclave_that_is_revoked", "intel.tcb.status", world -> world.qeSvn = 5),
                tdx("a_quoting_enclave_below_every_level", "intel.qe.isv-svn", world -> world.qeSvn = 4),
                tdx("a_tdx_module_that_is_out_of_date", "intel.tcb.status", world -> world.teeTcbSvn[0] = 5),
                tdx("a_tdx_module_that_is_revoked", "intel.tcb.status", world -> world.teeTcbSvn[0] = 3),
                tdx("a_tdx_module_below_every_level", "intel.tdx-module.isv-svn", world -> world.teeTcbSvn[0] = 1),
                tdx("a_tdx_module_of_an_unknown_version", "intel.tdx-module", world -> world.teeTcbSvn[1] = 2),
                tdx(
                        "a_tdx_module_of_another_signer",
                        "intel.tdx-module.mrsigner",
                        world -> world.moduleSigner = "01" + "00".repeat(47)),
                tdx(
                        "a_tdx_module_with_other_attributes",
                        "intel.tdx-module.attributes",
                        world -> world.report = report -> report[112] = 1),
                sgx("an_enclaves_platform_that_is_revoked", "intel.tcb.status", world -> world.components[0] = 1),
                sgx("an_enclaves_platform_that_is_out_of_date", "intel.tcb.status", world -> world.components[0] = 3));
    }

    @TestFactory
    Stream<DynamicTest> statuses_converge_as_intels_library_has_them() {
        return Stream.of(
                status("all_is_up_to_date", "UpToDate", world -> {}),
                status("the_quoting_enclave_makes_it_out_of_date", "OutOfDate", world -> world.qeSvn = 6),
                status("the_need_for_configuration_stays_visible", "OutOfDateConfigurationNeeded", world -> {
                    world.qeSvn = 6;
                    world.components[0] = 4;
                }),
                status("hardening_gives_way_to_out_of_date", "OutOfDate", world -> {
                    world.levels.set(0, new Object[] {5, 4, 13, "SWHardeningNeeded"});
                    world.teeTcbSvn[0] = 4;
                }),
                status(
                        "both_needs_give_way_to_out_of_date_and_configuration",
                        "OutOfDateConfigurationNeeded",
                        world -> {
                            world.levels.set(0, new Object[] {5, 4, 13, "ConfigurationAndSWHardeningNeeded"});
                            world.teeTcbSvn[0] = 4;
                        }),
                status("a_domain_launched_before_an_update_should_be_launched_again", "TDRelaunchAdvised", world -> {
                    world.version = 5;
                    world.td15 = true;
                    world.teeTcbSvn[0] = 4;
                    world.teeTcbSvnNow[0] = 6;
                }),
                status("and_the_platform_be_configured", "TDRelaunchAdvisedConfigurationNeeded", world -> {
                    world.version = 5;
                    world.td15 = true;
                    world.levels.set(0, new Object[] {5, 4, 13, "ConfigurationNeeded"});
                    world.teeTcbSvn[0] = 4;
                    world.teeTcbSvnNow[0] = 6;
                }),
                status("a_platform_that_is_still_out_of_date_stays_so", "OutOfDate", world -> {
                    world.version = 5;
                    world.td15 = true;
                    world.teeTcbSvn[0] = 4;
                    world.teeTcbSvnNow[0] = 5;
                }));
    }

    @ParameterizedTest
    @CsvSource({
        "UP_TO_DATE, UP_TO_DATE, UP_TO_DATE",
        "UP_TO_DATE, OUT_OF_DATE, OUT_OF_DATE",
        "SW_HARDENING_NEEDED, OUT_OF_DATE, OUT_OF_DATE",
        "CONFIGURATION_NEEDED, OUT_OF_DATE, OUT_OF_DATE_CONFIGURATION_NEEDED",
        "CONFIGURATION_AND_SW_HARDENING_NEEDED, OUT_OF_DATE, OUT_OF_DATE_CONFIGURATION_NEEDED",
        "CONFIGURATION_AND_SW_HARDENING_NEEDED, UP_TO_DATE, CONFIGURATION_AND_SW_HARDENING_NEEDED",
        "OUT_OF_DATE_CONFIGURATION_NEEDED, OUT_OF_DATE, OUT_OF_DATE_CONFIGURATION_NEEDED",
        "UP_TO_DATE, REVOKED, REVOKED",
        "OUT_OF_DATE, REVOKED, REVOKED",
        "REVOKED, OUT_OF_DATE, REVOKED",
        "TD_RELAUNCH_ADVISED, OUT_OF_DATE, TD_RELAUNCH_ADVISED",
    })
    void a_platforms_status_with_that_of_a_part(TcbStatus platform, TcbStatus part, TcbStatus together) {
        assertThat(platform.with(part)).isEqualTo(together);
    }

    @ParameterizedTest
    @CsvSource({
        "OUT_OF_DATE, UP_TO_DATE, TD_RELAUNCH_ADVISED",
        "OUT_OF_DATE, SW_HARDENING_NEEDED, TD_RELAUNCH_ADVISED",
        "OUT_OF_DATE, CONFIGURATION_NEEDED, TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED",
        "OUT_OF_DATE_CONFIGURATION_NEEDED, UP_TO_DATE, TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED",
        "OUT_OF_DATE, OUT_OF_DATE, OUT_OF_DATE",
        "OUT_OF_DATE, REVOKED, OUT_OF_DATE",
        "UP_TO_DATE, OUT_OF_DATE, UP_TO_DATE",
        "REVOKED, UP_TO_DATE, REVOKED",
    })
    void a_domains_status_at_launch_with_the_platforms_of_today(TcbStatus launch, TcbStatus now, TcbStatus together) {
        assertThat(launch.launchedBefore(now)).isEqualTo(together);
    }

    @TestFactory
    Stream<DynamicTest> debug() {
        return Stream.of(
                tdx("a_domain_under_debug", "intel.debug", world -> world.report = report -> report[120] |= 1),
                tdx(
                        "a_domain_with_another_bit_of_debug",
                        "intel.debug",
                        world -> world.report = report -> report[120] |= 16),
                sgx("an_enclave_under_debug", "intel.debug", world -> world.report = report -> report[48] |= 2),
                sgx(
                        "an_enclave_that_was_never_initialized",
                        "intel.enclave.initialized",
                        world -> world.report = report -> report[48] = 4));
    }

    @Test
    void what_is_out_of_date_or_under_debug_holds_only_if_it_is_named() {
        var world = IntelWorld.tdx();
        world.components[0] = 3;
        world.report = report -> report[120] |= 1;

        var result = world.appraise();

        assertThat(result.waiversNeeded()).containsExactlyInAnyOrder("debug", "tcb:OutOfDate");
        assertThat(result.holds(Set.of("debug"))).isFalse();
        assertThat(result.holds(Set.of("debug", "tcb:OutOfDate"))).isTrue();
        assertThat(result.vector().value(Aspect.RUNTIME_OPAQUE)).isEqualTo(TrustVector.CONTRAINDICATED);
    }

    @Test
    void a_revoked_level_holds_under_no_waiver() {
        var world = IntelWorld.tdx();
        world.components[0] = 1;

        assertThat(world.appraise().holds(Set.of("debug", "tcb:Revoked", "tcb:OutOfDate")))
                .isFalse();
    }

    @TestFactory
    Stream<DynamicTest> domains_with_a_log_of_their_boot() {
        return Stream.of(
                Cases.held(
                        "a_log_that_replays_to_the_runtime_registers_holds",
                        () -> IntelWorld.booted().appraise()),
                Cases.refused(
                        "a_log_with_an_event_too_many",
                        "tdx.event-log",
                        () -> IntelWorld.booted(IntelWorld.event384(3, "more")).appraise()),
                Cases.refused(
                        "a_log_of_a_register_that_is_none",
                        "tdx.event-log",
                        () -> IntelWorld.booted(IntelWorld.event384(0, "more")).appraise()));
    }

    @TestFactory
    Stream<DynamicTest> structures() {
        var signatureLength = 48 + 584;
        var certification = signatureLength + 4 + 128;
        return Stream.of(
                tdx("a_quote_of_version_6", "tdx.structure", world -> world.quote = set(0, 6)),
                tdx("a_quote_of_version_2", "tdx.structure", world -> world.quote = set(0, 2)),
                tdx("another_type_of_key", "tdx.structure", world -> world.quote = set(2, 3)),
                tdx("an_unknown_tee", "tdx.structure", world -> world.quote = set(4, 0x82)),
                tdx("another_vendor_of_quoting_enclaves", "tdx.structure", world -> world.quote = flip(12)),
                tdx("a_length_beyond_the_end", "tdx.structure", world -> world.quote = set(signatureLength + 1, 0xff)),
                tdx(
                        "a_length_of_four_gigabytes",
                        "tdx.structure",
                        world -> world.quote = set(signatureLength + 3, 0xff)),
                tdx(
                        "a_length_of_nothing",
                        "tdx.structure",
                        world -> world.quote = bytes -> {
                            Arrays.fill(bytes, signatureLength, signatureLength + 4, (byte) 0);
                            return bytes;
                        }),
                tdx(
                        "certification_data_of_another_type",
                        "tdx.structure",
                        world -> world.quote = set(certification, 5)),
                tdx(
                        "certification_data_longer_than_its_container",
                        "tdx.structure",
                        world -> world.quote = set(certification + 4, 1)),
                tdx(
                        "authentication_data_that_swallows_the_chain",
                        "tdx.structure",
                        world -> world.quote = set(certification + 6 + 449, 0xff)),
                tdx(
                        "something_after_the_quote",
                        "tdx.structure",
                        world -> world.quote = bytes -> {
                            var longer = Arrays.copyOf(bytes, bytes.length + 8);
                            longer[bytes.length + 5] = 1;
                            return longer;
                        }),
                tdx("a_body_type_that_is_not_of_its_tee", "tdx.structure", world -> {
                    world.version = 5;
                    world.quote = set(48, 1);
                }),
                tdx("a_body_whose_size_lies", "tdx.structure", world -> {
                    world.version = 5;
                    world.quote = set(50, 0);
                }),
                tdx(
                        "an_enclaves_quote_handed_in_for_a_domains",
                        "tdx.structure",
                        world -> world.quote = bytes -> IntelWorld.sgx().quote()),
                tdx("a_quote_without_any_bytes", "tdx.structure", world -> world.quote = bytes -> new byte[0]));
    }

    @TestFactory
    Stream<DynamicTest> collateral_that_cannot_be_read() {
        return Stream.of(
                unreadable(
                        "tcb_info_of_version_2",
                        world -> world.tcbInfoText = text -> text.replace("\"version\":3", "\"version\":2")),
                unreadable(
                        "a_status_that_nobody_knows",
                        world -> world.tcbInfoText = text -> text.replace("\"Revoked\"", "\"Fine\"")),
                unreadable(
                        "fifteen_components",
                        world -> world.tcbInfoText = text -> text.replaceFirst("\\{\"svn\":0\\},", "")),
                unreadable(
                        "a_component_of_256",
                        world -> world.tcbInfoText = text -> text.replaceFirst("\"svn\":5", "\"svn\":256")),
                unreadable(
                        "a_name_that_stands_twice",
                        world -> world.tcbInfoText =
                                text -> text.replaceFirst("\"tcbType\":0", "\"tcbType\":0,\"fmspc\":\"000000000000\"")),
                unreadable("no_levels", world -> {
                    world.levels.clear();
                }),
                unreadable("something_after_the_document", world -> world.tcbInfoText = text -> text + "{}"),
                unreadable(
                        "an_identity_of_something_else",
                        world -> world.qeIdentityText = text -> text.replace("\"TD_QE\"", "\"QVE\"")),
                unreadable(
                        "a_time_that_is_none",
                        world -> world.qeIdentityText =
                                text -> text.replaceFirst("\"issueDate\":\"", "\"issueDate\":\"yesterday ")));
    }

    private static DynamicTest unreadable(String name, Consumer<IntelWorld> change) {
        return DynamicTest.dynamicTest(name, () -> {
            var world = changed(IntelWorld.tdx(), change);
            org.assertj.core.api.Assertions.assertThatThrownBy(world::collateral)
                    .isInstanceOf(Malformed.class)
                    .hasMessageContaining("expected");
        });
    }

    @Test
    void an_older_document_does_not_take_the_place_of_a_newer_one() {
        var world = IntelWorld.tdx();
        var newer = world.collateral().tcbInfo("TDX", world.fmspc).orElseThrow();
        world.issued = world.issued.minusSeconds(60);
        var older = world.collateral().tcbInfo("TDX", world.fmspc).orElseThrow();
        var store = new CollateralStore();

        assertThat(store.put(newer)).isTrue();
        assertThat(store.put(older)).isFalse();
        assertThat(store.tcbInfo("TDX", world.fmspc)).contains(newer);
    }

    @Test
    void each_prefix_of_a_quote_is_refused() {
        var world = IntelWorld.tdx();
        var appraiser = new Appraiser(IntelWorld.anchors(), world.collateral());
        Cases.each_prefix_is_refused(
                world.quote(),
                bytes -> appraiser.appraise(world.evidence(bytes), Challenge.of(world.challenge), IntelWorld.NOW));
    }

    @Test
    void each_changed_byte_of_a_quote_is_noticed() {
        var world = IntelWorld.tdx();
        world.version = 5;
        world.td15 = true;
        var appraiser = new Appraiser(IntelWorld.anchors(), world.collateral());
        var quote = world.quote();
        Cases.each_changed_byte_is_refused(
                quote,
                0,
                quote.length,
                bytes -> appraiser.appraise(world.evidence(bytes), Challenge.of(world.challenge), IntelWorld.NOW));
    }

    /** The JDK reads it as the same certificate if the bits that are said to be unused are 0. */
    @Test
    void a_certificate_whose_signature_has_unused_bits_is_malformed() throws Exception {
        var der = IntelWorld.platformCa().getEncoded();
        var signature = IntelWorld.platformCa().getSignature();
        der[der.length - signature.length - 1] = 1;

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> Certificates.parse(Bytes.of("certificate", der)))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("whole bytes");
    }

    private static java.util.function.UnaryOperator<byte[]> flip(int at) {
        return bytes -> {
            bytes[at] ^= 1;
            return bytes;
        };
    }

    private static java.util.function.UnaryOperator<byte[]> set(int at, int value) {
        return bytes -> {
            bytes[at] = (byte) value;
            return bytes;
        };
    }
}
