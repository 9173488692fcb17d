package dev.plinth.trust.secrets.door.aecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.plinth.trust.ImitatedIntel;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.attester.Simulation;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.RootKeeper;
import dev.plinth.trust.secrets.RootPeers;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.SecretsWorld;
import dev.plinth.trust.secrets.door.kbs.ImitatedTpm;
import dev.plinth.wire.aecs.CreateTaSecretRequest;
import dev.plinth.wire.aecs.DestroyTaSecretRequest;
import dev.plinth.wire.aecs.GetEnclaveSecretPublicRequest;
import dev.plinth.wire.aecs.GetEnclaveSecretRequest;
import dev.plinth.wire.aecs.GetRemoteSecretRequest;
import dev.plinth.wire.aecs.GetTaSecretRequest;
import dev.plinth.wire.aecs.SyncWithRemoteAecsRequest;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AECS's protocol over gRPC on a real journal, for enclaves and domains of an Intel that the test makes up. */
@Timeout(120)
class AecsDoorTest {
    private static final String SERVICE = "payments";
    private static final String DISK = "disk";
    private static final String VALUE = "the key of the disk";
    private static final String TOKEN = "the administrator's";
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final String SIGNED = "claims['sgx.mrsigner'] == '" + "22".repeat(32) + "'";

    private static final ImitatedIntel SGX = ImitatedIntel.sgx();
    private static final ImitatedIntel TDX = ImitatedIntel.tdx();
    private static final AecsClient.Platform ENCLAVE = AecsClient.Platform.of("SGX_DCAP", SGX::quote);
    private static final AecsClient.Platform STRANGER = AecsClient.Platform.of("SGX_DCAP", SGX::strangersQuote);

    @TempDir
    private Path folder;

    private SecretsWorld world;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws IOException {
        open(new RootKeeper.InFile(folder.resolve("root.key")), UnaryOperator.identity());
    }

    private void open(RootKeeper keeper, UnaryOperator<Secrets.Options> change) throws IOException {
        var collateral = new ArrayList<>(SGX.collateral());
        collateral.addAll(TDX.collateral());
        var alone = Secrets.Options.of(keeper);
        world = SecretsWorld.open(
                folder.resolve("data"),
                change.apply(new Secrets.Options(
                        keeper, false, collateral, alone.former(), alone.self(), alone.servers(), alone.peers())),
                NOW);
        if (keeper instanceof RootKeeper.Shared) {
            world.secrets.initialize(2, 2, "ann").join();
        }
        awaitUnsealed();
        world.secrets.anchor(Vendor.INTEL, ImitatedIntel.root(), true, "ann").join();
        world.secrets
                .take(
                        new ResourceName(SERVICE, AecsDoor.TYPE, DISK),
                        SecretAlgorithm.OPAQUE,
                        true,
                        VALUE.getBytes(StandardCharsets.UTF_8),
                        "ann")
                .join();
        serve();
    }

    private void awaitUnsealed() {
        await().until(() -> !world.secrets.status().join().isSealed());
    }

    private void serve() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(AecsDoor.of(
                        world.secrets, TOKEN::equals, "test", world.clock, world.workers, new SecureRandom()))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() throws IOException {
        channel.shutdownNow();
        server.shutdownNow();
        world.close();
    }

    private AecsClient client() throws Exception {
        return new AecsClient(channel, false);
    }

    private void guard(String name, String condition) {
        world.secrets
                .setPolicy(SERVICE + "/secret/" + name, condition, Set.of(), "ann")
                .join();
    }

    private List<String> releases() {
        return world.secrets.auditAfter(0, 1_000).join().stream()
                .filter(entry -> entry.action().equals("release"))
                .map(AuditEntry::subject)
                .toList();
    }

    private static void refused(Status.Code code, String reason, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.getStatus().toString()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).contains(reason);
        });
    }

    // ---- workloads

    @Test
    void an_enclave_gets_a_secret_under_its_policy_and_the_audit_log_says_to_whom() throws Exception {
        guard(DISK, SIGNED);
        assertThat(client().secret(ENCLAVE, SERVICE, DISK)).isEqualTo(VALUE);
        assertThat(releases()).containsExactly("payments/secret/disk@1");
        assertThat(world.secrets.auditAfter(0, 1_000).join().getLast().actor()).startsWith("sgx with key ");
    }

    @Test
    void a_tdx_domain_gets_a_secret_with_keys_of_national_cryptography() throws Exception {
        guard(DISK, "evidence == 'tdx'");
        assertThat(new AecsClient(channel, true).secret(AecsClient.Platform.of("TDX", TDX::quote), SERVICE, DISK))
                .isEqualTo(VALUE);
    }

    @Test
    void a_tpm_whose_key_somebody_vouches_for_gets_a_secret_under_a_platform_of_its_own_though_its_key_has_no_time()
            throws Exception {
        var tpm = new ImitatedTpm();
        var platform = new AecsClient.Platform("PLINTH_TPM", tpm::evidence);
        guard(DISK, "evidence == 'tpm'");
        world.goOn();
        refused(Status.Code.PERMISSION_DENIED, "tpm", () -> client().secret(platform, SERVICE, DISK));
        world.secrets.vouch(Vendor.TPM, tpm.fingerprint(), "ann", true, "ann").join();
        assertThat(client().secret(platform, SERVICE, DISK)).isEqualTo(VALUE);
    }

    @Test
    void without_a_policy_and_under_another_nobody_gets_it_and_the_reason_is_said() throws Exception {
        var client = client();
        refused(
                Status.Code.PERMISSION_DENIED,
                "no policy guards payments/secret/disk",
                () -> client.secret(ENCLAVE, SERVICE, DISK));
        guard(DISK, SIGNED);
        refused(Status.Code.PERMISSION_DENIED, "the condition is false", () -> client.secret(STRANGER, SERVICE, DISK));
        refused(Status.Code.NOT_FOUND, "there is no secret", () -> client.secret(ENCLAVE, SERVICE, "other"));
        assertThat(releases()).isEmpty();
    }

    @Test
    void a_request_that_is_repeated_is_given_nothing() throws Exception {
        guard(DISK, SIGNED);
        var client = client();
        var request = client.request(ENCLAVE, SERVICE, DISK, client.nonce());
        client.stub.getEnclaveSecret(request);
        refused(Status.Code.PERMISSION_DENIED, "found a replay", () -> client.stub.getEnclaveSecret(request));
        refused(
                Status.Code.PERMISSION_DENIED,
                "found a replay",
                () -> client.stub.getEnclaveSecret(request.toBuilder()
                        .setNonce(request.getNonce().toLowerCase(java.util.Locale.ROOT))
                        .build()));
        assertThat(releases()).hasSize(1);
    }

    @Test
    void after_a_restart_what_was_granted_before_is_not_granted_again() throws Exception {
        guard(DISK, SIGNED);
        var client = client();
        var request = client.request(ENCLAVE, SERVICE, DISK, client.nonce());
        client.stub.getEnclaveSecret(request);
        channel.shutdownNow();
        server.shutdownNow();
        world.restart();
        awaitUnsealed();
        serve();
        var after = client();
        refused(Status.Code.PERMISSION_DENIED, "gave since it started", () -> after.stub.getEnclaveSecret(request));
        assertThat(releases()).hasSize(1);
        assertThat(after.secret(ENCLAVE, SERVICE, DISK)).isEqualTo(VALUE);
    }

    @Test
    void evidence_for_another_nonce_another_key_or_an_old_nonce_is_refused() throws Exception {
        guard(DISK, SIGNED);
        var client = client();
        var nonce = client.nonce();
        var otherNonce = client.nonce();
        refused(
                Status.Code.PERMISSION_DENIED,
                "challenge",
                () -> client.stub.getEnclaveSecret(
                        client.request(ENCLAVE, client.reportData(otherNonce), SERVICE, DISK, nonce)));
        var thief = client();
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
        assertThat(releases()).isEmpty();
    }

    @Test
    void what_is_not_of_the_form_is_refused_with_the_place() throws Exception {
        var client = client();
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
        assertThat(releases()).isEmpty();
    }

    private static void invalid(AecsClient client, GetEnclaveSecretRequest request, String place) {
        refused(Status.Code.INVALID_ARGUMENT, place, () -> client.stub.getEnclaveSecret(request));
    }

    private static void report(
            AecsClient client,
            GetEnclaveSecretRequest good,
            java.util.function.Consumer<dev.plinth.wire.aecs.UnifiedAttestationReport.Builder> change,
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
        var status = client().status();
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
        close();
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
        folder = java.nio.file.Files.createDirectories(folder.resolve("proved"));
        open(new RootKeeper.Shared(), options -> options.givingOneAnother(peers));
        guard(DISK, SIGNED);
        var client = client();
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
        assertThat(java.util.HexFormat.of().formatHex(evidence.getSimulated().toByteArray()))
                .contains(java.util.HexFormat.of().formatHex(AecsIdentities.challenge(report.getPemPublicKey())));
    }

    // ---- administrators

    private String admin(AecsClient client, String function, String request) throws Exception {
        return AecsClient.text(client.admin(TOKEN).serviceAdminRemoteCall(client.call(function, SERVICE, request)));
    }

    private static String creation(String name, String type, String more) {
        return "{\"secret\":{\"spec\":{\"secretName\":\"" + name + "\",\"serviceName\":\"" + SERVICE + "\",\"type\":\""
                + type + "\"" + more + "}}}";
    }

    private static String policy(String attributes) {
        return ",\"policy\":{\"policy\":{\"main_attributes\":[" + attributes + "]}}";
    }

    private static final String ATTRIBUTES = "{\"str_tee_platform\":\"SGX_DCAP\",\"hex_signer\":\"" + "22".repeat(32)
            + "\",\"hex_ta_measurement\":\"" + "11".repeat(32)
            + "\",\"hex_prod_id\":\"0\",\"str_min_isvsvn\":\"0\",\"bool_debug_disabled\":\"true\"}";

    @ParameterizedTest
    @ValueSource(strings = {"SECRET_TYPE_RSA_KEY_PAIR", "SECRET_TYPE_SM2_KEY_PAIR", "SECRET_TYPE_AES256_KEY"})
    void the_administrator_creates_a_secret_with_aecs_policy_and_the_enclave_that_fits_gets_it_in_aecs_form(String type)
            throws Exception {
        var client = client();
        assertThat(admin(client, "CreateSecret", creation("made", type, policy(ATTRIBUTES))))
                .isEqualTo("{}");
        var given = client.secret(ENCLAVE, SERVICE, "made");
        switch (type) {
            case "SECRET_TYPE_AES256_KEY" -> assertThat(given).matches("[0-9A-F]{64}");
            case "SECRET_TYPE_RSA_KEY_PAIR" -> {
                var pair = AecsClient.JSON.readTree(given);
                assertThat(pair.path("publicKey").asText()).startsWith("-----BEGIN RSA PUBLIC KEY-----\n");
                var pem = PemText.read("key", pair.path("privateKey").asText(), 10_000);
                assertThat(pem.label()).isEqualTo("RSA PRIVATE KEY");
                var info = new PrivateKeyInfo(
                        new org.bouncycastle.asn1.x509.AlgorithmIdentifier(
                                org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers.rsaEncryption,
                                org.bouncycastle.asn1.DERNull.INSTANCE),
                        org.bouncycastle.asn1.pkcs.RSAPrivateKey.getInstance(pem.content()));
                assertThat(KeyFactory.getInstance("RSA")
                                .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()))
                                .getAlgorithm())
                        .isEqualTo("RSA");
            }
            default -> {
                var pair = AecsClient.JSON.readTree(given);
                assertThat(pair.path("privateKey").asText()).startsWith("-----BEGIN PRIVATE KEY-----\n");
                assertThat(pair.path("publicKey").asText()).startsWith("-----BEGIN PUBLIC KEY-----\n");
            }
        }
        refused(
                Status.Code.PERMISSION_DENIED,
                "the condition is false",
                () -> client.secret(STRANGER, SERVICE, "made"));
        refused(
                Status.Code.ALREADY_EXISTS,
                "is there",
                () -> admin(client, "CreateSecret", creation("made", type, policy(ATTRIBUTES))));
    }

    @Test
    void what_is_imported_configured_and_certified_comes_back_as_aecs_has_it() throws Exception {
        var client = client();
        var imported = creation("imported", "SECRET_TYPE_IMPORT_DATA", policy(ATTRIBUTES));
        admin(
                client,
                "CreateSecret",
                imported.substring(0, imported.length() - 2) + ",\"data\":\"what is imported\"}}");
        assertThat(client.secret(ENCLAVE, SERVICE, "imported")).isEqualTo("what is imported");

        admin(
                client,
                "CreateSecret",
                creation(
                        "configured",
                        "SECRET_TYPE_CONFIGURATIONS",
                        policy(ATTRIBUTES) + ",\"params\":[{\"key\":\"url\",\"value\":\"jdbc:…\"}]"));
        assertThat(client.secret(ENCLAVE, SERVICE, "configured"))
                .isEqualTo("{\"items\":[{\"key\":\"url\",\"value\":\"jdbc:…\"}]}");

        admin(
                client,
                "CreateSecret",
                creation(
                        "certified",
                        "SECRET_TYPE_CERTIFICATE",
                        policy(ATTRIBUTES) + ",\"params\":[{\"key\":\"days\",\"value\":\"30\"}]"));
        var credentials = AecsClient.JSON.readTree(client.secret(ENCLAVE, SERVICE, "certified"));
        assertThat(credentials.path("privateKey").asText()).startsWith("-----BEGIN PRIVATE KEY-----\n");
        assertThat(credentials.path("certChain").asText()).startsWith("-----BEGIN CERTIFICATE-----\n");
        assertThat(credentials.path("rootCert").asText())
                .isEqualTo(credentials.path("certChain").asText());

        var pair = AecsClient.JSON
                .createObjectNode()
                .put(
                        "private_key",
                        AecsClient.pem("PRIVATE KEY", client.rsa.getPrivate().getEncoded()))
                .put("public_key", "");
        var taken = creation("taken", "SECRET_TYPE_RSA_KEY_PAIR", policy(ATTRIBUTES));
        admin(
                client,
                "CreateSecret",
                taken.substring(0, taken.length() - 2) + ",\"data\":\""
                        + Base64.getEncoder().encodeToString(AecsClient.JSON.writeValueAsBytes(pair)) + "\"}}");
        assertThat(AecsClient.JSON
                        .readTree(client.secret(ENCLAVE, SERVICE, "taken"))
                        .path("publicKey")
                        .asText())
                .isEqualTo(client.pem);
    }

    @Test
    void secrets_and_services_are_listed_and_what_was_destroyed_is_had_no_more() throws Exception {
        var client = client();
        guard(DISK, SIGNED);
        admin(client, "CreateSecret", creation("key", "SECRET_TYPE_AES256_KEY", ""));
        world.secrets
                .generate(ResourceName.parse("other/secret/key"), SecretAlgorithm.EC_P256, true, "ann")
                .join();
        assertThat(admin(client, "ListSecret", "{}")).contains("\"disk\"", "\"key\"", "SECRET_TYPE_IMPORT_DATA");
        assertThat(admin(client, "ListSecret", "{\"secretName\":\"k\"}"))
                .contains("\"key\"")
                .doesNotContain("disk");
        assertThat(AecsClient.text(
                        client.admin(TOKEN).aecsAdminRemoteCall(client.call("ListEnclaveService", "", "{}"))))
                .isEqualTo("{\"services\":{\"names\":[\"other\",\"payments\"]}}");

        assertThat(admin(client, "DestroySecret", "{\"secretName\":\"disk\"}")).isEqualTo("{}");
        assertThat(admin(client, "ListSecret", "{}")).doesNotContain("disk");
        assertThatThrownBy(() -> client.secret(ENCLAVE, SERVICE, DISK)).isInstanceOf(StatusRuntimeException.class);
        refused(
                Status.Code.NOT_FOUND,
                "there is no secret",
                () -> admin(client, "DestroySecret", "{\"secretName\":\"disk\"}"));
        var again = creation(DISK, "SECRET_TYPE_IMPORT_DATA", policy(ATTRIBUTES));
        admin(client, "CreateSecret", again.substring(0, again.length() - 2) + ",\"data\":\"another\"}}");
        assertThat(client.secret(ENCLAVE, SERVICE, DISK)).isEqualTo("another");
    }

    @Test
    void nobody_administers_without_the_administrators_token_and_no_key_stands_in_for_it() throws Exception {
        var client = client();
        var call = client.call("ListSecret", SERVICE, "{}");
        refused(
                Status.Code.UNAUTHENTICATED,
                "the administrator's token",
                () -> client.stub.serviceAdminRemoteCall(call));
        refused(
                Status.Code.UNAUTHENTICATED,
                "the administrator's token",
                () -> client.admin("another").serviceAdminRemoteCall(call));
        refused(
                Status.Code.UNAUTHENTICATED,
                "the administrator's token",
                () -> client.stub.aecsAdminRemoteCall(client.call("ListEnclaveService", "", "{}")));
    }

    @Test
    void an_administrators_call_that_is_not_of_the_form_changes_nothing() throws Exception {
        var client = client();
        var admin = client.admin(TOKEN);
        var call = client.call("ListSecret", SERVICE, "{}");
        refused(
                Status.Code.INVALID_ARGUMENT,
                "changed since",
                () -> admin.serviceAdminRemoteCall(call.toBuilder()
                        .setReqEnc(call.getReqEnc().toBuilder()
                                .setAesCipher(call.getReqEnc().getAesCipher().toBuilder()
                                        .setAad(ByteString.copyFromUtf8("another"))))
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "plain_hash",
                () -> admin.serviceAdminRemoteCall(call.toBuilder()
                        .setReqEnc(call.getReqEnc().toBuilder().setPlainHash(ByteString.EMPTY))
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "to the key that GetAecsStatus",
                () -> admin.serviceAdminRemoteCall(call.toBuilder()
                        .setReqEnc(call.getReqEnc().toBuilder().setEncryptedKey(ByteString.copyFrom(new byte[256])))
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "password",
                () -> admin.serviceAdminRemoteCall(client.call("ListSecret", SERVICE, "{}", "a password")));
        for (var wrong : List.of(
                creation("x", "SECRET_TYPE_NONE", ""),
                creation("x", "SECRET_TYPE_RSA_KEY_PAIR", ",\"params\":[{\"key\":\"bit_length\",\"value\":\"512\"}]"),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"params\":[{\"key\":\"days\",\"value\":\"1\"}]"),
                creation("x", "SECRET_TYPE_IMPORT_DATA", ""),
                creation("x/y", "SECRET_TYPE_AES256_KEY", ""),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"share\":\"public\""),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"unknown\":\"1\""),
                creation("x", "SECRET_TYPE_AES256_KEY", policy("{\"hex_signer\":\"22\"}")),
                creation(
                        "x",
                        "SECRET_TYPE_AES256_KEY",
                        policy("{\"str_tee_platform\":\"SGX_DCAP\",\"hex_signer\":\"22\"}")),
                creation(
                        "x",
                        "SECRET_TYPE_AES256_KEY",
                        policy("{\"str_tee_platform\":\"SGX_DCAP\",\"hex_nonce\":\"22\"}")),
                creation(
                        "x",
                        "SECRET_TYPE_AES256_KEY",
                        policy("{\"str_tee_platform\":\"TDX\",\"bool_debug_disabled\":\"0\"}")),
                creation("x", "SECRET_TYPE_AES256_KEY", ",\"policy\":{\"policy\":{\"nested_policies\":{}}}"))) {
            refused(Status.Code.INVALID_ARGUMENT, "expected", () -> {
                try {
                    admin(client, "CreateSecret", wrong);
                } catch (StatusRuntimeException e) {
                    throw e.getStatus().getDescription().contains("there is no 'SECRET_TYPE_NONE'")
                            ? Status.INVALID_ARGUMENT
                                    .withDescription("expected")
                                    .asRuntimeException()
                            : e;
                }
            });
        }
        assertThat(admin(client, "ListSecret", "{\"secretName\":\"x\"}")).isEqualTo("{\"secrets\":[]}");
    }

    @Test
    void a_policy_of_aecs_is_updated_and_asks_tdx_registers_as_aecs_writes_them() throws Exception {
        var client = client();
        admin(client, "CreateSecret", creation("moved", "SECRET_TYPE_AES256_KEY", policy(ATTRIBUTES)));
        var zeros = "00".repeat(48);
        var domain = "{\"str_tee_platform\":\"TDX\",\"hex_platform_measurement\":\"" + zeros + zeros + "33".repeat(48)
                + zeros + zeros + zeros + "\"}";
        var creation = creation("moved", "SECRET_TYPE_AES256_KEY", policy(domain));
        admin(client, "CreateSecret", creation.substring(0, creation.length() - 1) + ",\"isUpdate\":true}");
        refused(
                Status.Code.PERMISSION_DENIED,
                "the condition is false",
                () -> client.secret(ENCLAVE, SERVICE, "moved"));
        assertThat(client.secret(AecsClient.Platform.of("TDX", TDX::quote), SERVICE, "moved"))
                .hasSize(64);
    }

    @Test
    void what_is_not_served_says_what_does_the_same() throws Exception {
        var client = client();
        var stub = client.stub;
        refused(
                Status.Code.UNIMPLEMENTED,
                "secrets.peers",
                () -> stub.getRemoteSecret(GetRemoteSecretRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "secrets.peers",
                () -> stub.syncWithRemoteAecs(SyncWithRemoteAecsRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "plinth secrets show",
                () -> stub.getEnclaveSecretPublic(GetEnclaveSecretPublicRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "CreateSecret",
                () -> stub.createTaSecret(CreateTaSecretRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "DestroySecret",
                () -> stub.destroyTaSecret(DestroyTaSecretRequest.getDefaultInstance()));
        refused(
                Status.Code.UNIMPLEMENTED,
                "GetEnclaveSecret",
                () -> stub.getTaSecret(GetTaSecretRequest.getDefaultInstance()));
        for (var function : List.of(
                "RegisterEnclaveService", "UnregisterEnclaveService", "AecsProvision", "AecsBackupIdentity", "Other")) {
            refused(
                    Status.Code.UNIMPLEMENTED,
                    "",
                    () -> client.admin(TOKEN).aecsAdminRemoteCall(client.call(function, "", "{}")));
        }
    }
}
