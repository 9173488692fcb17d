package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.kernel.FreePorts;
import dev.plinth.raft.RaftMember;
import dev.plinth.transactions.TransactionPartitions;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.GetClusterResponse;
import dev.plinth.wire.cluster.v1.Group;
import dev.plinth.wire.cluster.v1.Role;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.ExplainRequest;
import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.PutRuleRequest;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.RegistryOperationsGrpc;
import dev.plinth.wire.registry.v1.Rule;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.SwitchedOffRule;
import dev.plinth.wire.registry.v1.WeightRule;
import dev.plinth.wire.transactions.v1.GetPulseRequest;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three servers that run as one, in this process; {@code acceptance} has them as processes of their own, and kills them. */
class ClusterTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final CellMap TWO_CELLS = CellMap.evenly(
            ShardFunction.lastDigits(100),
            List.of(Cell.sharded("east", Zone.of("z1", "r")), Cell.sharded("west", Zone.of("z2", "r"))));

    @TempDir
    private Path data;

    private final Map<String, PlinthServer> running = new LinkedHashMap<>();
    private ClusterConfiguration cluster;

    @AfterEach
    void stop() {
        running.values().forEach(PlinthServer::close);
    }

    private void startAll() throws IOException {
        var ports = FreePorts.find(2 * NAMES.size());
        var servers = IntStream.range(0, NAMES.size())
                .mapToObj(i -> new ClusterConfiguration.Server(
                        NAMES.get(i),
                        new RaftMember("127.0.0.1", ports.get(2 * i)),
                        new Listen("127.0.0.1", ports.get(2 * i + 1))))
                .toList();
        cluster = new ClusterConfiguration(NAMES.getFirst(), servers, Optional.empty());
        for (String name : NAMES) {
            start(name);
        }
        await().atMost(LONG).until(() -> NAMES.stream().allMatch(this::hasLeaders));
    }

    private void start(String name) throws IOException {
        var self = cluster.as(name);
        running.put(
                name,
                PlinthServer.start(new ServerConfiguration(
                        data.resolve(name),
                        self.own().http(),
                        SeataConfiguration.on(new Listen("127.0.0.1", 0)),
                        TransactionPartitions.ONE,
                        RegistryDoors.NONE,
                        Optional.of(TWO_CELLS),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(self))));
    }

    private GetClusterResponse ask(String name) {
        return GrpcClients.newClient("gproto+http://" + running.get(name).http(), ClusterGrpc.ClusterBlockingStub.class)
                .getCluster(GetClusterRequest.getDefaultInstance());
    }

    private boolean hasLeaders(String name) {
        return ask(name).getGroupsList().stream()
                .noneMatch(group -> group.getLeader().isEmpty());
    }

    /** The epoch of the map that this server has; 0 if it cannot say now. */
    private long epoch(String name) {
        try {
            return GrpcClients.newClient(
                            "gproto+http://" + running.get(name).http(), CellMapsGrpc.CellMapsBlockingStub.class)
                    .getCellMap(GetCellMapRequest.getDefaultInstance())
                    .getEpoch();
        } catch (StatusRuntimeException e) {
            return 0;
        }
    }

    @Test
    void every_server_answers_for_the_cluster_and_goes_on_without_the_one_that_led() throws IOException {
        startAll();
        var groups = ask("a").getGroupsList();
        assertThat(groups)
                .extracting(Group::getName)
                .containsExactly("cells", "configuration", "secrets", "transactions", "trust");
        assertThat(groups)
                .allSatisfy(group -> assertThat(group.getMembersCount()).isEqualTo(3));
        await().atMost(LONG).until(() -> NAMES.stream().allMatch(name -> epoch(name) == 1));

        // While groups are spread over the servers, none may say for a moment that it leads.
        String leader = await().atMost(LONG)
                .until(
                        () -> NAMES.stream()
                                .filter(name -> ask(name).getGroups(0).getRole() == Role.ROLE_LEADER)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
        running.remove(leader).close();

        await().atMost(LONG).until(() -> running.keySet().stream().allMatch(name -> epoch(name) == 1));

        start(leader);
        await().atMost(LONG).until(() -> epoch(leader) == 1);
    }

    private RegistryOperationsGrpc.RegistryOperationsBlockingStub operations(String name) {
        return GrpcClients.newClient(
                "gproto+http://" + running.get(name).http(),
                RegistryOperationsGrpc.RegistryOperationsBlockingStub.class);
    }

    /** The weights of the endpoints that callers are shown by this server. */
    private List<Integer> weights(String name) {
        return GrpcClients.newClient(
                        "gproto+http://" + running.get(name).http(), RegistryGrpc.RegistryBlockingStub.class)
                .listEndpoints(ListEndpointsRequest.getDefaultInstance())
                .getRegistrationsList()
                .stream()
                .map(registration -> registration.getEndpoint().getWeight())
                .toList();
    }

    private static Rule weightOf(String address, int weight) {
        return Rule.newBuilder()
                .setWeight(WeightRule.newBuilder()
                        .setService("accounts")
                        .setAddress(address)
                        .setWeight(weight))
                .build();
    }

    private static Rule off(String address) {
        return Rule.newBuilder()
                .setSwitchedOff(
                        SwitchedOffRule.newBuilder().setService("accounts").setAddress(address))
                .build();
    }

    private void put(String name, Rule rule) {
        var _ = operations(name)
                .putRule(PutRuleRequest.newBuilder()
                        .setRule(rule)
                        .setAuthor("ann")
                        .build());
    }

    @Test
    void what_people_say_of_endpoints_at_one_server_holds_on_all_and_after_a_restart() throws IOException {
        startAll();
        var client = GrpcClients.newClient("gproto+http://" + running.get("a").http(), RegistryGrpc.RegistryStub.class)
                .connect(new NothingHeard());
        client.onNext(ClientMessage.newBuilder()
                .setOpen(Open.newBuilder().setClient("provider").setLeaseMillis(60_000))
                .build());
        for (var address : List.of("10.0.0.1:1", "10.0.0.2:1")) {
            client.onNext(ClientMessage.newBuilder()
                    .setRequestId(1)
                    .setRegister(Register.newBuilder()
                            .setEndpoint(dev.plinth.wire.registry.v1.Endpoint.newBuilder()
                                    .setService("accounts")
                                    .setProtocol("bolt")
                                    .setAddress(address)))
                    .build());
        }
        await().atMost(LONG)
                .until(() -> NAMES.stream().allMatch(name -> weights(name).equals(List.of(100, 100))));

        put("b", off("10.0.0.1:1"));
        put("c", weightOf("10.0.0.2:1", 7));

        await().atMost(LONG)
                .until(() -> NAMES.stream().allMatch(name -> weights(name).equals(List.of(7))));
        running.remove("c").close();
        start("c");
        await().atMost(LONG).until(() -> weights("c").equals(List.of(7)));
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(operations("c")
                                .explain(ExplainRequest.newBuilder()
                                        .setService("accounts")
                                        .setAddress("10.0.0.1:1")
                                        .build())
                                .getFindingsList())
                        .anyMatch(finding -> finding.contains("it is switched off, by ann")));
        client.onCompleted();
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

    /** What Seata's clients are told by this server, as JSON. */
    private JsonNode seataServers(String name) {
        var request = HttpRequest.newBuilder(
                        URI.create("http://" + running.get(name).http() + "/metadata/v1/cluster?group="))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return new ObjectMapper()
                    .readTree(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<JsonNode> leader(JsonNode servers) {
        for (var node : servers.get("nodes")) {
            if (node.get("role").asText().equals("LEADER")) {
                return Optional.of(node);
            }
        }
        return Optional.empty();
    }

    private CompletableFuture<HttpResponse<String>> watchSeataServers(HttpClient client, String name, long term) {
        return client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://" + running.get(name).http() + "/metadata/v1/watch"))
                        .header("content-type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("default=" + term))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void seatas_clients_are_told_of_all_servers_alike_and_of_the_new_leader_when_the_old_one_is_gone()
            throws IOException {
        startAll();
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(
                                NAMES.stream().map(this::seataServers).distinct())
                        .singleElement()
                        .satisfies(servers -> {
                            assertThat(servers.get("nodes")).hasSize(3);
                            assertThat(leader(servers)).isPresent();
                        }));
        var before = seataServers("a");
        int http = leader(before).orElseThrow().at("/control/port").asInt();
        String led = NAMES.stream()
                .filter(name -> running.get(name).http().port() == http)
                .findFirst()
                .orElseThrow();
        assertThat(leader(before).orElseThrow().at("/transaction/port").asInt())
                .isEqualTo(running.get(led).seata().port());
        String other =
                NAMES.stream().filter(name -> !name.equals(led)).findFirst().orElseThrow();

        try (var client = HttpClient.newHttpClient()) {
            var watching = watchSeataServers(client, other, before.get("term").asLong());
            running.remove(led).close();

            assertThat(watching)
                    .succeedsWithin(LONG)
                    .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(200));
        }
        var after = seataServers(other);
        assertThat(after.get("term").asLong()).isGreaterThan(before.get("term").asLong());
        assertThat(leader(after).orElseThrow().at("/control/port").asInt()).isNotEqualTo(http);
        assertThat(after.get("nodes")).as("it is a member still").hasSize(3);
    }

    @Test
    void a_server_without_the_majority_starts_and_says_that_nobody_leads() throws IOException {
        startAll();
        running.remove("a").close();
        running.remove("b").close();

        await().atMost(LONG)
                .until(() -> ask("c").getGroupsList().stream()
                        .allMatch(group -> group.getLeader().isEmpty()));
        assertThat(epoch("c")).isZero();
        assertThat(consoleTells("c", "Nobody leads transactions")).succeedsWithin(LONG);
    }

    /** Completes when the console of this server was told so. */
    private CompletableFuture<Boolean> consoleTells(String name, String text) {
        var request = HttpRequest.newBuilder(
                        URI.create("http://" + running.get(name).http() + "/api/v1/live"))
                .build();
        return CompletableFuture.supplyAsync(() -> {
            try (var client = HttpClient.newHttpClient()) {
                var lines = client.send(request, HttpResponse.BodyHandlers.ofLines())
                        .body();
                boolean told = lines.anyMatch(line -> line.contains(text));
                client.shutdownNow();
                return told;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        });
    }

    @Test
    void a_server_that_is_alone_says_so() throws IOException {
        try (var server = PlinthServer.start(ServerConfiguration.alone(
                data.resolve("alone"), new Listen("127.0.0.1", 0), new Listen("127.0.0.1", 0), Optional.empty()))) {
            running.put("alone", server);
            assertThat(ask("alone").getSelf()).isEmpty();
            assertThat(GrpcClients.newClient(
                                    "gproto+http://" + server.http(), TransactionsGrpc.TransactionsBlockingStub.class)
                            .getPulse(GetPulseRequest.getDefaultInstance()))
                    .isNotNull();
        }
    }
}
