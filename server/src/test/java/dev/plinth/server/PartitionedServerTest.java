package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.kernel.FreePorts;
import dev.plinth.raft.RaftMember;
import dev.plinth.server.backup.Archive;
import dev.plinth.server.backup.StoppedServer;
import dev.plinth.transactions.TransactionPartitions;
import dev.plinth.transactions.TransactionPartitions.Group;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.transactions.v1.ListTransactionsRequest;
import dev.plinth.wire.transactions.v1.TransactionSummary;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers whose transactions have a partition for each of two cells. */
class PartitionedServerTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final TransactionPartitions EAST_AND_WEST =
            new TransactionPartitions(List.of("east", "west"), 0, List.of(new Group("west*", 1)));
    private static final String EAST_DB = "jdbc:east";
    private static final String WEST_DB = "jdbc:west";
    private static final String BOTH = EAST_DB + "," + WEST_DB;

    @TempDir
    private Path data;

    private final Map<String, PlinthServer> running = new LinkedHashMap<>();
    private final List<SeataLine> lines = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (var line : lines) {
            line.close();
        }
        running.values().forEach(PlinthServer::close);
    }

    private ServerConfiguration alone(String name) {
        return ServerConfiguration.alone(data.resolve(name), ANY, ANY, Optional.empty());
    }

    private PlinthServer start(String name, ServerConfiguration configuration) throws IOException {
        var server = PlinthServer.start(configuration);
        running.put(name, server);
        return server;
    }

    private void stop(String name) {
        Objects.requireNonNull(running.remove(name)).close();
    }

    private SeataLine line(PlinthServer server, String group) throws IOException {
        var line = new SeataLine(server.seata(), group, BOTH);
        lines.add(line);
        return line;
    }

    private static TransactionsGrpc.TransactionsBlockingStub transactions(PlinthServer server) {
        return GrpcClients.newClient("gproto+http://" + server.http(), TransactionsGrpc.TransactionsBlockingStub.class);
    }

    private static List<TransactionSummary> live(PlinthServer server) {
        return transactions(server)
                .listLive(ListTransactionsRequest.getDefaultInstance())
                .getTransactionsList();
    }

    private static List<TransactionSummary> recent(PlinthServer server) {
        return transactions(server)
                .listRecent(ListTransactionsRequest.getDefaultInstance())
                .getTransactionsList();
    }

    @Test
    void a_payment_between_cells_holds_its_rows_in_both_and_lets_go_of_them_with_the_decision() throws Exception {
        var server = start("one", alone("one").with(EAST_AND_WEST));
        var east = line(server, "east_tx");
        var west = line(server, "west_tx");

        var xid = west.begin();
        assertThat(Xid.parse(xid).id().partition()).isEqualTo(1);
        assertThat(west.register(xid, WEST_DB, "account:1")).isEmpty();
        assertThat(east.register(xid, EAST_DB, "account:1")).isEmpty();

        var other = east.begin();
        assertThat(east.register(other, EAST_DB, "account:1")).contains("is held by " + xid);
        assertThat(east.register(other, WEST_DB, "account:1")).contains("is held by " + xid);
        assertThat(live(server).stream().map(TransactionSummary::getCell)).containsExactly("east", "west");

        assertThat(west.commit(xid)).isEqualTo(GlobalStatus.COMMITTED);
        await().atMost(LONG).until(() -> west.free(EAST_DB, "account:1") && west.free(WEST_DB, "account:1"));
        assertThat(east.register(other, EAST_DB, "account:1")).isEmpty();
        assertThat(east.register(other, WEST_DB, "account:1")).isEmpty();
        assertThat(east.rollback(other)).isEqualTo(GlobalStatus.ROLLBACKED);
        await().atMost(LONG).until(() -> recent(server).size() == 2);
        assertThat(recent(server).stream().map(TransactionSummary::getCell)).containsExactly("east", "west");
        assertThat(east.free(WEST_DB, "account:1")).isTrue();
    }

    @Test
    void data_from_before_there_were_partitions_goes_on_in_the_first() throws Exception {
        var before = start("one", alone("one"));
        var line = line(before, "east_tx");
        var xid = line.begin();
        assertThat(line.register(xid, EAST_DB, "account:1")).isEmpty();
        stop("one");

        var server = start("one", alone("one").with(EAST_AND_WEST));
        var west = line(server, "west_tx");
        var other = west.begin();

        assertThat(west.register(other, EAST_DB, "account:1")).contains("is held by");
        assertThat(west.commit(xid)).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(west.register(other, EAST_DB, "account:1")).isEmpty();
        assertThat(west.commit(other)).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void a_list_that_lost_a_partition_or_has_them_in_another_order_is_refused() throws Exception {
        start("one", alone("one").with(EAST_AND_WEST));
        stop("one");

        assertThatThrownBy(() -> PlinthServer.start(alone("one")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "transactions.partitions: expected east, west, in this order, and new ones after them, found none");
        assertThatThrownBy(() -> PlinthServer.start(
                        alone("one").with(new TransactionPartitions(List.of("west", "east"), 0, List.of()))))
                .hasMessageContaining("found west, east");
        start("one", alone("one").with(new TransactionPartitions(List.of("east", "west", "north"), 2, List.of())));
    }

    @Test
    void a_backup_has_all_partitions_and_which_cells_they_are_of() throws Exception {
        var server = start("one", alone("one").with(EAST_AND_WEST));
        var line = line(server, "west_tx");
        var xid = line.begin();
        assertThat(line.register(xid, WEST_DB, "account:1")).isEmpty();
        assertThat(line.register(xid, EAST_DB, "account:1")).isEmpty();
        stop("one");
        var file = data.resolve("backup");
        new StoppedServer(data.resolve("one")).backup(file, "test", _ -> {});
        try (var archive = Archive.open(file)) {
            new StoppedServer(data.resolve("two")).restore(archive);
        }

        assertThatThrownBy(() -> PlinthServer.start(alone("two"))).hasMessageContaining("expected east, west");
        var restored = start("two", alone("two").with(EAST_AND_WEST));
        var again = line(restored, "west_tx");
        assertThat(again.register(again.begin(), WEST_DB, "account:1")).contains("is held by");
        assertThat(again.free(EAST_DB, "account:1")).isFalse();
        assertThat(again.commit(xid)).isEqualTo(GlobalStatus.COMMITTED);
        await().atMost(LONG).until(() -> again.free(EAST_DB, "account:1"));
    }

    @Test
    void any_server_of_three_takes_what_is_of_either_partition_and_goes_on_without_the_one_that_led() throws Exception {
        var names = List.of("a", "b", "c");
        var ports = FreePorts.find(2 * names.size());
        var servers = IntStream.range(0, names.size())
                .mapToObj(i -> new ClusterConfiguration.Server(
                        names.get(i),
                        new RaftMember("127.0.0.1", ports.get(2 * i)),
                        new Listen("127.0.0.1", ports.get(2 * i + 1))))
                .toList();
        var cluster = new ClusterConfiguration("a", servers, Optional.empty());
        for (var name : names) {
            start(name, alone(name).with(EAST_AND_WEST).in(cluster.as(name)));
        }
        await().atMost(LONG).until(() -> running.values().stream().allMatch(PartitionedServerTest::led));

        var atA = line(running("a"), "west_tx");
        var atB = line(running("b"), "east_tx");
        var xid = atA.begin();
        assertThat(atB.register(xid, EAST_DB, "account:1")).isEmpty();
        assertThat(atA.register(xid, WEST_DB, "account:1")).isEmpty();
        assertThat(atB.register(atB.begin(), WEST_DB, "account:1")).contains("is held by");

        var leads = leader(running("b"), "transactions-1");
        var gone = servers.stream()
                .filter(server -> server.raft().toString().equals(leads))
                .findFirst()
                .orElseThrow()
                .name();
        var rest = names.stream().filter(name -> !name.equals(gone)).toList();
        stop(gone);
        await().atMost(LONG).until(() -> running.values().stream().allMatch(PartitionedServerTest::led));
        var left = line(running(rest.getFirst()), "west_tx");
        assertThat(left.commit(xid)).isEqualTo(GlobalStatus.COMMITTED);
        var last = line(running(rest.getLast()), "east_tx");
        await().atMost(LONG).until(() -> last.free(EAST_DB, "account:1") && last.free(WEST_DB, "account:1"));
    }

    private PlinthServer running(String name) {
        return Objects.requireNonNull(running.get(name));
    }

    private static List<dev.plinth.wire.cluster.v1.Group> groups(PlinthServer server) {
        return GrpcClients.newClient("gproto+http://" + server.http(), ClusterGrpc.ClusterBlockingStub.class)
                .getCluster(GetClusterRequest.getDefaultInstance())
                .getGroupsList();
    }

    private static boolean led(PlinthServer server) {
        var groups = groups(server);
        return !groups.isEmpty()
                && groups.stream().noneMatch(group -> group.getLeader().isEmpty());
    }

    private static String leader(PlinthServer server, String group) {
        return groups(server).stream()
                .filter(one -> one.getName().equals(group))
                .findFirst()
                .orElseThrow()
                .getLeader();
    }
}
