package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import dev.plinth.trust.attester.IdentityRequest;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.trust.attester.Simulation;
import dev.plinth.wire.secrets.v1.GenerateRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.BindRequest;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.Proof;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutJoinTokenRequest;
import dev.plinth.wire.trust.v1.PutPolicyRequest;
import dev.plinth.wire.trust.v1.PutReferenceRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the console tells of trust, of a whole server to which simulated workloads prove what they are. */
@Timeout(120)
class TrustConsoleTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final String ID = "spiffe://example.org/payments";
    private static final String SECRET = "bank/disk/key";
    private static final byte[] GOOD = new byte[32];
    private static final byte[] CHANGED = {1, 2, 3};
    private static final byte[] CANARY = "canary-77d0c4-never-in-the-console".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path data;

    private final Simulation simulation = Simulation.make();
    private PlinthServer server;
    private TrustGrpc.TrustBlockingStub trust;
    private SecretsGrpc.SecretsBlockingStub secrets;
    private AttestationGrpc.AttestationBlockingStub door;

    @BeforeEach
    void start() throws Exception {
        server = PlinthServer.start(ServerConfiguration.alone(data, ANY, ANY, Optional.empty())
                .with(TrustConfiguration.of("example.org"))
                .with(SecretsConfiguration.inFile()));
        trust = admin(TrustGrpc.TrustBlockingStub.class);
        secrets = admin(SecretsGrpc.SecretsBlockingStub.class);
        door = GrpcClients.newClient("gproto+http://" + server.http(), AttestationGrpc.AttestationBlockingStub.class);
        await().until(() -> !get("").at("/domain/authorities").isEmpty()
                && !get("").at("/seal/isSealed").asBoolean());
        trust.putEntry(PutEntryRequest.newBuilder()
                .setEntry(Entry.newBuilder()
                        .setName("payments")
                        .setSpiffeId(ID)
                        .setOwner("ann")
                        .addSelectors("evidence:main/payments"))
                .build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private <S> S admin(Class<S> stub) throws Exception {
        return GrpcClients.builder("gproto+http://" + server.http())
                .addHeader("authorization", "Bearer " + Files.readString(TrustConfiguration.token(data)))
                .build(stub);
    }

    private String text(String path) {
        var answer = WebClient.of("http://" + server.http())
                .get("/api/v1/trust" + path)
                .aggregate()
                .join();
        assertThat(answer.status().code()).as(answer.contentUtf8()).isEqualTo(200);
        return answer.contentUtf8();
    }

    private JsonNode get(String path) throws Exception {
        return JSON.readTree(text(path));
    }

    private JsonNode tried(String policy, String condition, String waivers) throws Exception {
        var body = JSON.createObjectNode().put("policy", policy).put("condition", condition);
        body.putArray("waivers").add(waivers);
        return JSON.readTree(WebClient.of("http://" + server.http())
                .execute(
                        RequestHeaders.builder(HttpMethod.POST, "/api/v1/trust/dry-run")
                                .contentType(MediaType.JSON)
                                .build(),
                        JSON.writeValueAsString(body))
                .aggregate()
                .join()
                .contentUtf8());
    }

    private void believe() {
        trust.putRoot(HardwareRoot.newBuilder()
                .setVendor("simulation")
                .setFingerprint(simulation.fingerprint())
                .setOwner("ann")
                .build());
        trust.putReference(PutReferenceRequest.newBuilder()
                .setTenant("main")
                .setName("builds")
                .setOwner("ann")
                .addValues(HexFormat.of().formatHex(GOOD))
                .build());
        trust.putPolicy(PutPolicyRequest.newBuilder()
                .setTenant("main")
                .setName("built")
                .setOwner("ann")
                .setCondition("claims['measurement'] in references['builds']")
                .addWaivers("simulated")
                .build());
        trust.bind(BindRequest.newBuilder()
                .setTenant("main")
                .setResource("payments")
                .setOwner("ann")
                .addPolicies("built")
                .build());
    }

    private void attest(byte[] measurement) {
        var request = IdentityRequest.begin(door);
        request.attest(
                ID,
                List.of(Proof.newBuilder()
                        .setEvidence(AttestationEvidence.newBuilder()
                                .setSimulated(
                                        ByteString.copyFrom(simulation.statement(request.binding(), measurement))))
                        .build()));
    }

    private void refused(byte[] measurement) {
        assertThatThrownBy(() -> attest(measurement))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        problem -> assertThat(problem.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
    }

    @Test
    void evidence_is_shown_with_every_check_and_with_why_it_was_refused() throws Exception {
        refused(GOOD);
        believe();
        attest(GOOD);
        refused(CHANGED);

        var appraisals = get("/appraisals").get("appraisals");
        assertThat(appraisals).hasSize(3);
        assertThat(appraisals)
                .allSatisfy(one -> assertThat(one.get("simulated").asBoolean()).isTrue());
        assertThat(appraisals.findValuesAsText("granted")).containsExactly("false", "true", "false");
        assertThat(appraisals.get(0).get("reason").asText())
                .startsWith("evidence:main/payments: built@1: the condition is false");
        assertThat(appraisals.get(1).get("by").asText()).isEqualTo("entry payments@1");
        assertThat(get("").at("/recorded/refused").asInt()).isEqualTo(2);

        var stranger = get("/appraisals/" + appraisals.get(2).get("id").asText());
        assertThat(stranger.at("/results/0/checks"))
                .anySatisfy(check -> {
                    assertThat(check.get("name").asText()).isEqualTo("simulation.chain.root");
                    assertThat(check.get("outcome").asText()).isEqualTo("FAILED");
                    assertThat(check.get("found").asText()).isEqualTo(simulation.fingerprint());
                    assertThat(check.at("/where/source").asText()).isEqualTo("chain");
                })
                .anySatisfy(check -> assertThat(check.get("outcome").asText()).isEqualTo("PASSED"));
        var changed = get("/appraisals/" + appraisals.get(0).get("id").asText());
        assertThat(changed.get("reasons"))
                .anySatisfy(reason -> assertThat(reason.asText()).contains("built@1: the condition is false"));
        assertThat(changed.at("/results/0/claims/measurement").asText()).isEqualTo("010203");

        assertThat(get("/issued").at("/issues/0/spiffeId").asText()).isEqualTo(ID);
        var entry = get("/entries?q=main%2Fpay").at("/entries/0");
        assertThat(entry.get("issued").asInt()).isOne();
        assertThat(entry.at("/newest/to").asText()).contains("evidence:main/payments");
    }

    @Test
    void a_policy_is_tried_on_what_was_recorded_and_nothing_changes() throws Exception {
        believe();
        attest(GOOD);
        refused(CHANGED);

        var answer = tried("identity:main/built", "claims['measurement'] == '010203'", "simulated");
        assertThat(answer.get("cases")).hasSize(2);
        assertThat(answer.at("/cases/0/today/granted").asBoolean()).isFalse();
        assertThat(answer.at("/cases/0/proposed/granted").asBoolean()).isTrue();
        assertThat(answer.at("/cases/1/today/granted").asBoolean()).isTrue();
        assertThat(answer.at("/cases/1/proposed/granted").asBoolean()).isFalse();
        assertThat(answer.at("/cases/1/proposed/reasons/0").asText()).isEqualTo("built@2: the condition is false");

        assertThat(tried("identity:main/built", "true", "debug")
                        .at("/cases/1/proposed/reasons/0")
                        .asText())
                .contains("simulation.hardware");
        assertThat(tried("identity:main/built", "claims[", "debug").get("field").asText())
                .isEqualTo("condition");
        assertThat(tried("secrets:" + SECRET, "nothing", "debug").get("field").asText())
                .isEqualTo("condition");
        assertThat(get("/policies").at("/policies/0/version").asInt()).isOne();
        assertThat(get("/policies").at("/policies/0/guards/0").asText()).isEqualTo("main/payments");
        assertThat(get("/policy?id=identity:main%2Fbuilt").get("versions")).hasSize(1);
    }

    /** As Trustee's sample, which nobody signs. */
    private void fetch(String svn) throws Exception {
        try (var session = KeyBroker.at(URI.create("http://" + server.http()))) {
            session.attest(
                    "sample",
                    reportData -> "{\"svn\":\"" + svn + "\",\"report_data\":\""
                            + Base64.getEncoder().encodeToString(reportData) + "\"}");
            assertThat(session.secret(SECRET)).isEqualTo(CANARY);
        }
    }

    private void keep() {
        secrets.import_(ImportRequest.newBuilder()
                .setName(SECRET)
                .setAlgorithm("opaque")
                .setExportable(true)
                .setSecret(ByteString.copyFrom(CANARY))
                .setActor("ann")
                .build());
        secrets.generate(GenerateRequest.newBuilder()
                .setName("bank/keys/ledger")
                .setAlgorithm("ec-p256")
                .setActor("ann")
                .build());
        for (var subject : List.of("attestation:default", SECRET)) {
            secrets.setPolicy(SetPolicyRequest.newBuilder()
                    .setSubject(subject)
                    .setCondition(subject.equals(SECRET) ? "claims['sample.svn'] == '1'" : "true")
                    .addWaivers("sample")
                    .setActor("ann")
                    .build());
        }
    }

    @Test
    void who_got_a_secret_and_who_was_refused_is_shown_and_never_the_secret_or_a_token() throws Exception {
        keep();
        var joinToken = trust.putJoinToken(PutJoinTokenRequest.newBuilder()
                        .setName("host-7")
                        .setLifeSeconds(3_600)
                        .build())
                .getToken();
        fetch("1");
        assertThatThrownBy(() -> fetch("0")).isInstanceOf(KeyBroker.Refusal.class);
        believe();
        attest(GOOD);

        var detail = get("/secret?name=" + SECRET);
        assertThat(detail.at("/secret/given").asInt()).isOne();
        assertThat(detail.at("/secret/refused").asInt()).isOne();
        assertThat(detail.at("/secret/policy").asText()).isEqualTo(SECRET + "@1");
        assertThat(detail.at("/takings/0/action").asText()).isEqualTo("refuse");
        assertThat(detail.at("/takings/0/detail").asText()).contains("the condition is false");
        assertThat(detail.at("/takings/1/action").asText()).isEqualTo("release");
        assertThat(get("/secrets?q=ledger")
                        .at("/secrets/0/versions/0/publicKey")
                        .asText())
                .hasSize(64);
        assertThat(get("/secrets").get("secrets")).hasSize(2);
        assertThat(get("").at("/domain/attestors/tokens/0/name").asText()).isEqualTo("host-7");

        List<String> paths = new ArrayList<>(List.of(
                "",
                "/entries",
                "/issued",
                "/appraisals",
                "/policies",
                "/policy?id=secrets:" + SECRET,
                "/secrets",
                "/secret?name=" + SECRET,
                "/secret?name=bank/keys/ledger",
                "/audit?limit=500",
                "/audit/verification"));
        get("/appraisals")
                .get("appraisals")
                .forEach(one -> paths.add("/appraisals/" + one.get("id").asText()));
        assertThat(paths).hasSizeGreaterThan(13);
        var hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(joinToken.getBytes(StandardCharsets.UTF_8)));
        for (var path : paths) {
            assertThat(text(path))
                    .as(path)
                    .doesNotContain(new String(CANARY, StandardCharsets.UTF_8))
                    .doesNotContain(Base64.getEncoder().encodeToString(CANARY).substring(0, 40))
                    .doesNotContain(HexFormat.of().formatHex(CANARY))
                    .doesNotContain(joinToken)
                    .doesNotContain(hash)
                    .doesNotContain(
                            Files.readString(TrustConfiguration.token(data)).strip())
                    // How a signed token begins: {" in base64.
                    .doesNotContain("eyJ");
        }
    }

    @Test
    void the_audit_log_is_shown_from_its_end_and_a_changed_byte_is_found() throws Exception {
        keep();
        var page = get("/audit?limit=2");
        assertThat(page.get("entries")).hasSize(2);
        assertThat(page.at("/entries/0/sequence").asLong())
                .isEqualTo(page.get("sequence").asLong());
        var older = get("/audit?limit=500&before=" + page.get("next").asLong());
        assertThat(older.at("/entries/0/sequence").asLong())
                .isEqualTo(page.get("sequence").asLong() - 2);
        assertThat(get("/audit?q=" + SECRET).get("entries"))
                .allSatisfy(entry -> assertThat(entry.toString()).contains(SECRET))
                .hasSize(2);

        var verified = get("/audit/verification");
        assertThat(verified.get("good").asBoolean()).as(verified.toString()).isTrue();
        assertThat(verified.get("entries").asLong())
                .isEqualTo(page.get("sequence").asLong());
        assertThat(verified.get("checkpointsSigned").asBoolean()).isTrue();
        assertThat(get("").at("/audit/checkpoint/sequence").asLong()).isPositive();

        Path file;
        try (var files = Files.list(data.resolve("audit"))) {
            file = files.filter(one -> one.toString().endsWith(".jsonl"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(file, Files.readString(file).replaceFirst("\"actor\":\"ann\"", "\"actor\":\"bob\""));
        var tampered = get("/audit/verification");
        assertThat(tampered.get("good").asBoolean()).isFalse();
        assertThat(tampered.at("/problems/0").asText())
                .startsWith(file.getFileName() + ":")
                .contains("the hash of entry");
    }

    @Test
    void a_server_without_trust_says_that_it_has_none() throws Exception {
        try (var bare =
                PlinthServer.start(ServerConfiguration.alone(data.resolve("bare"), ANY, ANY, Optional.empty()))) {
            var state = JSON.readTree(WebClient.of("http://" + bare.http())
                    .get("/api/v1/trust")
                    .aggregate()
                    .join()
                    .contentUtf8());
            assertThat(state.get("givesIdentities").asBoolean()).isFalse();
            assertThat(state.get("keepsSecrets").asBoolean()).isFalse();
            assertThat(state.has("domain")).isFalse();
        }
    }
}
