package dev.plinth.transactions.door.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Inbox;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.SystemClock;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import dev.plinth.transactions.Peers;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.TransactionPartitions;
import dev.plinth.transactions.TransactionView;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two or three servers of one cluster, as far as one asks the other. */
class PeersTest {
    private static final PhaseTwo CONFIRM = new PhaseTwo(
            new TransactionId(7),
            8,
            BranchType.TCC,
            "debit",
            "bank:10.0.0.7:4711",
            "10.0.0.1:8091",
            "{\"amount\":10}",
            PhaseTwo.Direction.COMMIT);

    @TempDir
    Path directory;

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (var one : opened.reversed()) {
            one.close();
        }
        workers.close();
        clock.close();
    }

    /** A server, where some participants are connected. */
    private final class TestServer {
        final Queue<PhaseTwo> asked = new ConcurrentLinkedQueue<>();
        // Set by the test, read by the threads of the coordinator and the door.
        volatile Set<String> resources;
        final Coordinator coordinator;
        final int port;

        TestServer(Peers peers, String... resources) throws IOException {
            this.resources = Set.of(resources);
            var thread = SerialThread.named("coordinator");
            var history = DiskStorage.open(directory.resolve("history-" + opened.size()));
            var participants = new Participants() {
                @Override
                public CompletableFuture<Participants.Answer> perform(PhaseTwo phaseTwo) {
                    asked.add(phaseTwo);
                    return CompletableFuture.completedFuture(Participants.Answer.of(BranchStatus.PHASE_TWO_COMMITTED));
                }

                @Override
                public boolean reaches(PhaseTwo phaseTwo) {
                    return TestServer.this.resources.contains(phaseTwo.resourceId());
                }
            };
            coordinator = Coordinator.open(
                    List.of(new Inbox<Command>(1, thread, clock)),
                    TransactionPartitions.ONE,
                    history,
                    participants,
                    peers,
                    clock);
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(new PeersDoor(coordinator, participants, workers))
                    .build()
                    .start();
            port = server.getPort();
            opened.add(history);
            opened.add(thread);
            opened.add(coordinator);
            opened.add(server::shutdownNow);
        }
    }

    private PeerServers peers(Integer... ports) {
        var channels = Stream.of(ports)
                .map(port -> {
                    ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                            .usePlaintext()
                            .build();
                    opened.add(channel::shutdownNow);
                    return channel;
                })
                .toList();
        return new PeerServers(() -> channels);
    }

    /** A port on which nobody listens. */
    private static int nobody() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void phase_two_finds_the_server_to_which_a_participant_is_connected_past_those_that_have_none_or_are_away()
            throws IOException {
        var other = new TestServer(Peers.NONE, "credit");
        var right = new TestServer(Peers.NONE, "debit");
        var peers = peers(nobody(), other.port, right.port);
        assertThat(peers.perform(CONFIRM).join()).isEqualTo(Participants.Answer.of(BranchStatus.PHASE_TWO_COMMITTED));
        assertThat(peers.perform(CONFIRM).join()).isEqualTo(Participants.Answer.of(BranchStatus.PHASE_TWO_COMMITTED));
        assertThat(right.asked).containsExactly(CONFIRM, CONFIRM);
        assertThat(other.asked).isEmpty();
    }

    @Test
    void a_participant_that_is_nowhere_is_not_reached() throws IOException {
        var peers = peers(new TestServer(Peers.NONE).port, nobody());
        assertThatThrownBy(() -> peers.perform(CONFIRM).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(Peers.NotReached.class)
                .hasMessage("no client that serves debit is connected to any server that can be reached");
    }

    @Test
    void a_participant_that_comes_to_another_server_is_asked_there() throws IOException {
        var second = new TestServer(Peers.NONE);
        var first = new TestServer(peers(second.port));
        var transaction = decided(first, "credit");
        Awaitility.await().until(() -> attempts(first, transaction) >= 3);
        second.resources = Set.of("credit");
        peers(first.port).participantBack(Set.of("credit"));
        Awaitility.await().until(() -> !second.asked.isEmpty());
        Awaitility.await().until(() -> first.coordinator.status(transaction).join() == GlobalStatus.COMMITTED);
    }

    private static int attempts(TestServer server, TransactionId transaction) {
        return server.coordinator
                .get(transaction)
                .join()
                .orElseThrow()
                .branches()
                .getFirst()
                .attempts();
    }

    @Test
    void what_ended_is_found_in_the_history_of_the_server_that_has_it() throws IOException {
        var first = new TestServer(Peers.NONE, "debit");
        var transaction = decided(first, "debit");
        Awaitility.await()
                .until(() -> first.coordinator.recorded(transaction).join().isPresent());
        var second = new TestServer(peers(nobody(), first.port));
        assertThat(second.coordinator.get(transaction).join())
                .map(TransactionView::status)
                .contains(GlobalStatus.COMMITTED);
        assertThat(second.coordinator.commit(transaction).join()).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(second.coordinator.status(new TransactionId(1)).join()).isEqualTo(GlobalStatus.FINISHED);
    }

    @Test
    void in_a_cluster_what_ended_stays_in_the_engine_for_as_long_as_another_history_may_be_behind() throws IOException {
        var server = new TestServer(new PeerServers(List::of, Duration.ofHours(1)), "debit");
        var transaction = decided(server, "debit");
        Awaitility.await()
                .until(() -> server.coordinator.recorded(transaction).join().isPresent());
        assertThat(server.coordinator.counts().join().unrecorded()).isEqualTo(1);
    }

    private static TransactionId decided(TestServer server, String resource) {
        var transaction = server.coordinator
                .begin(new Command.Begin("pay", Duration.ofSeconds(60), "bank", "default_tx_group"))
                .join();
        server.coordinator
                .register(new Command.RegisterBranch(
                        transaction, BranchType.TCC, resource, "bank:10.0.0.7:4711", "{}", List.of(), true))
                .join();
        server.coordinator.commit(transaction).join();
        return transaction;
    }
}
