package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A report of a real NVIDIA GPU, one of a real Hygon processor, and Arm's token, which test keys signed. */
class GenuineOthersTest {
    private static final Instant TIME = Instant.parse("2026-06-01T00:00:00Z");

    static byte[] gpu() {
        return HexFormat.of()
                .parseHex(GenuineEvidence.text("nvidia/hopper_report.txt").strip());
    }

    private static Evidence gpu(byte[] report, byte[] chain) {
        return new Evidence.GpuReport(Bytes.of("report", report), Bytes.of("chain", chain));
    }

    private static final Appraiser BY_VENDORS = new Appraiser(TrustAnchors.ofVendors(), new CollateralStore());

    @Test
    void a_gpu_holds_and_its_claims_are_those_of_its_expected_parse() {
        var result = BY_VENDORS.appraise(
                gpu(gpu(), GenuineEvidence.file("nvidia/hopper_cert_chain.txt")), Challenge.unknown(), TIME);
        var expected = Json.parse(Bytes.of("claims", GenuineEvidence.file("nvidia/hopper_report_claims.txt")));
        var config = expected.at("config");

        Cases.holds(result);
        assertThat(result.claims())
                .containsEntry(
                        "nvidia.driver-version", config.at("driver_version").text())
                .containsEntry(
                        "nvidia.vbios-version", config.at("vbios_version").text())
                .containsEntry("nvidia.board-id", config.at("board_id").text())
                .containsEntry("nvidia.chip-sku", config.at("chip_sku").text())
                .containsEntry("nvidia.project", config.at("project").text())
                .containsEntry("nvidia.project-sku", config.at("project_sku").text())
                .containsEntry("nvidia.fwid", config.at("fwid").text());
        for (var i = 1; i <= 64; i++) {
            assertThat(result.claims())
                    .containsEntry(
                            "nvidia.measurement." + i,
                            expected.at("measurements").at(Integer.toString(i)).text());
        }
    }

    @Test
    void a_gpus_report_answers_its_own_nonce_and_no_other() {
        var report = gpu();
        var chain = GenuineEvidence.file("nvidia/hopper_cert_chain.txt");
        var nonce = java.util.Arrays.copyOfRange(report, 4, 36);

        Cases.holds(BY_VENDORS.appraise(gpu(report, chain), Challenge.of(nonce), TIME));
        nonce[31] ^= 1;
        Cases.refuses("nvidia.challenge", BY_VENDORS.appraise(gpu(report, chain), Challenge.of(nonce), TIME));
    }

    @Test
    void each_changed_byte_of_a_gpus_report_is_noticed() {
        var report = gpu();
        var chain = GenuineEvidence.file("nvidia/hopper_cert_chain.txt");
        Cases.each_changed_byte_is_refused(
                report, 0, report.length, bytes -> BY_VENDORS.appraise(gpu(bytes, chain), Challenge.unknown(), TIME));
    }

    @Test
    void before_its_certificates_a_gpu_is_refused_and_so_it_is_without_its_root() {
        var chain = GenuineEvidence.file("nvidia/hopper_cert_chain.txt");
        Cases.refuses(
                "nvidia.chain.validity",
                BY_VENDORS.appraise(gpu(gpu(), chain), Challenge.unknown(), Instant.parse("2020-01-01T00:00:00Z")));
        Cases.refuses(
                "nvidia.chain.root",
                new Appraiser(TrustAnchors.none(), new CollateralStore())
                        .appraise(gpu(gpu(), chain), Challenge.unknown(), TIME));
    }

    static byte[] csv() {
        var json = Json.parse(Bytes.of("csv", GenuineEvidence.file("csv/evidence.json")));
        var data = json.at("attestation_report").at("data").list();
        var report = new byte[data.size()];
        for (var i = 0; i < report.length; i++) {
            report[i] = (byte) data.get(i).number(255);
        }
        return report;
    }

    private static Appraiser vouchingForPek() {
        var pek = CsvReport.parse(Bytes.of("report", csv())).pek();
        var store = new CollateralStore();
        store.put(new Endorsement.VouchedKey(Vendor.HYGON, HygonVerifier.fingerprint(pek), "operations"));
        return new Appraiser(TrustAnchors.ofVendors(), store);
    }

    private static Evidence csv(byte[] report) {
        return new Evidence.CsvReport(Bytes.of("report", report));
    }

    @Test
    void a_hygon_report_is_signed_by_its_pek_and_needs_someone_to_vouch_for_that() {
        var vouched = vouchingForPek().appraise(csv(csv()), Challenge.unknown(), TIME);
        Cases.holds(vouched);
        assertThat(vouched.claims())
                .containsEntry("debug", false)
                .containsEntry("measurement", "ae2a2cf1f41a485fa37bf9ae92f678783c59fbc79de7b5d237743d58f5538034")
                .doesNotContainKey("csv.chip");

        Cases.refuses("hygon.chain", BY_VENDORS.appraise(csv(csv()), Challenge.unknown(), TIME));
    }

    /** What is signed, the signature, and the key with its id; of the rest of its certificate nothing is claimed without a chain. */
    @Test
    void each_changed_byte_of_a_hygon_report_is_noticed() {
        var report = csv();
        var appraiser = vouchingForPek();
        for (var range : new int[][] {{0, 336}, {336 + 16, 336 + 16 + 4 + 144 + 2 + 13}}) {
            Cases.each_changed_byte_is_refused(
                    report, range[0], range[1], bytes -> appraiser.appraise(csv(bytes), Challenge.unknown(), TIME));
        }
    }

    private static Appraiser withPlatformKey() throws Exception {
        var pem = GenuineEvidence.text("cca/platform_key.pub")
                .replaceAll("-----[A-Z ]+-----", "")
                .replaceAll("\\s", "");
        var key = KeyFactory.getInstance("EC")
                .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(pem)));
        var store = new CollateralStore();
        store.put(new Endorsement.PlatformKey(
                Vendor.ARM, "0107060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918", key, "platform"));
        return new Appraiser(TrustAnchors.ofVendors(), store);
    }

    private static Evidence cca(byte[] token) {
        return new Evidence.CcaToken(Bytes.of("token", token));
    }

    @Test
    void a_cca_token_holds_with_its_platforms_key_and_its_challenge() throws Exception {
        var token = GenuineEvidence.file("cca/token.cbor");
        var result = withPlatformKey().appraise(cca(token), Challenge.of(AmdWorld.bytes(64, 0xab)), TIME);

        Cases.holds(result);
        assertThat(result.claims())
                .containsEntry("cca.profile", "http://arm.com/CCA-SSD/1.0.0")
                .containsEntry("cca.lifecycle", 12291L)
                .containsEntry("fresh", true);
        assertThat(new String(
                        Bytes.ofHex(
                                        "",
                                        result.claims()
                                                .get("cca.personalization")
                                                .toString())
                                .copy(),
                        StandardCharsets.US_ASCII))
                .startsWith("The quick brown fox");
    }

    @Test
    void a_cca_token_without_its_platforms_key_or_with_another_challenge_is_refused() throws Exception {
        var token = GenuineEvidence.file("cca/token.cbor");
        Cases.refuses("cca.platform.key", BY_VENDORS.appraise(cca(token), Challenge.unknown(), TIME));
        Cases.refuses("cca.challenge", withPlatformKey().appraise(cca(token), Challenge.of(new byte[] {1}), TIME));
    }

    @Test
    void each_changed_byte_of_a_cca_token_is_noticed() throws Exception {
        var token = GenuineEvidence.file("cca/token.cbor");
        var appraiser = withPlatformKey();
        Cases.each_changed_byte_is_refused(
                token, 0, token.length, bytes -> appraiser.appraise(cca(bytes), Challenge.unknown(), TIME));
    }

    @Test
    void a_vm_and_its_gpu_are_one_composite_that_fails_with_either() {
        var chain = GenuineEvidence.file("nvidia/hopper_cert_chain.txt");
        var store = new CollateralStore()
                .putAll(IntelCollateral.bundle(GenuineEvidence.file("tdx/quote_v4_collateral.json")));
        var appraiser = new Appraiser(TrustAnchors.ofVendors(), store);
        var at = Instant.parse("2025-07-01T00:00:00Z");
        var quote = GenuineEvidence.file("tdx/quote_v4.bin");
        var tdx = new Evidence.TdxQuote(Bytes.of("quote", quote));
        var both = new Evidence.Composite(Map.of("cpu", tdx, "gpu", gpu(gpu(), chain)));

        var result = appraiser.appraise(both, Challenge.unknown(), at);
        Cases.holds(result);
        assertThat(result.parts()).containsOnlyKeys("cpu", "gpu");

        var report = gpu();
        report[110] ^= 1;
        var broken = new Evidence.Composite(Map.of("cpu", tdx, "gpu", gpu(report, chain)));
        Cases.refuses("nvidia.report.signature", appraiser.appraise(broken, Challenge.unknown(), at));
    }
}
