package dev.plinth.registry.door.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Listing;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.wire.registry.v1.FollowRequest;
import dev.plinth.wire.registry.v1.RegistryPeersGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real registries that follow one another over real connections. */
@Timeout(60)
class RegistryPeersTest {
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var each : opened.reversed()) {
            each.close();
        }
    }

    private PeerServer server(long incarnation) throws IOException {
        var server = PeerServer.start(incarnation);
        opened.add(server);
        return server;
    }

    /** A line to a server, for one that follows it. */
    private CuttableLine line(PeerServer to) throws IOException {
        var line = new CuttableLine(to.address());
        opened.add(line);
        return line;
    }

    private static void meet(PeerServer... servers) {
        var addresses = Arrays.stream(servers).map(PeerServer::address).toArray(InetSocketAddress[]::new);
        for (var server : servers) {
            server.follow(addresses);
        }
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(10)).atMost(Duration.ofSeconds(30));
    }

    private static boolean connected(List<Listing> listings) {
        return listings.stream().allMatch(Listing::connected);
    }

    @Test
    void what_is_registered_with_one_server_is_known_to_all_before_and_after_they_meet() throws Exception {
        var one = server(1);
        var two = server(2);
        var three = server(3);
        var early = one.open(Optional.empty());
        one.register(early, "accounts", 1);
        meet(one, two, three);
        var late = two.open(Optional.empty());
        two.register(late, "accounts", 2);

        for (var server : List.of(one, two, three)) {
            soon().until(() -> server.endpoints("accounts").equals(List.of("127.0.0.1:1", "127.0.0.1:2")));
            assertThat(connected(server.listings("accounts"))).isTrue();
        }
        assertThat(three.listings("accounts").getFirst().registration())
                .isEqualTo(one.listings("accounts").getFirst().registration());

        one.deregister(early, "accounts", 1);
        for (var server : List.of(one, two, three)) {
            soon().until(() -> server.endpoints("accounts").equals(List.of("127.0.0.1:2")));
        }
    }

    @Test
    void a_server_passes_itself_over_in_the_list_that_all_are_given() throws Exception {
        var one = server(1);
        var two = server(2);
        meet(one, two);
        soon().until(() -> one.peers().stream()
                .map(PeerState::way)
                .toList()
                .equals(List.of(PeerState.Way.SELF, PeerState.Way.DIRECT)));
    }

    @Test
    void a_lost_servers_endpoints_are_suspect_and_kept_for_their_lease() throws Exception {
        var one = server(1);
        var two = server(2);
        meet(one, two);
        two.register(two.openBriefly(), "accounts", 1);
        soon().until(() -> one.endpoints("accounts").size() == 1);

        two.close();

        soon().until(() -> !connected(one.listings("accounts")));
        assertThat(one.registry.totals().join().lostPeers()).isEqualTo(1);
        soon().until(() -> one.endpoints("accounts").isEmpty());
        assertThat(one.registry.totals().join().lostPeers()).isZero();
    }

    @Test
    void a_client_that_moves_to_another_server_takes_its_endpoints_with_it_without_a_gap() throws Exception {
        var one = server(1);
        var two = server(2);
        var three = server(3);
        meet(one, two, three);
        var hold = one.open(Optional.empty());
        one.register(hold, "accounts", 1);
        soon().until(() -> two.endpoints("accounts").size() == 1
                && three.endpoints("accounts").size() == 1);
        var since = one.listings("accounts").getFirst().registration().since();

        // The first server has not noticed that its client has gone.
        var moved = two.open(Optional.of(hold.session()));
        assertThat(two.register(moved, "accounts", 1)).isEqualTo(new RegistryOutcome.Done());

        for (var server : List.of(one, two, three)) {
            soon().until(() -> {
                var listings = server.listings("accounts");
                assertThat(listings).hasSize(1);
                return listings.getFirst().registration().session().equals(moved.session());
            });
            assertThat(server.listings("accounts").getFirst().registration().since())
                    .isEqualTo(since);
        }
        two.deregister(moved, "accounts", 1);
        for (var server : List.of(one, two, three)) {
            soon().until(() -> server.endpoints("accounts").isEmpty());
        }
    }

    @Test
    void of_two_processes_that_claim_one_endpoint_on_two_servers_the_newer_has_it_everywhere() throws Exception {
        var one = server(1);
        var two = server(2);
        meet(one, two);
        var older = one.open(Optional.empty());
        one.register(older, "accounts", 1);
        soon().until(() -> two.endpoints("accounts").size() == 1);
        var newer = two.open(Optional.empty());
        two.register(newer, "accounts", 1);

        for (var server : List.of(one, two)) {
            soon().until(() -> server.listings("accounts")
                    .getFirst()
                    .registration()
                    .session()
                    .equals(newer.session()));
        }
        two.deregister(newer, "accounts", 1);
        for (var server : List.of(one, two)) {
            soon().until(() -> server.listings("accounts")
                    .getFirst()
                    .registration()
                    .session()
                    .equals(older.session()));
        }
    }

    @Test
    void a_server_that_starts_anew_is_followed_in_its_new_life() throws Exception {
        var one = server(1);
        var two = PeerServer.start(2);
        meet(one, two);
        two.register(two.openBriefly(), "accounts", 1);
        soon().until(() -> one.endpoints("accounts").size() == 1);
        var address = two.address();
        two.close();

        var again = await().ignoreException(IOException.class).until(() -> PeerServer.start(20, address), _ -> true);
        opened.add(again);
        again.register(again.open(Optional.empty()), "accounts", 2);

        soon().until(() -> one.endpoints("accounts").contains("127.0.0.1:2"));
        soon().until(() -> one.endpoints("accounts").equals(List.of("127.0.0.1:2")));
    }

    @Test
    void while_a_line_is_cut_what_is_changed_comes_by_way_of_a_third_server() throws Exception {
        var one = server(1);
        var two = server(2);
        var three = server(3);
        var line = line(two);
        one.follow(line.address(), three.address());
        three.follow(one.address(), two.address());
        var hold = two.open(Optional.empty());
        two.register(hold, "accounts", 1);
        soon().until(() -> one.endpoints("accounts").size() == 1);

        line.cut();

        soon().until(() -> one.peers().getFirst().way() == PeerState.Way.AROUND);
        two.register(hold, "accounts", 2);
        soon().until(() -> one.endpoints("accounts").equals(List.of("127.0.0.1:1", "127.0.0.1:2")));
        assertThat(connected(one.listings("accounts"))).isTrue();

        line.mend();

        soon().until(() -> one.peers().getFirst().way() == PeerState.Way.DIRECT);
        two.deregister(hold, "accounts", 1);
        soon().until(() -> one.endpoints("accounts").equals(List.of("127.0.0.1:2")));
    }

    @Test
    void a_server_that_starts_while_a_line_is_cut_goes_around_it() throws Exception {
        var two = server(2);
        var three = server(3);
        three.follow(two.address());
        var hold = two.open(Optional.empty());
        two.register(hold, "accounts", 1);
        soon().until(() -> three.endpoints("accounts").size() == 1);

        var one = server(1);
        var line = line(two);
        line.cut();
        one.follow(line.address(), three.address());

        soon().until(() -> one.endpoints("accounts").equals(List.of("127.0.0.1:1")));
        soon().until(() -> one.peers().getFirst().way() == PeerState.Way.AROUND);
        two.deregister(hold, "accounts", 1);
        soon().until(() -> one.endpoints("accounts").isEmpty());

        line.mend();
        soon().until(() -> one.peers().getFirst().way() == PeerState.Way.DIRECT);
    }

    @Test
    void what_came_by_way_of_a_third_server_is_passed_on_to_nobody() throws Exception {
        var one = server(1);
        var two = server(2);
        var three = server(3);
        var line = line(two);
        line.cut();
        three.follow(two.address());
        one.follow(line.address(), three.address());
        two.register(two.open(Optional.empty()), "accounts", 1);
        soon().until(() -> one.endpoints("accounts").size() == 1);

        var channel = NettyChannelBuilder.forAddress(
                        one.address().getHostString(), one.address().getPort())
                .usePlaintext()
                .build();
        opened.add(channel::shutdownNow);
        assertThatThrownBy(() -> RegistryPeersGrpc.newBlockingStub(channel)
                        .follow(FollowRequest.newBuilder().setServer(2).build())
                        .next())
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refused -> assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void after_a_cut_only_what_differs_is_told_and_all_agree() throws Exception {
        var one = server(1);
        var two = server(2);
        var line = line(two);
        one.follow(line.address());
        var hold = two.open(Optional.empty());
        for (int port = 1; port <= 1_000; port++) {
            two.register(hold, "accounts-" + port % 10, port);
        }
        soon().until(() -> one.endpoints() == 1_000);

        line.cut();
        soon().until(() -> one.peers().getFirst().way() == PeerState.Way.LOST);
        two.deregister(hold, "accounts-1", 1);
        two.register(hold, "accounts-1", 2_000);
        line.mend();

        soon().until(() -> one.peers().getFirst().way() == PeerState.Way.DIRECT);
        soon().until(() -> one.endpoints("accounts-1").equals(two.endpoints("accounts-1")));
        var digests = two.registry.held(2).join().orElseThrow().digests();
        assertThat(one.registry.held(2).join().orElseThrow().digests()).isEqualTo(digests);
    }

    @Test
    void a_copy_that_went_wrong_is_put_right() throws Exception {
        var one = server(1);
        var two = server(2);
        one.follow(two.address());
        var hold = two.open(Optional.empty());
        two.register(hold, "accounts", 1);
        soon().until(() -> one.endpoints("accounts").size() == 1);

        // As if a message had never come.
        one.registry
                .submit(new RegistryCommand.PeerTells(
                        2, List.of(), List.of(EndpointName.ofKey("accounts bolt 127.0.0.1:1")), false))
                .join();
        assertThat(one.endpoints("accounts")).isEmpty();

        soon().until(() -> {
            return one.endpoints("accounts").size() == 1;
        });
    }

    @Test
    void what_is_no_sound_request_is_refused_and_a_server_that_is_not_known_is_not_found() throws Exception {
        var one = server(1);
        var channel =
                NettyChannelBuilder.forAddress(one.address()).usePlaintext().build();
        opened.add(channel::shutdownNow);
        var stub = RegistryPeersGrpc.newBlockingStub(channel);

        assertThat(status(() -> stub.follow(
                                FollowRequest.newBuilder().addDigests(1).build())
                        .hasNext()))
                .satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
                .satisfies(status -> assertThat(status.getDescription()).isEqualTo("digests are 1: expected 256"));
        assertThat(status(() -> stub.follow(
                                        FollowRequest.newBuilder().setServer(77).build())
                                .hasNext())
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    private static Status status(Callable<?> call) throws Exception {
        try {
            call.call();
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }
}
