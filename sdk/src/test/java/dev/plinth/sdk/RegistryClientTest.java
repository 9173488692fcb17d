package dev.plinth.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.rpc.Endpoint;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Opened;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The registry's client against the real registry, which goes away and comes back. */
final class RegistryClientTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String SERVICE = "bank.Accounts:1.0";

    private final TestServer server = new TestServer();
    private final List<AutoCloseable> opened = new ArrayList<>();

    private RegistryClient client(String name, String... servers) {
        return client(name, List.of(servers), List.of());
    }

    private RegistryClient client(String name, List<String> servers, List<String> registries) {
        ServerChannels channels = new ServerChannels(parse(servers), parse(registries));
        Turns turns = new Turns("test-" + name);
        RegistryClient client = new RegistryClient(name, channels, turns);
        opened.add(client);
        opened.add(turns);
        opened.add(channels);
        return client;
    }

    private static List<HostPort> parse(List<String> addresses) {
        return addresses.stream().map(HostPort::parse).toList();
    }

    private static dev.plinth.wire.registry.v1.Endpoint endpoint(String address) {
        return dev.plinth.wire.registry.v1.Endpoint.newBuilder()
                .setService(SERVICE)
                .setProtocol("bolt")
                .setAddress(address)
                .putMetadata(Endpoint.CELL, "east")
                .build();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(LONG);
    }

    private static List<String> addresses(RegistryClient client) {
        return client.endpoints(SERVICE).stream().map(Endpoint::address).toList();
    }

    private List<String> registered() {
        return server.registry().endpoints(Optional.of(SERVICE), Optional.empty(), "", 100).join().items().stream()
                .map(listing -> listing.registration().endpoint())
                .map(it -> it.name().address())
                .toList();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        server.close();
    }

    @Test
    void what_one_process_serves_another_one_sees_with_its_metadata() {
        RegistryClient caller = client("caller", server.address());
        assertThat(caller.endpoints(SERVICE)).isEmpty();
        assertThat(client("provider", server.address())
                        .register(endpoint("127.0.0.1:9001"))
                        .await(LONG))
                .isTrue();
        soon().until(() -> addresses(caller).equals(List.of("127.0.0.1:9001")));
        assertThat(caller.endpoints(SERVICE).getFirst().cell()).contains("east");
    }

    @Test
    void the_first_list_can_be_waited_for_and_what_is_withdrawn_goes() {
        RegistryClient provider = client("provider", server.address());
        RegistryClient.Registered registered = provider.register(endpoint("127.0.0.1:9001"));
        assertThat(registered.await(LONG)).isTrue();

        RegistryClient caller = client("caller", server.address());
        assertThat(caller.awaitListed(SERVICE, LONG)).isPositive();
        assertThat(addresses(caller)).containsExactly("127.0.0.1:9001");
        assertThat(caller.awaitListed(SERVICE, LONG)).isEqualTo(LONG);

        registered.withdraw();
        soon().until(() -> addresses(caller).isEmpty());
    }

    @Test
    void while_the_registry_is_away_the_last_known_endpoints_hold_and_after_its_restart_all_is_registered_anew() {
        RegistryClient provider = client("provider", server.address());
        assertThat(provider.register(endpoint("127.0.0.1:9001")).await(LONG)).isTrue();
        RegistryClient caller = client("caller", server.address());
        assertThat(caller.awaitListed(SERVICE, LONG)).isPositive();

        for (int restart = 0; restart < 3; restart++) {
            server.stop();
            assertThat(addresses(caller)).containsExactly("127.0.0.1:9001");
            server.start();
            soon().until(() -> {
                assertThat(addresses(caller))
                        .as("at no moment is the list empty")
                        .containsExactly("127.0.0.1:9001");
                return registered().equals(List.of("127.0.0.1:9001"));
            });
        }

        assertThat(provider.register(endpoint("127.0.0.1:9002")).await(LONG)).isTrue();
        soon().until(() -> addresses(caller).containsAll(List.of("127.0.0.1:9001", "127.0.0.1:9002")));
    }

    @Test
    void a_registration_made_while_the_registry_is_away_is_made_up_for() {
        server.stop();
        RegistryClient provider = client("provider", server.address());
        RegistryClient.Registered registered = provider.register(endpoint("127.0.0.1:9001"));
        assertThat(registered.await(Duration.ofMillis(50))).isFalse();
        server.start();
        assertThat(registered.await(LONG)).isTrue();
        assertThat(registered()).containsExactly("127.0.0.1:9001");
    }

    @Test
    void one_of_several_servers_will_do() throws Exception {
        server.stop();
        String away = server.address();
        try (TestServer other = new TestServer()) {
            RegistryClient provider = client("provider", away, other.address());
            assertThat(provider.register(endpoint("127.0.0.1:9001")).await(LONG))
                    .isTrue();
        }
    }

    @Test
    void when_a_server_of_several_dies_its_clients_go_on_with_another_and_no_list_is_empty_meanwhile()
            throws Exception {
        try (TestServer other = new TestServer()) {
            server.follow(other);
            other.follow(server);
            RegistryClient provider = client("provider", server.address(), other.address());
            assertThat(provider.register(endpoint("127.0.0.1:9001")).await(LONG))
                    .isTrue();
            RegistryClient caller = client("caller", server.address(), other.address());
            assertThat(caller.awaitListed(SERVICE, LONG)).isPositive();
            soon().until(() -> addresses(caller).equals(List.of("127.0.0.1:9001")));
            TestServer dying = provider.server().toString().equals(server.address()) ? server : other;
            TestServer surviving = dying == server ? other : server;

            dying.stop();

            soon().until(() -> {
                assertThat(addresses(caller))
                        .as("at no moment is the list empty")
                        .containsExactly("127.0.0.1:9001");
                return surviving.connected(SERVICE).equals(List.of("127.0.0.1:9001"));
            });
            assertThat(provider.register(endpoint("127.0.0.1:9002")).await(LONG))
                    .isTrue();
            soon().until(() -> addresses(caller).contains("127.0.0.1:9002"));
        }
    }

    @Test
    void the_registry_is_asked_at_its_own_port_where_it_has_one_and_left_there_when_its_server_dies() throws Exception {
        try (TestServer other = new TestServer()) {
            List<String> servers = List.of(server.address(), other.address());
            // Not those of the same servers, so that it shows where the registry is asked.
            List<String> registries = List.of(other.registryAddress(), server.registryAddress());
            RegistryClient provider = client("provider", servers, registries);
            assertThat(provider.register(endpoint("127.0.0.1:9001")).await(LONG))
                    .isTrue();
            boolean first = provider.server().toString().equals(server.address());
            TestServer asked = first ? other : server;
            TestServer next = first ? server : other;
            assertThat(asked.connected(SERVICE)).containsExactly("127.0.0.1:9001");
            assertThat(next.connected(SERVICE)).isEmpty();

            asked.stop();

            soon().until(() -> next.connected(SERVICE).equals(List.of("127.0.0.1:9001")));
            asked.start();
        }
    }

    @Test
    void a_server_that_falls_silent_is_left_for_another_one_long_before_the_lease_is_over() throws Exception {
        Server silent = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new RegistryGrpc.RegistryImplBase() {
                    @Override
                    public StreamObserver<ClientMessage> connect(StreamObserver<ServerMessage> answers) {
                        answers.onNext(ServerMessage.newBuilder()
                                .setOpened(
                                        Opened.newBuilder().setSessionId("a-1").setLeaseMillis(60_000))
                                .build());
                        return new Unheard();
                    }
                })
                .build()
                .start();
        try {
            String unheard = "127.0.0.1:" + silent.getPort();
            for (int i = 0; i < 4; i++) {
                assertThat(client("provider-" + i, unheard, server.address())
                                .register(endpoint("127.0.0.1:900" + i))
                                .await(LONG))
                        .isTrue();
            }
        } finally {
            silent.shutdownNow();
        }
    }

    /** Takes what it is told, and says nothing. */
    private static final class Unheard implements StreamObserver<ClientMessage> {
        @Override
        public void onNext(ClientMessage message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }

    @Test
    void an_endpoint_whose_earlier_process_still_seems_alive_is_registered_once_that_has_ended() {
        RegistryClient earlier = client("earlier", server.address());
        assertThat(earlier.register(endpoint("127.0.0.1:9001")).await(LONG)).isTrue();
        RegistryClient.Registered later = client("later", server.address()).register(endpoint("127.0.0.1:9001"));
        assertThat(later.await(Duration.ofMillis(300)))
                .as("refused as a duplicate")
                .isFalse();
        earlier.close();
        assertThat(later.await(LONG)).isTrue();
    }

    @Test
    void an_endpoint_that_is_none_is_refused_with_the_registrys_reason() {
        RegistryClient provider = client("provider", server.address());
        RegistryClient.Registered registered = provider.register(endpoint("nowhere"));
        assertThatThrownBy(() -> registered.await(LONG))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("address");
    }

    @Test
    void a_client_that_closes_takes_its_endpoints_with_it_at_once() {
        RegistryClient provider = client("provider", server.address());
        assertThat(provider.register(endpoint("127.0.0.1:9001")).await(LONG)).isTrue();
        provider.close();
        assertThat(registered()).isEmpty();
    }

    @Test
    void a_registry_that_falls_silent_without_a_word_is_connected_to_anew() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        Server silent = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new RegistryGrpc.RegistryImplBase() {
                    @Override
                    public StreamObserver<ClientMessage> connect(StreamObserver<ServerMessage> answers) {
                        connections.incrementAndGet();
                        answers.onNext(ServerMessage.newBuilder()
                                .setOpened(Opened.newBuilder().setSessionId("s").setLeaseMillis(90))
                                .build());
                        return new Unheard();
                    }
                })
                .build()
                .start();
        try {
            client("caller", "127.0.0.1:" + silent.getPort());
            soon().until(() -> connections.get() >= 3);
        } finally {
            silent.shutdownNow();
        }
    }
}
