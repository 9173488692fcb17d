package dev.plinth.acceptance.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.original.OriginalClient;
import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.wire.trust.v1.Authority;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.GetBundleRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.PutFederatedRequest;
import dev.plinth.wire.trust.v1.RemoveEntryRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code java-spiffe-core} 0.8.17 as it is, in a process of its own, at the Workload API of a whole server. */
@Timeout(180)
class SpiffeClientTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final String ID = "spiffe://example.org/payments";

    @TempDir
    private Path data;

    private PlinthServer server;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws IOException {
        server = PlinthServer.start(
                ServerConfiguration.alone(data, ANY, ANY, Optional.empty()).with(TrustConfiguration.of("example.org")));
        channel = NettyChannelBuilder.forAddress(
                        server.http().host(), server.http().port())
                .usePlaintext()
                .build();
        await().until(() ->
                trust().getDomain(GetDomainRequest.getDefaultInstance()).getAuthoritiesCount() == 1);
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.close();
    }

    private TrustGrpc.TrustBlockingStub trust() {
        return trust(channel, data);
    }

    private static TrustGrpc.TrustBlockingStub trust(ManagedChannel channel, Path data) {
        try {
            var headers = new Metadata();
            headers.put(
                    Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                    "Bearer " + Files.readString(TrustConfiguration.token(data)));
            return TrustGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private OriginalClient client() throws Exception {
        return new OriginalClient(
                        "spiffe-app",
                        "dev.plinth.acceptance.spiffe.app.SpiffeApplication",
                        data,
                        List.of(),
                        List.of(server.workloads().orElseThrow()))
                .ready();
    }

    private static Entry.Builder entry(String... selectors) {
        return Entry.newBuilder()
                .setName("payments")
                .setSpiffeId(ID)
                .setOwner("test")
                .setHint("internal")
                .addAllSelectors(List.of(selectors));
    }

    private void put(Entry.Builder entry) {
        trust().putEntry(PutEntryRequest.newBuilder().setEntry(entry).build());
    }

    private static Path java() throws IOException {
        return Path.of(System.getProperty("java.home"), "bin", "java").toRealPath();
    }

    private static String hash(Path program) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(program)));
    }

    private static String word(String line, String name) {
        return List.of(line.split(" ", -1)).stream()
                .filter(word -> word.startsWith(name + "="))
                .findFirst()
                .orElseThrow()
                .substring(name.length() + 1);
    }

    @Test
    void a_process_gets_the_identity_of_what_it_is_and_nothing_else() throws Exception {
        try (var client = client()) {
            assertThat(client.tryTo("fetch")).as("no entry").startsWith("!").contains("PERMISSION_DENIED");
            var uid = "unix:uid:" + Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            put(entry(uid, "unix:path:" + java(), "unix:sha256:" + "00".repeat(32)));
            assertThat(client.tryTo("fetch"))
                    .as("another program's hash")
                    .startsWith("!")
                    .contains("PERMISSION_DENIED");
            put(entry(uid, "unix:path:" + java(), "unix:sha256:" + hash(java())));
            assertThat(client.ask("fetch"))
                    .startsWith(ID + " ")
                    .contains("authorities=1")
                    .contains("hint=internal");
        }
    }

    @Test
    void nobody_gives_itself_an_identity_without_the_servers_token() {
        assertThatThrownBy(() -> TrustGrpc.newBlockingStub(channel)
                        .putEntry(PutEntryRequest.newBuilder()
                                .setEntry(entry("unix:uid:0"))
                                .build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refused -> assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED));
    }

    @Test
    void tokens_are_verified_by_the_client_itself_and_by_the_server() throws Exception {
        put(entry("unix:path:" + java()));
        try (var client = client()) {
            var token = client.ask("token accounts");
            assertThat(client.ask("validate " + token + " accounts")).isEqualTo(ID);
            assertThat(client.tryTo("validate " + token + " others")).startsWith("!");
            assertThat(client.ask("bundles")).isEqualTo("jwt:example.org:1 x509:example.org:1");
        }
    }

    @Test
    void a_watcher_goes_through_a_rotation_with_an_identity_that_verifies_at_every_moment() throws Exception {
        trust().setLives(SetLivesRequest.newBuilder()
                .setAuthorityLifeSeconds(3_600)
                .setSvidLifeSeconds(600)
                .setPublishingSeconds(1)
                .build());
        put(entry("unix:path:" + java()));
        try (var client = client()) {
            client.ask("watch");
            await().untilAsserted(() -> assertThat(client.lastPushed("x509")).startsWith(ID));
            var before = client.lastPushed("x509");

            trust().rotate(RotateRequest.getDefaultInstance());

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !word(client.lastPushed("x509"), "signer").equals(word(before, "signer")));
            assertThat(client.pushed())
                    .as("published before it signs")
                    .anyMatch(line -> line.startsWith("x509 ")
                            && word(line, "authorities").equals("2")
                            && word(line, "signer").equals(word(before, "signer")));
            assertThat(client.pushed()).noneMatch(line -> line.startsWith("refused") || line.startsWith("error"));
            assertThat(trust().getDomain(GetDomainRequest.getDefaultInstance()).getAuthoritiesList())
                    .extracting(Authority::getState)
                    .containsExactly(Authority.State.RETIRED, Authority.State.SIGNING);
        }
    }

    @Test
    void an_identity_is_renewed_before_it_ends() throws Exception {
        put(entry("unix:path:" + java()).setLifeSeconds(2));
        try (var client = client()) {
            client.ask("watch");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> client.pushed().stream()
                                    .filter(line -> line.startsWith("x509 "))
                                    .map(line -> word(line, "serial"))
                                    .distinct()
                                    .count()
                            >= 3);
            assertThat(client.pushed()).noneMatch(line -> line.startsWith("refused"));
        }
    }

    @Test
    void who_loses_its_entry_is_told_and_gets_nothing_more() throws Exception {
        put(entry("unix:path:" + java()));
        try (var client = client()) {
            client.ask("watch");
            await().untilAsserted(() -> assertThat(client.lastPushed("x509")).startsWith(ID));
            trust().removeEntry(
                            RemoveEntryRequest.newBuilder().setName("payments").build());
            await().until(() -> client.tryTo("fetch").contains("PERMISSION_DENIED"));
        }
    }

    @Test
    void another_domains_bundle_goes_to_those_whose_entries_name_it() throws Exception {
        try (var partner = Partner.start(data.resolve("other"))) {
            trust().putFederated(PutFederatedRequest.newBuilder()
                    .setDomain(Partner.DOMAIN)
                    .setJwks(partner.bundle())
                    .build());
        }
        put(entry("unix:path:" + java()));
        try (var client = client()) {
            assertThat(client.ask("bundles")).doesNotContain("partner");
            put(entry("unix:path:" + java()).addFederatesWith("partner.example"));
            assertThat(client.ask("bundles"))
                    .isEqualTo("jwt:example.org:1 jwt:partner.example:1 x509:example.org:1 x509:partner.example:1");
        }
    }

    @Test
    void a_rotation_in_another_domain_reaches_the_client_here_without_anybodys_help() throws Exception {
        put(entry("unix:path:" + java()).addFederatesWith(Partner.DOMAIN));
        try (var partner = Partner.start(data.resolve("other"));
                var client = client()) {
            trust().putFederated(PutFederatedRequest.newBuilder()
                    .setDomain(Partner.DOMAIN)
                    .setJwks(partner.bundle())
                    .setUrl("https://" + partner.server().federation().orElseThrow() + "/")
                    .setEndpointId("spiffe://" + Partner.DOMAIN + "/plinth/federation")
                    .build());
            assertThat(client.ask("bundles")).contains("x509:partner.example:1");

            partner.trust().rotate(RotateRequest.getDefaultInstance());

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> client.ask("bundles").contains("jwt:partner.example:2")
                            && client.ask("bundles").contains("x509:partner.example:2"));
        }
    }

    /** A server of another trust domain, which publishes its bundle. */
    private record Partner(PlinthServer server, ManagedChannel channel, Path folder) implements AutoCloseable {
        static final String DOMAIN = "partner.example";

        static Partner start(Path folder) throws IOException {
            var server = PlinthServer.start(ServerConfiguration.alone(folder, ANY, ANY, Optional.empty())
                    .with(TrustConfiguration.of(DOMAIN).federating(ANY)));
            var partner = new Partner(
                    server,
                    NettyChannelBuilder.forAddress(
                                    server.http().host(), server.http().port())
                            .usePlaintext()
                            .build(),
                    folder);
            await().until(() -> partner.trust()
                            .getDomain(GetDomainRequest.getDefaultInstance())
                            .getAuthoritiesCount()
                    == 1);
            var _ = partner.trust()
                    .setLives(SetLivesRequest.newBuilder()
                            .setAuthorityLifeSeconds(3_600)
                            .setSvidLifeSeconds(600)
                            .setPublishingSeconds(8)
                            .build());
            return partner;
        }

        TrustGrpc.TrustBlockingStub trust() {
            return SpiffeClientTest.trust(channel, folder);
        }

        String bundle() {
            return trust().getBundle(GetBundleRequest.getDefaultInstance()).getJwks();
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.close();
        }
    }

    @Test
    void authority_and_entries_outlive_a_restart() throws Exception {
        put(entry("unix:path:" + java()));
        try (var client = client()) {
            var before = client.ask("fetch");
            close();
            open();
            await().untilAsserted(() -> assertThat(client.tryTo("fetch")).startsWith("= " + ID));
            assertThat(word(client.ask("fetch"), "signer")).isEqualTo(word(before, "signer"));
        }
    }
}
