package dev.plinth.trust.secrets.door.aecs;

import static dev.plinth.trust.secrets.door.aecs.AecsWorld.DISK;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.DOMAIN;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.ENCLAVE;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.NOW;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.SERVICE;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.SIGNED;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.STRANGER;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.VALUE;
import static dev.plinth.trust.secrets.door.aecs.AecsWorld.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.attester.Simulation;
import dev.plinth.trust.secrets.RootKeeper;
import dev.plinth.trust.secrets.RootPeers;
import dev.plinth.trust.secrets.door.kbs.ImitatedTpm;
import dev.plinth.wire.aecs.GetEnclaveSecretRequest;
import dev.plinth.wire.aecs.UnifiedAttestationReport;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What workloads get over AECS's protocol, and what the server says of itself to them. */
@Timeout(120)
class AecsWorkloadsTest {
    @TempDir
    private Path folder;

    private AecsWorld world;

    @BeforeEach
    void open() throws IOException {
        world = AecsWorld.open(folder);
    }

    @AfterEach
    void close() throws IOException {
        world.close();
    }

    @Test
    void an_enclave_gets_a_secret_under_its_policy_and_the_audit_log_says_to_whom() throws Exception {
        world.guard(DISK, SIGNED);
        assertThat(world.client(false).secret(ENCLAVE, SERVICE, DISK)).isEqualTo(VALUE);
        assertThat(world.releases()).containsExactly("payments/secret/disk@1");
        assertThat(world.secrets().auditAfter(0, 1_000).join().getLast().actor())
                .startsWith("sgx with key ");
    }

    @Test
    void a_tdx_domain_gets_a_secret_with_keys_of_national_cryptography() throws Exception {
        world.guard(DISK, "evidence == 'tdx'");
        assertThat(world.client(true).secret(DOMAIN, SERVICE, DISK)).isEqualTo(VALUE);
    }

    @Test
    void a_tpm_whose_key_somebody_vouches_for_gets_a_secret_under_a_platform_of_its_own_though_its_key_has_no_time()
            throws Exception {
        var tpm = new ImitatedTpm();
        var platform = new AecsClient.Platform("PLINTH_TPM", tpm::evidence);
        world.guard(DISK, "evidence == 'tpm'");
        world.goOn();
        refused(Status.Code.PERMISSION_DENIED, "tpm", () -> world.client(false).secret(platform, SERVICE, DISK));
        world.secrets().vouch(Vendor.TPM, tpm.fingerprint(), "ann", true, "ann").join();
        assertThat(world.client(false).secret(platform, SERVICE, DISK)).isEqualTo(VALUE);
    }

    @Test
    void without_a_policy_and_under_another_nobody_gets_it_and_the_reason_is_said() throws Exception {
        var client = world.client(false);
        refused(
                Status.Code.PERMISSION_DENIED,
                "no policy guards payments/secret/disk",
                () -> client.secret(ENCLAVE, SERVICE, DISK));
        world.guard(DISK, SIGNED);
        refused(Status.Code.PERMISSION_DENIED, "the condition is false", () -> client.secret(STRANGER, SERVICE, DISK));
        refused(Status.Code.NOT_FOUND, "there is no secret", () -> client.secret(ENCLAVE, SERVICE, "other"));
        assertThat(world.releases()).isEmpty();
    }

    @Test
    void a_request_that_is_repeated_is_given_nothing() throws Exception {
        world.guard(DISK, SIGNED);
        var client = world.client(false);
        var request = client.request(ENCLAVE, SERVICE, DISK, client.nonce());
        client.stub.getEnclaveSecret(request);
        refused(Status.Code.PERMISSION_DENIED, "found a replay", () -> client.stub.getEnclaveSecret(request));
        refused(
                Status.Code.PERMISSION_DENIED,
                "found a replay",
                () -> client.stub.getEnclaveSecret(request.toBuilder()
                        .setNonce(request.getNonce().toLowerCase(Locale.ROOT))
                        .build()));
        assertThat(world.releases()).hasSize(1);
    }

    @Test
    void after_a_restart_what_was_granted_before_is_not_granted_again() throws Exception {
        world.guard(DISK, SIGNED);
        var client = world.client(false);
        var request = client.request(ENCLAVE, SERVICE, DISK, client.nonce());
        client.stub.getEnclaveSecret(request);
        world.restart();
        var after = world.client(false);
        refused(Status.Code.PERMISSION_DENIED, "gave since it started", () -> after.stub.getEnclaveSecret(request));
        assertThat(world.releases()).hasSize(1);
        assertThat(after.secret(ENCLAVE, SERVICE, DISK)).isEqualTo(VALUE);
    }

    @Test
    void evidence_for_another_nonce_another_key_or_an_old_nonce_is_refused() throws Exception {
        world.guard(DISK, SIGNED);
        var client = world.client(false);
        var nonce = client.nonce();
        var otherNonce = client.nonce();
        refused(
                Status.Code.PERMISSION_DENIED,
                "challenge",
                () -> client.stub.getEnclaveSecret(
                        client.request(ENCLAVE, client.reportData(otherNonce), SERVICE, DISK, nonce)));
        var thief = world.client(false);
        refused(
                Status.Code.PERMISSION_DENIED,
                "challenge",
                () -> thief.stub.getEnclaveSecret(
                        thief.request(ENCLAVE, client.reportData(nonce), SERVICE, DISK, nonce)));
        refused(
                Status.Code.PERMISSION_DENIED,
                "nonce: expected one that GetAecsStatus",
                () -> client.stub.getEnclaveSecret(client.request(ENCLAVE, new byte[64], SERVICE, DISK, "")));
        world.wall(NOW.plus(Duration.ofMinutes(1)));
        refused(
                Status.Code.PERMISSION_DENIED,
                "not older than 60 s",
                () -> client.stub.getEnclaveSecret(client.request(ENCLAVE, SERVICE, DISK, nonce)));
        assertThat(world.releases()).isEmpty();
    }

    @Test
    void what_is_not_of_the_form_is_refused_with_the_place() throws Exception {
        var client = world.client(false);
        var good = client.request(ENCLAVE, SERVICE, DISK, client.nonce());
        invalid(client, good.toBuilder().setServiceName("a/b").build(), "service_name");
        invalid(client, good.toBuilder().setSecretName("").build(), "secret_name");
        report(client, good, report -> report.setStrReportVersion("2.0"), "str_report_version");
        report(client, good, report -> report.setStrReportType("Uas"), "str_report_type");
        report(client, good, report -> report.setStrTeePlatform("SGX_EPID"), "str_tee_platform");
        report(client, good, report -> report.setJsonNestedReports("{}"), "json_nested_reports");
        report(client, good, report -> report.setJsonReport("[]"), "json_report: expected an object");
        report(client, good, report -> report.setJsonReport("{\"b64_quote\":\"*\"}"), "Base64");
        report(client, good, report -> report.setJsonReport(" ".repeat(512 * 1024 + 1)), "at most 524288 characters");
        report(client, good, report -> report.setJsonReport("{\"b64_quote\":\"AAAA\"}"), "");
        key(client, good, "", "PEM");
        key(client, good, AecsClient.pem("PUBLIC KEY", client.rsa.getPublic().getEncoded()), "SM2");
        key(client, good, AecsClient.pem("RSA PUBLIC KEY", new byte[] {1, 2, 3}), "PKCS 1");
        key(client, good, AecsClient.pem("CERTIFICATE", new byte[] {1, 2, 3}), "RSA PUBLIC KEY");
        key(client, good, client.pem + client.pem, "PEM");
        key(client, good, "x".repeat(4_097), "4096 characters");
        assertThat(world.releases()).isEmpty();
    }

    private static void invalid(AecsClient client, GetEnclaveSecretRequest request, String place) {
        refused(Status.Code.INVALID_ARGUMENT, place, () -> client.stub.getEnclaveSecret(request));
    }

    private static void report(
            AecsClient client,
            GetEnclaveSecretRequest good,
            Consumer<UnifiedAttestationReport.Builder> change,
            String place) {
        var request = good.toBuilder();
        change.accept(request.getAuthRaReportBuilder().getReportBuilder());
        if (place.isEmpty()) {
            // It is of the form, and no quote: the appraisal says so.
            assertThatThrownBy(() -> client.stub.getEnclaveSecret(request.build()))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode())
                                    .isIn(Status.Code.PERMISSION_DENIED, Status.Code.INVALID_ARGUMENT));
            return;
        }
        invalid(client, request.build(), place);
    }

    private static void key(AecsClient client, GetEnclaveSecretRequest good, String pem, String place) {
        var request = good.toBuilder();
        request.getAuthRaReportBuilder().setPemPublicKey(pem);
        invalid(client, request.build(), place);
    }

    // ---- what the server says of itself

    @Test
    void a_server_without_a_proof_shows_a_key_and_no_report_and_signs_its_status() throws Exception {
        var status = world.client(false).status();
        assertThat(status.getAuthRaReport().hasReport()).isFalse();
        var text = status.getStatusStr();
        AecsClient.verify(
                status.getStatusSig(),
                text.getBytes(StandardCharsets.UTF_8),
                status.getAuthRaReport().getPemPublicKey(),
                false);
        assertThat(AecsClient.JSON.readTree(text).path("version").asText()).isEqualTo("plinth test");
        assertThat(AecsClient.JSON.readTree(text).path("status").asText()).isEqualTo("Working");
    }

    @Test
    void a_server_with_a_proof_shows_it_under_a_platform_of_its_own_and_for_its_key() throws Exception {
        var hardware = Simulation.make();
        var measured = "what a server measures".getBytes(StandardCharsets.UTF_8);
        var peers = new RootPeers(
                RootPeers.policy("true", Set.of()),
                TrustAnchors.none(),
                List.of(),
                challenge -> AttestationEvidence.newBuilder()
                        .setSimulated(ByteString.copyFrom(hardware.statement(challenge, measured)))
                        .build(),
                List::of);
        var other = Files.createDirectories(folder.resolve("proved"));
        try (var proved = AecsWorld.open(other, new RootKeeper.Shared(), options -> options.givingOneAnother(peers))) {
            proved.guard(DISK, SIGNED);
            var client = proved.client(false);
            var nonce = client.nonce();
            var response = client.stub.getEnclaveSecret(client.request(ENCLAVE, SERVICE, DISK, nonce));
            assertThat(client.open(response)).isEqualTo(VALUE.getBytes(StandardCharsets.UTF_8));
            var report = response.getAuthRaReport();
            assertThat(report.getReport().getStrTeePlatform()).isEqualTo("PLINTH_TPM");
            var evidence = AttestationEvidence.parseFrom(Base64.getDecoder()
                    .decode(AecsClient.JSON
                            .readTree(report.getReport().getJsonReport())
                            .path("b64_evidence")
                            .asText()));
            assertThat(HexFormat.of().formatHex(evidence.getSimulated().toByteArray()))
                    .contains(HexFormat.of().formatHex(AecsIdentities.challenge(report.getPemPublicKey())));
        }
    }
}
