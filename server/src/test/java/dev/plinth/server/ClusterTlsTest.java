package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.raft.RaftMember;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three servers of one trust domain, without any certificates in files. */
@Timeout(180)
class ClusterTlsTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final List<String> NAMES = List.of("a", "b", "c");

    @TempDir
    private Path data;

    private final Map<String, PlinthServer> running = new LinkedHashMap<>();
    private Path rootKey;
    private ClusterConfiguration cluster;

    @BeforeEach
    void configure() throws IOException {
        rootKey = data.resolve("root.key");
        TrustConfiguration.makeRootKey(rootKey);
        var ports = FreePorts.find(2 * NAMES.size());
        cluster = new ClusterConfiguration(
                NAMES.getFirst(),
                IntStream.range(0, NAMES.size())
                        .mapToObj(i -> new ClusterConfiguration.Server(
                                NAMES.get(i),
                                new RaftMember("127.0.0.1", ports.get(2 * i)),
                                new Listen("127.0.0.1", ports.get(2 * i + 1))))
                        .toList(),
                Optional.empty());
    }

    @AfterEach
    void stop() {
        running.values().forEach(PlinthServer::close);
    }

    private void start(String name, Path key) throws IOException {
        var self = cluster.as(name);
        running.put(
                name,
                PlinthServer.start(ServerConfiguration.alone(
                                data.resolve(name), self.own().http(), new Listen("127.0.0.1", 0), Optional.empty())
                        .with(new TrustConfiguration(
                                "example.org", Optional.empty(), Optional.of(key), Optional.empty(), Optional.empty()))
                        .in(self)));
    }

    private boolean hasLeaders(String name) {
        return GrpcClients.newClient("gproto+http://" + running.get(name).http(), ClusterGrpc.ClusterBlockingStub.class)
                .getCluster(GetClusterRequest.getDefaultInstance())
                .getGroupsList()
                .stream()
                .noneMatch(group -> group.getLeader().isEmpty());
    }

    private int authorities(String name) throws IOException {
        return GrpcClients.builder("gproto+http://" + running.get(name).http())
                .addHeader("authorization", "Bearer " + Files.readString(TrustConfiguration.token(data.resolve(name))))
                .build(TrustGrpc.TrustBlockingStub.class)
                .getDomain(GetDomainRequest.getDefaultInstance())
                .getAuthoritiesCount();
    }

    @Test
    void they_know_one_another_by_their_root_key_and_hear_nobody_who_shows_nothing() throws Exception {
        for (String name : NAMES) {
            start(name, rootKey);
        }
        await().atMost(LONG).until(() -> NAMES.stream().allMatch(this::hasLeaders));
        await().atMost(LONG).ignoreExceptions().until(() -> authorities("c") == 1);

        var raft = cluster.as("a").own().raft();
        var context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (var socket = (SSLSocket) context.getSocketFactory().createSocket(raft.host(), raft.port())) {
            socket.startHandshake();
            assertThat(((X509Certificate) socket.getSession().getPeerCertificates()[0])
                            .getSubjectAlternativeNames()
                            .iterator()
                            .next()
                            .get(1))
                    .isEqualTo("spiffe://example.org/plinth/server/a");
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SSLException.class);
        }
    }

    @Test
    void a_server_without_the_domains_root_key_does_not_start_and_one_with_another_gets_no_word() throws Exception {
        assertThatThrownBy(() -> start("a", data.resolve("none.key")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the same file on all servers of the cluster");

        var another = data.resolve("another.key");
        TrustConfiguration.makeRootKey(another);
        start("a", rootKey);
        start("b", rootKey);
        start("c", another);
        await().atMost(LONG).until(() -> hasLeaders("a") && hasLeaders("b"));

        assertThat(GrpcClients.newClient(
                                "gproto+http://" + running.get("c").http(), ClusterGrpc.ClusterBlockingStub.class)
                        .getCluster(GetClusterRequest.getDefaultInstance())
                        .getGroupsList())
                .allSatisfy(group -> assertThat(group.getLeader()).isEmpty());
    }

    /** Believes whoever answers: the question here is what the other side does. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
