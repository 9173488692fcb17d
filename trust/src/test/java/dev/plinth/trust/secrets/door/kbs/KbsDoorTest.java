package dev.plinth.trust.secrets.door.kbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.linecorp.armeria.server.Server;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.secrets.ReleasePolicy;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.SecretsWorld;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** KBS's protocol over HTTP, on a real journal. */
@Timeout(120)
class KbsDoorTest {
    private static final String SECRET = "default/key/disk";
    private static final byte[] VALUE = "the key of the disk".getBytes(StandardCharsets.UTF_8);
    private static final String TOKEN = "the administrator's";
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    /** Draws the same each time, for a transcript. */
    @SuppressWarnings("serial")
    private static final class Drawn extends SecureRandom {
        private long count;

        @Override
        public void nextBytes(byte[] bytes) {
            try {
                for (int i = 0; i < bytes.length; i += 32) {
                    var block = MessageDigest.getInstance("SHA-256")
                            .digest(("drawn " + count++).getBytes(StandardCharsets.US_ASCII));
                    System.arraycopy(block, 0, bytes, i, Math.min(32, bytes.length - i));
                }
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @TempDir
    private Path folder;

    private SecretsWorld world;
    private Server server;
    private final ImitatedTpm tpm = new ImitatedTpm();

    @BeforeEach
    void open() throws IOException {
        world = SecretsWorld.inFile(folder.resolve("data"));
        awaitUnsealed();
        serve(new SecureRandom());
        world.secrets
                .take(ResourceName.parse(SECRET), SecretAlgorithm.OPAQUE, true, VALUE.clone(), "ann")
                .join();
        vouch(tpm);
    }

    private void awaitUnsealed() {
        await().until(() -> !world.secrets.status().join().isSealed());
    }

    private void serve(SecureRandom random) {
        var builder = Server.builder().http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        new KbsHttp(new KbsDoor(world.secrets, TOKEN::equals, "test", world.clock, random, world.workers))
                .mount(builder);
        server = builder.build();
        server.start().join();
    }

    @AfterEach
    void close() throws IOException {
        server.stop().join();
        world.close();
    }

    private void vouch(Attester attester) {
        world.secrets
                .vouch(Vendor.TPM, attester.fingerprint(), "ann", true, "ann")
                .join();
    }

    private void guard(String subject, String condition, String... waivers) {
        world.secrets.setPolicy(subject, condition, Set.of(waivers), "ann").join();
    }

    private KbsClient client() throws Exception {
        return client(new ECKeyGenerator(Curve.P_256).generate(), "ECDH-ES+A256KW");
    }

    private KbsClient client(JWK key, String algorithm) {
        return new KbsClient(server.activeLocalPort(), key, algorithm);
    }

    private KbsClient attested() throws Exception {
        var client = client();
        assertThat(client.attest(client.auth("tpm"), tpm).statusCode()).isEqualTo(200);
        return client;
    }

    private KbsClient admin() throws Exception {
        var client = client();
        client.bearer = Optional.of(TOKEN);
        return client;
    }

    private static void refused(HttpResponse<String> response, int status, String type, String detail)
            throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body())
                .startsWith("{\"type\":\"https://github.com/confidential-containers/kbs/errors/" + type
                        + "\",\"detail\":\"");
        assertThat(KbsClient.json(response).path("detail").asText()).contains(detail);
    }

    // ---- the exchange

    @Test
    void an_exchange_with_a_recorded_tpm_goes_byte_for_byte_as_its_transcript_says() throws Exception {
        world.wall(NOW);
        server.stop().join();
        serve(new Drawn());
        List<String> recorded;
        try (var in = KbsDoorTest.class.getResourceAsStream("kbs-0.4.0-tpm.txt")) {
            recorded = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        var start = recorded.indexOf("> POST /kbs/v0/auth");
        var client = client(JWK.parse(recorded.get(start - 1)), "ECDH-ES+A256KW");
        var attestation = KbsClient.JSON.readTree(
                recorded.get(recorded.indexOf("> POST /kbs/v0/attest") + 2).substring(2));
        var evidence = attestation.path("tee-evidence").path("primary_evidence");
        world.secrets
                .vouch(Vendor.TPM, recorded.get(start - 2), "ann", true, "ann")
                .join();
        guard(SECRET, recorded.get(start - 3));

        var nonce = client.auth("tpm");
        assertThat(client.attest(nonce, evidence.toString()).statusCode()).isEqualTo(200);
        var reply = client.get(SECRET);
        assertThat(client.open(reply.body())).isEqualTo(VALUE);

        assertThat(comparable(client.transcript)).isEqualTo(comparable(recorded.subList(start, recorded.size())));
    }

    /** What is drawn anew each time is left out: the token's content and signature, and what is in the JWE. */
    private static List<String> comparable(List<String> transcript) {
        return transcript.stream()
                .map(line -> line.replaceAll("\\{\"token\":\"[A-Za-z0-9_.-]+\"}", "{token}")
                        .replaceAll("\"(protected|encrypted_key|iv|ciphertext|tag)\":\"[A-Za-z0-9_-]+\"", "$1"))
                .toList();
    }

    @Test
    void a_software_tpm_gets_a_secret_and_gets_none_once_one_more_thing_was_measured() throws Exception {
        assumeTrue(SoftwareTpm.isInstalled(), "swtpm and tpm2-tools are not installed");
        world.wall(NOW);
        server.stop().join();
        serve(new Drawn());
        try (var software = SoftwareTpm.start(Files.createDirectories(folder.resolve("tpm")))) {
            software.extend(23, MessageDigest.getInstance("SHA-256").digest(VALUE));
            vouch(software);
            var condition = "claims['tpm.sha256.23'] == '" + software.register(23) + "'";
            guard(SECRET, condition);
            var client = client();
            client.attest(client.auth("tpm"), software);
            assertThat(client.open(client.get(SECRET).body())).isEqualTo(VALUE);
            Files.write(
                    Path.of("target", "kbs-0.4.0-tpm.txt"),
                    (condition + "\n" + software.fingerprint() + "\n" + client.key.toJSONString() + "\n"
                                    + String.join("\n", client.transcript) + "\n")
                            .getBytes(StandardCharsets.UTF_8));

            software.extend(23, new byte[32]);
            assertThat(client.attest(client.auth("tpm"), software).statusCode()).isEqualTo(200);
            refused(client.get(SECRET), 403, "PolicyDeny", "the condition is false");
        }
    }

    @Test
    void each_kind_of_key_that_the_protocol_has_gets_a_reply_that_a_jose_library_reads() throws Exception {
        guard(SECRET, "evidence == 'tpm'");
        for (var client : List.of(
                client(),
                client(new ECKeyGenerator(Curve.P_521).generate(), "ECDH-ES+A256KW"),
                client(new RSAKeyGenerator(2048).generate(), "RSA-OAEP-256"))) {
            client.attest(client.auth("tpm"), tpm);
            var reply = client.get(SECRET);
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
            assertThat(client.open(reply.body())).isEqualTo(VALUE);
            assertThat(KbsClient.json(reply).properties().stream().map(java.util.Map.Entry::getKey))
                    .containsExactly("protected", "encrypted_key", "iv", "ciphertext", "tag");
        }
    }

    @Test
    void a_token_serves_instead_of_a_session_also_after_a_restart() throws Exception {
        guard(SECRET, "evidence == 'tpm' && claims['tpm.key.owner'] == 'ann'");
        var client = client();
        var reply = client.attest(client.auth("tpm"), tpm);
        var token = KbsClient.json(reply).path("token").asText();
        client.cookie = Optional.empty();
        client.bearer = Optional.of(token);
        assertThat(client.open(client.get(SECRET).body())).isEqualTo(VALUE);

        server.stop().join();
        world.restart();
        awaitUnsealed();
        serve(new SecureRandom());
        var again = client(client.key, "ECDH-ES+A256KW");
        again.bearer = Optional.of(token);
        assertThat(again.open(again.get(SECRET).body())).isEqualTo(VALUE);

        again.bearer = Optional.of(token.substring(0, token.length() - 4) + "AAAA");
        refused(again.get(SECRET), 401, "TokenNotFound", "signature");
        again.bearer = Optional.of(token);
        world.wall(NOW.plus(Duration.ofMinutes(6)));
        refused(again.get(SECRET), 401, "TokenNotFound", "a time from");
    }

    @Test
    void who_got_what_stands_in_the_audit_log() throws Exception {
        guard(SECRET, "true");
        var client = attested();
        client.get(SECRET);
        guard(SECRET, "false");
        client.get(SECRET);
        var log = world.secrets.auditAfter(0, 1_000).join();
        assertThat(log.get(log.size() - 3).action()).isEqualTo("release");
        assertThat(log.get(log.size() - 3).subject()).isEqualTo(SECRET + "@1");
        assertThat(log.get(log.size() - 3).actor())
                .isEqualTo("tpm with key " + TeeKey.of(client.teePubkey()).shortId());
        assertThat(log.getLast().action()).isEqualTo("refuse");
        assertThat(log.getLast().detail()).contains(SECRET + "@2");
    }

    // ---- who is refused, and why

    @Test
    void another_version_and_kinds_that_are_not_read_are_refused_at_once() throws Exception {
        var client = client();
        refused(
                client.send("POST", "/kbs/v0/auth", "{\"version\":\"0.1.1\",\"tee\":\"tpm\",\"extra-params\":\"\"}"),
                401,
                "AttestationError",
                "expect =0.4.0 while the request is 0.1.1");
        refused(
                client.send("POST", "/kbs/v0/auth", "{\"version\":\"0.4.0\",\"tee\":\"abacus\",\"extra-params\":\"\"}"),
                401,
                "AttestationError",
                "tee: expected one of cca, sample, sgx, tdx, tpm");
        refused(
                client.send("POST", "/kbs/v0/auth", "{\"version\":"),
                401,
                "AttestationError",
                "expected a JSON object");
        refused(
                client.send("POST", "/kbs/v0/auth", "{\"version\":\"0.4.0\",\"version\":\"0.4.0\",\"tee\":\"tpm\"}"),
                401,
                "AttestationError",
                "expected a JSON object");
    }

    @Test
    void without_a_session_or_with_one_that_has_ended_nobody_attests_or_gets_anything() throws Exception {
        guard(SECRET, "true");
        var client = client();
        refused(client.get(SECRET), 401, "TokenNotFound", "cookie");
        refused(client.attest("bm9uY2U=", tpm), 401, "AttestationError", "cookie");
        var nonce = client.auth("tpm");
        refused(client.get(SECRET), 401, "TokenNotFound", "cookie");
        world.wall(NOW.plus(KbsDoor.SESSION_LIFE));
        refused(client.attest(nonce, tpm), 401, "AttestationError", "that has not ended");
    }

    @Test
    void evidence_for_another_nonce_or_another_key_is_refused() throws Exception {
        var client = client();
        var old = client.auth("tpm");
        var replay = tpm.evidence(KbsDoor.reportData(old, TeeKey.of(client.teePubkey()), ""));
        var nonce = client.auth("tpm");
        refused(client.attest(old, replay), 401, "AttestationError", "runtime-data.nonce");
        refused(client.attest(nonce, replay), 401, "AttestationError", "tpm.challenge");
        var thief = client();
        thief.cookie = client.cookie;
        refused(
                thief.attest(nonce, tpm.evidence(KbsDoor.reportData(nonce, TeeKey.of(client.teePubkey()), ""))),
                401,
                "AttestationError",
                "tpm.challenge");
    }

    @Test
    void a_tpm_that_nobody_vouches_for_is_refused() throws Exception {
        var client = client();
        refused(
                client.attest(client.auth("tpm"), new ImitatedTpm()),
                401,
                "AttestationError",
                "an owner who vouches for the attestation key");
        world.secrets.vouch(Vendor.TPM, tpm.fingerprint(), "ann", false, "ann").join();
        refused(client.attest(client.auth("tpm"), tpm), 401, "AttestationError", "tpm.key.vouched");
    }

    @Test
    void evidence_that_cannot_be_read_is_refused_with_the_place() throws Exception {
        var client = client();
        refused(client.attest(client.auth("tpm"), "{}"), 401, "AttestationError", "a member 'tpm_quote'");
        refused(client.attest(client.auth("tpm"), "[1,2]"), 401, "AttestationError", "tpm_quote");
        refused(client.attest(client.auth("sgx"), "{\"quote\":\"%%\"}"), 401, "AttestationError", "bytes in base64");
        refused(client.send("POST", "/kbs/v0/attest", "{}"), 401, "AttestationError", "runtime-data: missing");
    }

    @Test
    void what_no_policy_guards_is_given_to_nobody_and_what_does_not_exist_is_not_found() throws Exception {
        var client = attested();
        refused(client.get(SECRET), 403, "PolicyDeny", "no policy guards " + SECRET);
        refused(client.get("default/key/other"), 404, "ReadSecretFailed", "there is no secret default/key/other");
        refused(client.get("default/key"), 404, "InvalidRequestPath", "repository/type/tag");
        refused(client.get("default/.key/x"), 404, "InvalidRequestPath", "type of a resource");
        refused(client.send("GET", "/kbs/v0/other/a", ""), 404, "PluginNotFound", "path: expected");
        guard(ReleasePolicy.ALL, "true");
        assertThat(client.get(SECRET).statusCode()).isEqualTo(200);
    }

    @Test
    void a_sample_is_refused_unless_policies_name_it() throws Exception {
        guard(SECRET, "true");
        var client = client();
        var nonce = client.auth("sample");
        var sample = "{\"svn\":\"1\",\"report_data\":\""
                + ImitatedTpm.base64(KbsDoor.reportData(nonce, TeeKey.of(client.teePubkey()), "")) + "\"}";
        refused(client.attest(nonce, sample), 401, "AttestationError", "sample.signature");
        guard(ReleasePolicy.attestation("default"), "true", "sample");
        var reply = client.attest(nonce, sample);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        var claims = new String(
                Base64.getUrlDecoder()
                        .decode(KbsClient.json(reply).path("token").asText().split("\\.")[1]),
                StandardCharsets.UTF_8);
        assertThat(claims).contains("\"plinth.simulated\":true");
        refused(client.get(SECRET), 403, "PolicyDeny", "sample");
        client.cookie = Optional.empty();
        client.bearer = Optional.of(KbsClient.json(reply).path("token").asText());
        refused(client.get(SECRET), 403, "PolicyDeny", "sample");
        guard(SECRET, "true", "sample");
        assertThat(client.open(client.get(SECRET).body())).isEqualTo(VALUE);
    }

    @Test
    void what_is_not_exportable_or_revoked_is_not_given() throws Exception {
        world.secrets
                .generate(ResourceName.parse("default/key/signer"), SecretAlgorithm.EC_P256, false, "ann")
                .join();
        guard(ReleasePolicy.ALL, "true");
        var client = attested();
        refused(client.get("default/key/signer"), 403, "PolicyDeny", "not exportable");
        world.secrets.revoke(ResourceName.parse(SECRET), 1, "ann").join();
        refused(client.get(SECRET), 404, "ReadSecretFailed", "there is no secret");
        refused(client.get(SECRET + "?version=1"), 403, "PolicyDeny", "revoked");
    }

    @Test
    void a_sealed_server_says_so() throws Exception {
        guard(SECRET, "true");
        var client = attested();
        world.secrets.seal("ann").join();
        refused(client.get(SECRET), 503, "Sealed", "sealed: this server does not have the root key");
        refused(client.attest(client.auth("tpm"), tpm), 503, "Sealed", "sealed");
    }

    @Test
    void the_administrator_registers_secrets_and_policies_and_nobody_else_does() throws Exception {
        var policy = "{\"policy\":\"" + ImitatedTpm.base64("true".getBytes(StandardCharsets.UTF_8)) + "\"}";
        var nobody = client();
        refused(nobody.send("POST", "/kbs/v0/resource/a/b/c", "x"), 401, "AdminAuth", "administrator's token");
        refused(nobody.send("POST", "/kbs/v0/resource-policy", policy), 401, "AdminAuth", "administrator's token");
        refused(nobody.send("GET", "/kbs/v0/resource-policy", ""), 401, "AdminAuth", "administrator's token");
        refused(nobody.send("POST", "/kbs/v0/attestation-policy", policy), 401, "AdminAuth", "administrator's token");

        var admin = admin();
        assertThat(admin.send("POST", "/kbs/v0/resource/a/b/c", "x").statusCode())
                .isEqualTo(200);
        assertThat(admin.send("POST", "/kbs/v0/resource-policy", policy).statusCode())
                .isEqualTo(200);
        assertThat(admin.send("GET", "/kbs/v0/resource-policy", "").body()).isEqualTo("true");
        refused(admin.send("POST", "/kbs/v0/resource-policy", "{\"policy\":\"%\"}"), 400, "InvalidRequest", "base64");
        refused(admin.send("POST", "/kbs/v0/attestation-policy", policy), 400, "InvalidRequest", "policy_id");
        var client = attested();
        assertThat(client.open(client.get("a/b/c").body())).isEqualTo("x".getBytes(StandardCharsets.UTF_8));
    }
}
