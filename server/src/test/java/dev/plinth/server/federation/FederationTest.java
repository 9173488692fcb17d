package dev.plinth.server.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.kernel.SystemClock;
import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.wire.trust.v1.GetBundleRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.PutFederatedRequest;
import dev.plinth.wire.trust.v1.RemoveFederatedRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import dev.plinth.wire.trust.v1.TrustGrpc.TrustBlockingStub;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two servers, two trust domains. */
@Timeout(180)
class FederationTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String PARTNER = "partner.example";
    private static final SpiffeId ID = SpiffeId.parse("spiffe://" + PARTNER + FederationServer.PATH);

    @TempDir
    private Path folder;

    private PlinthServer own;
    private PlinthServer partner;

    @BeforeEach
    void open() throws IOException {
        own = start("own", TrustConfiguration.of("example.org"));
        partner = start(PARTNER, TrustConfiguration.of(PARTNER).federating(ANY));
    }

    private PlinthServer start(String name, TrustConfiguration trust) throws IOException {
        var server = PlinthServer.start(ServerConfiguration.alone(folder.resolve(name), ANY, ANY, Optional.empty())
                .with(trust));
        await().atMost(LONG)
                .until(() -> trust(server, name)
                                .getDomain(GetDomainRequest.getDefaultInstance())
                                .getAuthoritiesCount()
                        == 1);
        return server;
    }

    @AfterEach
    void close() {
        own.close();
        partner.close();
    }

    private TrustBlockingStub trust(PlinthServer server, String name) throws IOException {
        return GrpcClients.builder("gproto+http://" + server.http())
                .addHeader(
                        "authorization", "Bearer " + Files.readString(TrustConfiguration.token(folder.resolve(name))))
                .build(TrustBlockingStub.class);
    }

    private String bundle() throws IOException {
        return trust(partner, PARTNER)
                .getBundle(GetBundleRequest.getDefaultInstance())
                .getJwks();
    }

    private URI url() {
        return URI.create("https://" + partner.federation().orElseThrow() + "/");
    }

    private String fetch(String known, SpiffeId id) throws Exception {
        try (var clock = new SystemClock()) {
            var context = SSLContext.getInstance("TLS");
            context.init(
                    null, new TrustManager[] {new EndpointIdentity(Bundles.parse(PARTNER, known), id, clock)}, null);
            try (var client = HttpClient.newBuilder().sslContext(context).build()) {
                return client.send(HttpRequest.newBuilder(url()).build(), HttpResponse.BodyHandlers.ofString())
                        .body();
            }
        }
    }

    @Test
    void a_bundle_is_published_by_an_identity_that_it_verifies_itself_and_by_nobody_else() throws Exception {
        assertThat(fetch(bundle(), ID)).isEqualTo(bundle());
        assertThatThrownBy(() -> fetch(bundle(), SpiffeId.parse("spiffe://" + PARTNER + "/another")))
                .hasMessageContaining("expected a server with identity spiffe://" + PARTNER + "/another");
        var others = trust(own, "own")
                .getBundle(GetBundleRequest.getDefaultInstance())
                .getJwks();
        assertThatThrownBy(() -> fetch(others, ID)).hasMessageContaining("as the bundle that is known verifies it");
    }

    @Test
    void a_rotation_there_arrives_here_by_itself_and_nothing_arrives_from_whom_was_parted_with() throws Exception {
        trust(partner, PARTNER)
                .setLives(SetLivesRequest.newBuilder()
                        .setAuthorityLifeSeconds(3_600)
                        .setSvidLifeSeconds(600)
                        .setPublishingSeconds(20)
                        .build());
        trust(own, "own")
                .putFederated(PutFederatedRequest.newBuilder()
                        .setDomain(PARTNER)
                        .setJwks(bundle())
                        .setUrl(url().toString())
                        .setEndpointId(ID.toString())
                        .build());

        trust(partner, PARTNER).rotate(RotateRequest.getDefaultInstance());

        await().atMost(LONG).untilAsserted(() -> {
            assertThat(bundle().split("x509-svid", -1))
                    .as("two authorities there")
                    .hasSize(3);
            assertThat(held()).as("and here").isEqualTo(bundle());
        });
        trust(own, "own")
                .removeFederated(
                        RemoveFederatedRequest.newBuilder().setDomain(PARTNER).build());
        assertThat(trust(own, "own")
                        .getDomain(GetDomainRequest.getDefaultInstance())
                        .getFederatedList())
                .isEmpty();
    }

    private String held() throws IOException {
        return trust(own, "own")
                .getFederated(dev.plinth.wire.trust.v1.GetFederatedRequest.newBuilder()
                        .setDomain(PARTNER)
                        .build())
                .getJwks();
    }
}
