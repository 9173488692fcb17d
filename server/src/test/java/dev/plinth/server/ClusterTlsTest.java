package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.kernel.FreePorts;
import dev.plinth.kernel.Network;
import dev.plinth.raft.RaftMember;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.Role;
import dev.plinth.wire.cluster.v1.TransferLeadRequest;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
        cluster = at("127.0.0.1");
    }

    private static ClusterConfiguration at(String host) throws IOException {
        var ports = FreePorts.find(2 * NAMES.size());
        return new ClusterConfiguration(
                NAMES.getFirst(),
                IntStream.range(0, NAMES.size())
                        .mapToObj(i -> new ClusterConfiguration.Server(
                                NAMES.get(i),
                                new RaftMember(host, ports.get(2 * i)),
                                new Listen(host, ports.get(2 * i + 1))))
                        .toList(),
                Optional.empty());
    }

    @AfterEach
    void stop() {
        running.values().forEach(PlinthServer::close);
    }

    private void start(String name, Path key) throws IOException {
        start(name, key, SeataConfiguration.on(new Listen("127.0.0.1", 0)));
    }

    private void start(String name, Path key, SeataConfiguration seata) throws IOException {
        var self = cluster.as(name);
        running.put(
                name,
                PlinthServer.start(
                        ServerConfiguration.alone(data.resolve(name), self.own().console(), seata, Optional.empty())
                                .with(TrustConfiguration.of("example.org").withRootKey(key))
                                .in(self)));
    }

    private boolean hasLeaders(String name) {
        return cluster(name).getCluster(GetClusterRequest.getDefaultInstance()).getGroupsList().stream()
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

    @Test
    void off_loopback_seatas_clients_are_told_by_each_server_where_all_of_them_may_be_asked() throws Exception {
        var host = OffLoopback.address();
        cluster = at(host);
        var clients = new UnprovenClients(true, List.of(Network.parse(host)));
        var ports = FreePorts.find(NAMES.size());
        for (int i = 0; i < NAMES.size(); i++) {
            start(
                    NAMES.get(i),
                    rootKey,
                    new SeataConfiguration(
                            new Listen(host, 0),
                            Optional.empty(),
                            Optional.of(new Listen(host, ports.get(i))),
                            clients));
        }
        try (var client = HttpClient.newHttpClient()) {
            for (int port : ports) {
                var request = HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/metadata/v1/cluster"))
                        .build();
                await().atMost(LONG).untilAsserted(() -> {
                    var nodes = new ObjectMapper()
                            .readTree(client.send(request, HttpResponse.BodyHandlers.ofString())
                                    .body())
                            .get("nodes");
                    assertThat(nodes).hasSize(NAMES.size());
                    assertThat(nodes)
                            .extracting(node -> node.at("/control/port").asInt())
                            .containsExactlyElementsOf(ports);
                    assertThat(nodes)
                            .allMatch(node -> node.at("/control/host").asText().equals(host)
                                    && node.at("/transaction/host").asText().equals(host));
                });
            }
        }
    }

    @Test
    void off_loopback_they_reach_one_another_by_a_door_for_servers_alone() throws Exception {
        cluster = at(OffLoopback.address());
        for (String name : NAMES) {
            start(name, rootKey);
        }
        await().atMost(LONG).until(() -> NAMES.stream().allMatch(this::hasLeaders));

        // One server has to ask another: for the lead of a group that it may not have, and for what the others'
        // registries know.
        var follower = NAMES.stream().filter(name -> !leads(name)).findFirst().orElseThrow();
        var _ = cluster(follower)
                .transferLead(TransferLeadRequest.newBuilder()
                        .setGroup("transactions")
                        .setServer(follower)
                        .build());
        await().atMost(LONG).until(() -> leads(follower));
        var client = GrpcClients.newClient("gproto+http://" + running.get("a").http(), RegistryGrpc.RegistryStub.class)
                .connect(new NothingHeard());
        client.onNext(ClientMessage.newBuilder()
                .setOpen(Open.newBuilder().setClient("provider").setLeaseMillis(60_000))
                .build());
        client.onNext(ClientMessage.newBuilder()
                .setRequestId(1)
                .setRegister(Register.newBuilder()
                        .setEndpoint(Endpoint.newBuilder()
                                .setService("accounts")
                                .setProtocol("bolt")
                                .setAddress("10.0.0.1:1")))
                .build());
        await().atMost(LONG).until(() -> NAMES.stream().allMatch(name -> endpoints(name) == 1));
        client.onCompleted();

        var door = cluster.as("a").own().http();
        var context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (var socket = (SSLSocket) context.getSocketFactory().createSocket(door.host(), door.port())) {
            socket.startHandshake();
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SSLException.class);
        }
        assertThatThrownBy(() -> GrpcClients.newClient("gproto+http://" + door, ClusterGrpc.ClusterBlockingStub.class)
                        .getCluster(GetClusterRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);
    }

    private ClusterGrpc.ClusterBlockingStub cluster(String name) {
        return GrpcClients.newClient(
                "gproto+http://" + running.get(name).http(), ClusterGrpc.ClusterBlockingStub.class);
    }

    private boolean leads(String name) {
        return cluster(name).getCluster(GetClusterRequest.getDefaultInstance()).getGroupsList().stream()
                .anyMatch(group -> group.getName().equals("transactions") && group.getRole() == Role.ROLE_LEADER);
    }

    private int endpoints(String name) {
        return GrpcClients.newClient(
                        "gproto+http://" + running.get(name).http(), RegistryGrpc.RegistryBlockingStub.class)
                .listEndpoints(ListEndpointsRequest.getDefaultInstance())
                .getRegistrationsCount();
    }

    /** What the registry says to a client that does not listen. */
    private static final class NothingHeard implements StreamObserver<ServerMessage> {
        @Override
        public void onNext(ServerMessage message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
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
