package dev.plinth.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.plinth.rpc.RpcException.Code;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client does with endpoints that are away, go away, or answer strangely. */
class ClientTest {
    private static final ClientOptions PATIENT = ClientOptions.DEFAULT.withCallTimeout(Duration.ofSeconds(20));

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final AccountsProvider provider = new AccountsProvider();

    private BoltServer server(InetSocketAddress listen) throws IOException {
        BoltServer server = BoltServer.start(ServerOptions.DEFAULT.withListen(listen));
        opened.add(server);
        server.publish(Accounts.class, "1.0", provider);
        return server;
    }

    private BoltServer server() throws IOException {
        return server(ServerOptions.DEFAULT.listen());
    }

    private static Endpoint endpoint(BoltServer server) {
        return Endpoint.of(server.address().getHostString(), server.address().getPort());
    }

    private Accounts accounts(ClientOptions options, Endpoint... endpoints) {
        BoltClient client = BoltClient.create(options);
        opened.add(client);
        return client.reference(Accounts.class, Directory.of(endpoints)).proxy();
    }

    /** A port on which nobody listens any more. */
    private static Endpoint closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Endpoint.of(socket.getInetAddress().getHostAddress(), socket.getLocalPort());
        }
    }

    /** Accepts connections and handles each as the test says. */
    private Endpoint strangeServer(Handler handler) throws IOException {
        ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        opened.add(socket);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    RawConnection connection = new RawConnection(socket.accept());
                    opened.add(connection);
                    Thread.ofVirtual().start(() -> {
                        try {
                            handler.handle(connection);
                        } catch (IOException e) {
                            // The client has closed; the test is over.
                        }
                    });
                }
            } catch (IOException e) {
                // The socket was closed at the test's end.
            }
        });
        return Endpoint.of(socket.getInetAddress().getHostAddress(), socket.getLocalPort());
    }

    private interface Handler {
        void handle(RawConnection connection) throws IOException;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : new ArrayList<>(opened).reversed()) {
            each.close();
        }
    }

    @Test
    void an_endpoint_that_cannot_be_connected_to_is_passed_over() throws Exception {
        var accounts = accounts(PATIENT, closedPort(), endpoint(server()), closedPort());
        for (int i = 0; i < 20; i++) {
            assertThat(accounts.add(i, 1)).isEqualTo(i + 1);
        }
    }

    @Test
    void when_no_endpoint_can_be_reached_the_call_was_surely_not_made() throws Exception {
        Endpoint gone = closedPort();
        var accounts = accounts(PATIENT, gone);
        var thrown = catchThrowableOfType(RpcException.class, () -> accounts.add(1, 1));
        assertThat(thrown.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(thrown.code().mayHaveRun()).isFalse();
        assertThat(thrown).hasMessageContaining("cannot connect to " + gone.address());
    }

    @Test
    void when_no_endpoint_is_known_the_service_is_named() {
        var accounts = accounts(PATIENT);
        assertThatThrownBy(() -> accounts.add(1, 1))
                .isInstanceOf(RpcException.class)
                .hasMessage("UNAVAILABLE: no endpoint of dev.plinth.rpc.Accounts:1.0 is known");
    }

    @Test
    void a_connection_that_broke_is_made_again() throws Exception {
        BoltServer first = server();
        var options = PATIENT.withBackOff(Duration.ofMillis(10), Duration.ofMillis(20));
        var accounts = accounts(options, endpoint(first));
        assertThat(accounts.add(1, 1)).isEqualTo(2);
        first.close();
        server(first.address());
        await().ignoreExceptions().until(() -> accounts.add(1, 2) == 3);
    }

    @Test
    void a_call_whose_connection_breaks_is_not_made_twice() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        Endpoint breaks = strangeServer(connection -> {
            connection.receive();
            requests.incrementAndGet();
            connection.close();
        });
        var accounts = accounts(PATIENT, breaks, endpointLike(breaks, requests));
        var thrown = catchThrowableOfType(RpcException.class, () -> accounts.add(1, 1));
        assertThat(thrown.code()).isEqualTo(Code.CONNECTION_LOST);
        assertThat(thrown.code().mayHaveRun()).isTrue();
        assertThat(requests).hasValue(1);
    }

    /** Another server that breaks in the same way. */
    private Endpoint endpointLike(Endpoint other, AtomicInteger requests) throws IOException {
        Endpoint second = strangeServer(connection -> {
            connection.receive();
            requests.incrementAndGet();
            connection.close();
        });
        assertThat(second).isNotEqualTo(other);
        return second;
    }

    @Test
    void an_idempotent_call_whose_connection_breaks_is_made_at_another_endpoint() throws Exception {
        AtomicInteger broken = new AtomicInteger();
        Endpoint breaks = strangeServer(connection -> {
            connection.receive();
            broken.incrementAndGet();
            connection.close();
        });
        var accounts = accounts(PATIENT, breaks, endpoint(server()));
        await().until(() -> {
            assertThat(accounts.remember("x")).isEqualTo("x");
            return broken.get() > 0;
        });
    }

    @Test
    void a_server_that_falls_silent_is_found_out_by_heartbeats() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Endpoint silent = strangeServer(connection -> {
            while (connection
                    .receive()
                    .filter(BoltFrame.Heartbeat.class::isInstance)
                    .isEmpty()) {
                // The request first, which it does not answer either.
            }
            asked.countDown();
            connection.receive();
        });
        var accounts = accounts(PATIENT.withHeartbeat(Duration.ofMillis(50)), silent);
        var thrown = catchThrowableOfType(RpcException.class, () -> accounts.add(1, 1));
        assertThat(thrown.code()).isEqualTo(Code.CONNECTION_LOST);
        assertThat(thrown).hasMessageContaining("has been silent for");
        assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void heartbeats_keep_a_quiet_connection() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        AtomicInteger beats = new AtomicInteger();
        Endpoint polite = strangeServer(connection -> {
            connections.incrementAndGet();
            while (true) {
                var frame = connection.receive();
                if (frame.isEmpty()) {
                    return;
                }
                if (frame.get() instanceof BoltFrame.Heartbeat beat) {
                    connection.send(new BoltFrame.HeartbeatAck(beat.dialect(), beat.id()));
                    beats.incrementAndGet();
                } else {
                    connection.send(new BoltFrame.Response(
                            BoltDialect.V1,
                            frame.get().id(),
                            (byte) 1,
                            BoltStatus.SERVER_THREADPOOL_BUSY,
                            "",
                            Unpooled.EMPTY_BUFFER,
                            Unpooled.EMPTY_BUFFER));
                }
            }
        });
        var accounts = accounts(PATIENT.withHeartbeat(Duration.ofMillis(50)), polite);
        for (int i = 0; i < 2; i++) {
            assertThat(catchThrowableOfType(RpcException.class, () -> accounts.add(1, 1))
                            .code())
                    .isEqualTo(Code.OVERLOADED);
            int before = beats.get();
            await().until(() -> beats.get() > before + 6);
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void a_server_that_speaks_something_else_fails_the_call_at_once() throws Exception {
        Endpoint http = strangeServer(connection -> {
            connection.receive();
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            connection.receive();
        });
        var accounts = accounts(PATIENT, http);
        var thrown = catchThrowableOfType(RpcException.class, () -> accounts.add(1, 1));
        assertThat(thrown.code()).isEqualTo(Code.CONNECTION_LOST);
        assertThat(thrown).hasMessageContaining("byte 0 of a frame is 0x48: expected Bolt's protocol 1 or 2");
    }

    @Test
    void an_answer_over_the_limit_fails_its_call_by_name() throws Exception {
        var accounts = accounts(PATIENT.withLimits(new BoltLimits(2000)), endpoint(server()));
        var thrown = catchThrowableOfType(RpcException.class, () -> accounts.echo("x".repeat(3000)));
        assertThat(thrown.code()).isEqualTo(Code.TOO_LARGE);
        assertThat(thrown).hasMessageContaining("expected at most contentBytesMax = 2000");
        assertThat(accounts.add(1, 1)).isEqualTo(2);
    }

    @Test
    void calls_beyond_the_connections_limit_are_refused_here() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        CountDownLatch received = new CountDownLatch(2);
        Endpoint slow = strangeServer(connection -> {
            while (true) {
                if (connection.receive().isEmpty()) {
                    return;
                }
                received.countDown();
            }
        });
        BoltClient client = BoltClient.create(PATIENT.withInFlightMax(2));
        opened.add(client);
        var reference = client.reference(Accounts.class, Directory.of(slow));
        CompletableFuture<Integer> first = reference.async(it -> it.add(1, 1));
        CompletableFuture<Integer> second = reference.async(it -> it.add(1, 1));
        assertThat(received.await(20, TimeUnit.SECONDS)).isTrue();
        var thrown =
                catchThrowableOfType(RpcException.class, () -> reference.proxy().add(1, 1));
        assertThat(thrown.code()).isEqualTo(Code.OVERLOADED);
        assertThat(thrown).hasMessageContaining("inFlightMax = 2");
        answer.countDown();
        client.close();
        assertThat(first).failsWithin(Duration.ofSeconds(20));
        assertThat(second).failsWithin(Duration.ofSeconds(20));
    }

    @Test
    void endpoints_of_ones_own_zone_are_preferred() throws Exception {
        BoltServer near = server();
        BoltServer far = server();
        Endpoint nearEndpoint =
                new Endpoint(near.address().getHostString(), near.address().getPort(), Map.of(Endpoint.ZONE, "z1"));
        Endpoint farEndpoint =
                new Endpoint(far.address().getHostString(), far.address().getPort(), Map.of(Endpoint.ZONE, "z2"));
        var accounts = accounts(PATIENT.inZone("z1"), farEndpoint, nearEndpoint);
        for (int i = 0; i < 10; i++) {
            accounts.notice("x");
        }
        near.close();
        // From another zone rather than not at all.
        await().ignoreExceptions().until(() -> accounts.add(1, 1) == 2);
    }

    @Test
    void a_closed_client_calls_nobody() throws Exception {
        BoltClient client = BoltClient.create(PATIENT);
        var accounts = client.reference(Accounts.class, Directory.of(endpoint(server())))
                .proxy();
        assertThat(accounts.add(1, 1)).isEqualTo(2);
        client.close();
        assertThat(catchThrowableOfType(RpcException.class, () -> accounts.add(1, 1))
                        .code())
                .isEqualTo(Code.CLOSED);
    }

    @Test
    void many_threads_share_a_connection_and_get_their_own_answers() throws Exception {
        var accounts = accounts(PATIENT, endpoint(server()));
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int thread = 0; thread < 20; thread++) {
            int number = thread;
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 200; i++) {
                        assertThat(accounts.add(number * 1000, i)).isEqualTo(number * 1000 + i);
                    }
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
        }
        all.forEach(CompletableFuture::join);
    }
}
