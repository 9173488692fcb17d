package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.kernel.FreePorts;
import dev.plinth.raft.RaftMember;
import dev.plinth.server.ClusterConfiguration.Entry;
import dev.plinth.transactions.TransactionPartitions;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.GetClusterResponse;
import dev.plinth.wire.cluster.v1.RemoveServerRequest;
import dev.plinth.wire.cluster.v1.Role;
import dev.plinth.wire.cluster.v1.Server;
import dev.plinth.wire.cluster.v1.TransferLeadRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that come into a cluster and go out of it, in this process. */
class MembershipTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final List<String> NAMES = List.of("a", "b", "c", "d");
    private static final CellMap TWO_CELLS = CellMap.evenly(
            ShardFunction.lastDigits(100),
            List.of(Cell.sharded("east", Zone.of("z1", "r")), Cell.sharded("west", Zone.of("z2", "r"))));

    @TempDir
    private Path data;

    private final Map<String, PlinthServer> running = new LinkedHashMap<>();
    private final Map<String, ClusterConfiguration.Server> places = new LinkedHashMap<>();
    private final List<String> said = new ArrayList<>();

    @BeforeEach
    void choosePorts() throws IOException {
        var ports = FreePorts.find(2 * NAMES.size());
        for (int i = 0; i < NAMES.size(); i++) {
            places.put(
                    NAMES.get(i),
                    new ClusterConfiguration.Server(
                            NAMES.get(i),
                            new RaftMember("127.0.0.1", ports.get(2 * i)),
                            new Listen("127.0.0.1", ports.get(2 * i + 1))));
        }
    }

    @AfterEach
    void stop() {
        running.values().forEach(PlinthServer::close);
    }

    private ClusterConfiguration.Server place(String name) {
        return Objects.requireNonNull(places.get(name));
    }

    private PlinthServer server(String name) {
        return Objects.requireNonNull(running.get(name));
    }

    private ServerConfiguration alone(String name) {
        return new ServerConfiguration(
                data.resolve(name),
                place(name).http(),
                SeataConfiguration.on(new Listen("127.0.0.1", 0)),
                TransactionPartitions.ONE,
                RegistryDoors.NONE,
                Optional.of(TWO_CELLS),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private void start(String name, ServerConfiguration configuration) throws IOException {
        var server = PlinthServer.start(configuration);
        running.put(name, server);
        server.awaitMember(said::add);
    }

    private ServerConfiguration entering(String name, Entry entry) {
        return alone(name).in(new ClusterConfiguration(name, List.of(place(name)), Optional.empty()).entering(entry));
    }

    private void join(String name, String asked) throws IOException {
        start(name, entering(name, new Entry.Join(place(asked).http())));
    }

    private void found(String name) throws IOException {
        start(name, entering(name, new Entry.Found()));
        await().atMost(LONG).until(() -> epoch(name) == 1);
    }

    private ClusterGrpc.ClusterBlockingStub cluster(String name) {
        return GrpcClients.builder("gproto+http://" + server(name).http())
                .responseTimeout(LONG)
                .build(ClusterGrpc.ClusterBlockingStub.class);
    }

    private GetClusterResponse ask(String name) {
        return cluster(name).getCluster(GetClusterRequest.getDefaultInstance());
    }

    private List<String> servers(String name) {
        return ask(name).getServersList().stream().map(Server::getName).toList();
    }

    private boolean leads(String name) {
        return ask(name).getGroupsList().stream().anyMatch(group -> group.getRole() == Role.ROLE_LEADER);
    }

    private boolean remove(String name, String asked) {
        return cluster(asked)
                .removeServer(RemoveServerRequest.newBuilder().setServer(name).build())
                .getStops();
    }

    private long epoch(String name) {
        try {
            return GrpcClients.newClient(
                            "gproto+http://" + server(name).http(), CellMapsGrpc.CellMapsBlockingStub.class)
                    .getCellMap(GetCellMapRequest.getDefaultInstance())
                    .getEpoch();
        } catch (StatusRuntimeException e) {
            return 0;
        }
    }

    private int health(String name, String what) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(
                                            URI.create("http://" + server(name).http() + "/health/" + what))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    @Test
    void servers_join_one_by_one_know_their_cluster_when_they_start_again_and_one_leaves() throws Exception {
        found("a");
        join("b", "a");
        join("c", "b");

        assertThat(said).last().asString().contains("is a member of the cluster of a, b, c");
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(running.keySet())
                        .allSatisfy(name -> assertThat(servers(name)).containsExactly("a", "b", "c")));
        assertThat(ask("c").getGroupsList())
                .allSatisfy(group -> assertThat(group.getMembersCount()).isEqualTo(3));
        assertThat(epoch("c")).isEqualTo(1);
        assertThat(health("c", "ready")).isEqualTo(200);

        running.remove("b").close();
        start("b", alone("b")); // nobody tells it of a cluster
        await().atMost(LONG).until(() -> epoch("b") == 1);
        assertThat(servers("b")).containsExactly("a", "b", "c");

        // Refused while c does not reach b, which it lost when b stopped.
        await().atMost(LONG)
                .ignoreExceptionsMatching(e -> String.valueOf(e.getMessage()).contains("have to run"))
                .until(() -> remove("a", "c"));
        assertThat(server("a").left()).succeedsWithin(LONG);
        running.remove("a").close();
        await().atMost(LONG).until(() -> epoch("b") == 1 && epoch("c") == 1);
        assertThat(servers("b")).containsExactly("b", "c");
        assertThat(servers("c")).containsExactly("b", "c");
        assertThatThrownBy(() -> PlinthServer.start(alone("a")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was taken out of its cluster");
    }

    @Test
    void a_server_that_is_dead_is_taken_out_but_not_if_the_rest_would_have_no_majority() throws Exception {
        found("a");
        join("b", "a");
        join("c", "a");
        running.remove("c").close();

        assertThatThrownBy(() -> remove("b", "a"))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("FAILED_PRECONDITION")
                .hasMessageContaining("of which 2 have to run, and only a does");
        assertThatThrownBy(() -> remove("nobody", "a"))
                .hasMessageContaining("NOT_FOUND")
                .hasMessageContaining("expected one of a, b, c");

        assertThat(remove("c", "a")).isFalse();
        await().atMost(LONG).untilAsserted(() -> assertThat(servers("b")).containsExactly("a", "b"));
        assertThat(ask("a").getGroupsList())
                .allSatisfy(group -> assertThat(group.getMembersCount()).isEqualTo(2));
    }

    @Test
    void a_name_that_is_taken_and_data_of_another_life_are_refused() throws Exception {
        found("a");
        var b = place("b");
        var asA = new ClusterConfiguration.Server("a", b.raft(), b.http());
        var taken = alone("b")
                .in(new ClusterConfiguration("a", List.of(asA), Optional.empty())
                        .entering(new Entry.Join(place("a").http())));
        assertThatThrownBy(() -> PlinthServer.start(taken))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "--join " + place("a").http() + ": the name a is taken by the server whose Raft door is "
                                + place("a").raft());

        start("b", alone("b"));
        running.remove("b").close();
        assertThatThrownBy(() -> join("b", "a"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("this is the data of a server that was alone")
                .hasMessageContaining("--adopt");
    }

    @Test
    void a_server_that_was_alone_begins_a_cluster_with_what_it_has_if_it_is_told_to() throws Exception {
        start("a", alone("a"));
        assertThat(epoch("a")).isEqualTo(1);
        running.remove("a").close();

        assertThatThrownBy(() -> found("a"))
                .hasMessageContaining("it is not passed over")
                .hasMessageContaining("--adopt");
        var three = new ClusterConfiguration(
                "a", List.of(place("a"), place("b"), place("c")), Optional.empty(), true, new Entry.Adopt());
        assertThatThrownBy(() -> PlinthServer.start(alone("a").in(three)))
                .hasMessageContaining("expected this server as the only one");
        assertThatThrownBy(() -> start("d", entering("d", new Entry.Adopt())))
                .hasMessageContaining("expected the data of a server that was alone, found none");

        start("a", entering("a", new Entry.Adopt()));
        join("b", "a");
        join("c", "a");
        running.remove("a").close();
        await().atMost(LONG).until(() -> epoch("b") == 1 && epoch("c") == 1);

        start("a", entering("a", new Entry.Adopt())); // a second time it does no harm
        await().atMost(LONG).until(() -> epoch("a") == 1);
        assertThat(servers("a")).containsExactly("a", "b", "c");
    }

    @Test
    void a_lead_goes_where_it_is_sent_and_a_server_that_stops_hands_over_its_own() throws Exception {
        found("a");
        join("b", "a");
        join("c", "a");
        await().atMost(LONG).ignoreExceptions().untilAsserted(() -> {
            var _ = cluster("b")
                    .transferLead(TransferLeadRequest.newBuilder()
                            .setGroup("cells")
                            .setServer("c")
                            .build());
            assertThat(ask("a").getGroups(0).getLeader())
                    .isEqualTo(place("c").raft().toString());
        });
        assertThatThrownBy(() -> cluster("b")
                        .transferLead(TransferLeadRequest.newBuilder()
                                .setGroup("no-such-group")
                                .setServer("c")
                                .build()))
                .hasMessageContaining("NOT_FOUND");

        assertThat(leads("c")).isTrue();
        running.remove("c").close();
        assertThat(ask("a").getGroupsList())
                .allSatisfy(group -> assertThat(group.getLeader())
                        .isNotEmpty()
                        .isNotEqualTo(place("c").raft().toString()));
        await().atMost(LONG).until(() -> epoch("a") == 1);
        assertThat(health("a", "ready")).isEqualTo(200);
        assertThat(health("a", "live")).isEqualTo(200);
    }
}
