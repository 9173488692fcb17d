package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A quote of a TPM, quotes of Azure's virtual TPMs, and logs of real boots. */
class GenuineTpmTest {
    private static final Instant TIME = Instant.parse("2026-06-01T00:00:00Z");
    private static final Instant AZURE_TIME = Instant.parse("2025-06-01T00:00:00Z");

    private static Json json(String file) {
        return Json.parse(Bytes.of(file, GenuineEvidence.file(file)));
    }

    private static Map<TpmAlgorithm, Map<Integer, Bytes>> banks(Json quote) {
        return Map.of(TpmAlgorithm.SHA256, TpmWorld.values(quote.texts("pcrs")));
    }

    private static Evidence tpm(byte[] message, byte[] signature) {
        var json = json("tpm/evidence.json");
        return new Evidence.TpmQuote(
                Bytes.of("quote", message),
                Bytes.of("signature", signature),
                Bytes.of("key", Base64.getDecoder().decode(json.at("ak_public").text())),
                List.of(),
                banks(json.at("tpm_quote")),
                Optional.empty(),
                Optional.empty());
    }

    private static byte[] base64(String name) {
        return Base64.getDecoder()
                .decode(json("tpm/evidence.json").at("tpm_quote").at(name).text());
    }

    private static Appraiser vouching() throws Exception {
        var key = java.security.KeyFactory.getInstance("RSA")
                .generatePublic(new java.security.spec.X509EncodedKeySpec(Base64.getDecoder()
                        .decode(json("tpm/evidence.json").at("ak_public").text())));
        var store = new CollateralStore();
        store.put(Endorsement.VouchedKey.of(Vendor.TPM, key, "enrolment"));
        return new Appraiser(TrustAnchors.ofVendors(), store);
    }

    @Test
    void a_quote_holds_when_an_owner_vouches_for_its_key_and_not_otherwise() throws Exception {
        var evidence = tpm(base64("message"), base64("signature"));

        Cases.holds(vouching().appraise(evidence, Challenge.unknown(), TIME));
        var stranger = new Appraiser(TrustAnchors.ofVendors(), new CollateralStore())
                .appraise(evidence, Challenge.unknown(), TIME);
        assertThat(stranger.objections()).extracting(Finding::check).containsExactly("tpm.key.vouched");
    }

    @Test
    void each_changed_byte_of_the_quote_is_noticed() throws Exception {
        var message = base64("message");
        var signature = base64("signature");
        var appraiser = vouching();
        Cases.each_changed_byte_is_refused(
                message,
                0,
                message.length,
                bytes -> appraiser.appraise(tpm(bytes, signature), Challenge.unknown(), TIME));
        Cases.each_changed_byte_is_refused(
                signature,
                0,
                signature.length,
                bytes -> appraiser.appraise(tpm(message, bytes), Challenge.unknown(), TIME));
    }

    private static byte[] hcl() {
        return Base64.getUrlDecoder()
                .decode(json("azure/snp_vtpm_evidence.json").at("hcl_report").text());
    }

    private static Evidence azure(byte[] report, byte[] message, byte[] signature) {
        var json = json("azure/snp_vtpm_evidence.json");
        var certificates = new ArrayList<Bytes>();
        certificates.add(
                Bytes.of("vcek", Base64.getUrlDecoder().decode(json.at("vcek").text())));
        return new Evidence.AzureVtpm(
                Bytes.of("hcl", report),
                Bytes.of("quote", message),
                Bytes.of("signature", signature),
                banks(json.at("tpm_quote")),
                certificates,
                Optional.empty());
    }

    private static AttestationResult azure(
            byte[] report, byte[] message, byte[] signature, Challenge challenge, Instant at) {
        return new Appraiser(TrustAnchors.ofVendors(), GenuineAmdTest.collateral())
                .appraise(azure(report, message, signature), challenge, at);
    }

    private static byte[] azureHex(String name) {
        return json("azure/snp_vtpm_evidence.json")
                .at("tpm_quote")
                .at(name)
                .hex()
                .copy();
    }

    @Test
    void an_azure_vm_holds_from_the_chips_key_to_the_virtual_tpms_quote() {
        var result = azure(
                hcl(),
                azureHex("message"),
                azureHex("signature"),
                Challenge.of("challenge".getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
                AZURE_TIME);

        Cases.holds(result);
        assertThat(result.claims()).containsEntry("azure.secure-boot", true).containsEntry("fresh", true);
        assertThat(result.parts().get("hardware").claims())
                .containsEntry("snp.product", "Milan")
                .containsEntry("fresh", true);
    }

    @Test
    void an_azure_vms_quote_answers_no_other_challenge_and_no_other_time() {
        Cases.refuses(
                "tpm.challenge",
                azure(hcl(), azureHex("message"), azureHex("signature"), Challenge.of(new byte[] {1}), AZURE_TIME));
        Cases.refuses(
                "amd.chain.validity",
                azure(
                        hcl(),
                        azureHex("message"),
                        azureHex("signature"),
                        Challenge.unknown(),
                        Instant.parse("2033-01-01T00:00:00Z")));
    }

    @Test
    void each_changed_byte_of_what_azures_vm_signed_is_noticed() {
        var report = hcl();
        var message = azureHex("message");
        var signature = azureHex("signature");
        var appraiser = new Appraiser(TrustAnchors.ofVendors(), GenuineAmdTest.collateral());
        // The hardware's report, and the runtime data whose digest it contains.
        for (var range : new int[][] {{32, 32 + 1184}, {1236, 1236 + 1110}}) {
            Cases.each_changed_byte_is_refused(
                    report,
                    range[0],
                    range[1],
                    bytes -> appraiser.appraise(azure(bytes, message, signature), Challenge.unknown(), AZURE_TIME));
        }
        Cases.each_changed_byte_is_refused(
                message,
                0,
                message.length,
                bytes -> appraiser.appraise(azure(report, bytes, signature), Challenge.unknown(), AZURE_TIME));
        Cases.each_changed_byte_is_refused(
                signature,
                0,
                signature.length,
                bytes -> appraiser.appraise(azure(report, message, bytes), Challenge.unknown(), AZURE_TIME));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ccel", "ccel_grub"})
    void a_boots_log_is_read_as_its_expected_parse_has_it(String name) {
        var log = EventLog.parse(Bytes.of(name, GenuineEvidence.file("eventlog/" + name + ".bin")));
        var expected = json("eventlog/" + name + ".json").at("uefi_event_logs").list();

        assertThat(log.events()).hasSameSizeAs(expected);
        for (var i = 0; i < expected.size(); i++) {
            var event = log.events().get(i);
            var wanted = expected.get(i);
            assertThat(event.register()).isEqualTo((int) wanted.at("index").number(255));
            assertThat(event.data().copy())
                    .isEqualTo(Base64.getDecoder().decode(wanted.at("event").text()));
            assertThat(event.digest(TpmAlgorithm.SHA384).orElseThrow().hex())
                    .isEqualTo(
                            wanted.at("digests").list().getFirst().at("digest").text());
        }
    }

    @Test
    void a_boots_log_tells_whether_secure_boot_was_on() {
        var log = EventLog.parse(Bytes.of("ccel", GenuineEvidence.file("eventlog/ccel_grub.bin")));

        assertThat(log.secureBoot(TpmAlgorithm.SHA384, 1)).contains(true);
        assertThat(log.replay(TpmAlgorithm.SHA384)).containsOnlyKeys(1, 2, 3);
    }
}
