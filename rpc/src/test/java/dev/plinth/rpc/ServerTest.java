package dev.plinth.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.plinth.rpc.RpcException.Code;
import dev.plinth.rpc.hessian.AllowedTypes;
import dev.plinth.rpc.hessian.SofaBodies;
import dev.plinth.rpc.hessian.SofaRequest;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltHeader;
import dev.plinth.wire.bolt.BoltLimits;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a server does with requests that it cannot, or shall not, serve. */
class ServerTest {

    /** A service that runs for as long as the test wants. */
    public interface Slow {
        String run(String name);
    }

    /** Counts who came in, and lets them out when told. */
    private static final class SlowProvider implements Slow {
        final AtomicInteger begun = new AtomicInteger();
        final CountDownLatch leave = new CountDownLatch(1);

        @Override
        public String run(String name) {
            begun.incrementAndGet();
            try {
                if (!leave.await(60, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody let " + name + " go");
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return name;
        }
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final SlowProvider slow = new SlowProvider();
    private final AccountsProvider accounts = new AccountsProvider();

    private BoltServer server(ServerOptions options) throws IOException {
        BoltServer server = BoltServer.start(options);
        opened.add(server);
        server.publish(Slow.class, "1.0", slow);
        server.publish(Accounts.class, "1.0", accounts);
        return server;
    }

    private BoltClient client(ClientOptions options) {
        BoltClient client = BoltClient.create(options);
        opened.add(client);
        return client;
    }

    private <T> RpcReference<T> reference(Class<T> type, BoltServer server) {
        return client(ClientOptions.DEFAULT.withCallTimeout(Duration.ofSeconds(30)))
                .reference(type, Directory.of(endpoint(server)));
    }

    private static Endpoint endpoint(BoltServer server) {
        return Endpoint.of(server.address().getHostString(), server.address().getPort());
    }

    private RawConnection raw(BoltServer server) throws IOException {
        var connection = new RawConnection(server.address());
        opened.add(connection);
        return connection;
    }

    @AfterEach
    void close() throws Exception {
        slow.leave.countDown();
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void a_request_whose_deadline_passed_while_it_waited_is_not_run() throws Exception {
        var server = server(ServerOptions.DEFAULT.withRequests(1, 10));
        var reference = reference(Slow.class, server);
        CompletableFuture<String> first = reference.async(it -> it.run("first"));
        await().until(() -> slow.begun.get() == 1);
        var raw = raw(server);
        raw.send(request(2, Slow.class, "run", "second", 100));
        var answer = (BoltFrame.Response) raw.receive().orElseThrow();
        assertThat(answer.status()).isEqualTo(BoltStatus.TIMEOUT);
        assertThat(BoltHeader.decode(answer.header()))
                .containsEntry("plinth.message", "TIMEOUT: the deadline passed before the request's turn came");
        slow.leave.countDown();
        assertThat(first.join()).isEqualTo("first");
        assertThat(reference.proxy().run("third")).isEqualTo("third");
        assertThat(slow.begun).hasValue(2);
    }

    @Test
    void a_caller_hears_when_its_time_is_over() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        var impatient = client(ClientOptions.DEFAULT.withCallTimeout(Duration.ofMillis(100)))
                .reference(Slow.class, Directory.of(endpoint(server)));
        var thrown =
                catchThrowableOfType(RpcException.class, () -> impatient.proxy().run("it"));
        assertThat(thrown.code()).isEqualTo(Code.TIMEOUT);
        assertThat(thrown.code().mayHaveRun()).isTrue();
    }

    @Test
    void a_request_beyond_the_limit_is_answered_overloaded_with_a_time_to_try_again() throws Exception {
        var reference = reference(Slow.class, server(ServerOptions.DEFAULT.withRequests(1, 2)));
        CompletableFuture<String> first = reference.async(it -> it.run("first"));
        await().until(() -> slow.begun.get() == 1);
        CompletableFuture<String> second = reference.async(it -> it.run("second"));
        // The second waits in the server's queue; when it is there, a further one is refused.
        await().untilAsserted(() -> {
            var thrown = catchThrowableOfType(
                    RpcException.class, () -> reference.proxy().run("third"));
            assertThat(thrown.code()).isEqualTo(Code.OVERLOADED);
            assertThat(thrown).hasMessageContaining("requestsMax = 2");
            assertThat(thrown.retryAfter()).isPresent();
        });
        slow.leave.countDown();
        assertThat(first.join()).isEqualTo("first");
        assertThat(second.join()).isEqualTo("second");
    }

    @Test
    void garbage_ends_its_own_connection_and_nothing_else() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        var proxy = reference(Accounts.class, server).proxy();
        assertThat(proxy.add(1, 1)).isEqualTo(2);
        var raw = raw(server);
        raw.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(raw.receive()).isEmpty();
        assertThat(proxy.add(1, 2)).isEqualTo(3);
    }

    @Test
    void an_unknown_command_is_answered_and_the_connection_goes_on() throws Exception {
        var raw = raw(server(ServerOptions.DEFAULT));
        byte[] unknown = RawConnection.bytes(new BoltFrame.Heartbeat(BoltDialect.V1, 5));
        unknown[3] = 99;
        raw.send(unknown);
        var answer = (BoltFrame.Response) raw.receive().orElseThrow();
        assertThat(answer.id()).isEqualTo(5);
        assertThat(answer.status()).isEqualTo(BoltStatus.CODEC_EXCEPTION);
        assertThat(BoltHeader.decode(answer.header()).get("plinth.message")).contains("command code 99");
        raw.send(new BoltFrame.Heartbeat(BoltDialect.V2_CRC, 6));
        assertThat(raw.receive()).contains(new BoltFrame.HeartbeatAck(BoltDialect.V2_CRC, 6));
    }

    @Test
    void a_request_over_the_limit_is_answered_before_the_connection_is_closed() throws Exception {
        var raw = raw(server(ServerOptions.DEFAULT.withLimits(new BoltLimits(1000))));
        raw.send(request(8, "x".repeat(2000)));
        var answer = (BoltFrame.Response) raw.receive().orElseThrow();
        assertThat(answer.id()).isEqualTo(8);
        assertThat(BoltHeader.decode(answer.header()))
                .containsEntry(RpcException.PROPERTY, "TOO_LARGE")
                .containsEntry(
                        "plinth.message",
                        "TOO_LARGE: the Bolt frame with id 8 announces 2195 bytes of content: expected 0 to 1000");
        assertThat(raw.receive()).isEmpty();
    }

    @Test
    void a_body_that_is_no_hessian_is_refused_and_the_connection_goes_on() throws Exception {
        var raw = raw(server(ServerOptions.DEFAULT));
        var header = Unpooled.buffer();
        BoltHeader.encode(Map.of("service", Accounts.class.getName() + ":1.0"), header);
        raw.send(new BoltFrame.Request(
                BoltDialect.V1,
                9,
                false,
                (byte) 1,
                1000,
                SofaBodies.REQUEST_TYPE,
                header,
                Unpooled.wrappedBuffer(new byte[] {'F', 'y'})));
        assertThat(error(raw.receive()))
                .isEqualTo("BAD_REQUEST: the request: it begins with a java.lang.Boolean: expected a SofaRequest");
        raw.send(request(10, "fine"));
        assertThat(value(raw.receive())).isEqualTo("fine");
    }

    @Test
    void a_header_that_is_cut_off_is_refused() throws Exception {
        var raw = raw(server(ServerOptions.DEFAULT));
        raw.send(new BoltFrame.Request(
                BoltDialect.V1,
                9,
                false,
                (byte) 1,
                1000,
                SofaBodies.REQUEST_TYPE,
                Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 9, 'x'}),
                Unpooled.EMPTY_BUFFER));
        assertThat(error(raw.receive()))
                .isEqualTo("BAD_REQUEST: at byte 0 of the header: a string of 9 bytes, where 1 are left");
    }

    @Test
    void another_codec_than_hessian_is_refused() throws Exception {
        var raw = raw(server(ServerOptions.DEFAULT));
        raw.send(new BoltFrame.Request(
                BoltDialect.V2,
                9,
                false,
                (byte) 11,
                1000,
                "com.example.Proto",
                Unpooled.EMPTY_BUFFER,
                Unpooled.EMPTY_BUFFER));
        assertThat(error(raw.receive()))
                .startsWith("BAD_REQUEST: the request's body is com.example.Proto in codec 11: expected "
                        + SofaBodies.REQUEST_TYPE);
    }

    private static BoltFrame.Request request(int id, String text) {
        return request(id, Accounts.class, "echo", text, 60_000);
    }

    private static BoltFrame.Request request(int id, Class<?> type, String method, String text, int timeoutMs) {
        ByteBuf header = Unpooled.buffer();
        String service = type.getName() + ":1.0";
        BoltHeader.encode(Map.of("service", service), header);
        ByteBuf content = Unpooled.buffer();
        new SofaBodies(AllowedTypes.of(type))
                .writeRequest(
                        new SofaRequest(service, method, List.of("java.lang.String"), "", Map.of()),
                        new Object[] {text},
                        content);
        return new BoltFrame.Request(
                BoltDialect.V1, id, false, (byte) 1, timeoutMs, SofaBodies.REQUEST_TYPE, header, content);
    }

    private static String error(Optional<BoltFrame> frame) {
        return response(frame).error().orElseThrow();
    }

    private static Object value(Optional<BoltFrame> frame) {
        return response(frame).value();
    }

    private static dev.plinth.rpc.hessian.SofaResponse response(Optional<BoltFrame> frame) {
        return new SofaBodies(AllowedTypes.of(Accounts.class))
                .readResponse(((BoltFrame.Response) frame.orElseThrow()).content());
    }

    /** On the class path of both sides, in no signature of the service. */
    public static final class Gadget {
        static final AtomicInteger MADE = new AtomicInteger();
        private final String command;

        public Gadget(String command) {
            MADE.incrementAndGet();
            this.command = command;
        }

        String command() {
            return command;
        }
    }

    @Test
    void a_type_that_no_signature_leads_to_is_refused_and_never_made() throws Exception {
        var proxy = reference(Accounts.class, server(ServerOptions.DEFAULT)).proxy();
        var gadget = new Gadget("rm -rf /");
        Gadget.MADE.set(0);
        var thrown = catchThrowableOfType(RpcException.class, () -> proxy.echoAny(gadget));
        assertThat(thrown.code()).isEqualTo(Code.REFUSED_TYPE);
        assertThat(thrown)
                .hasMessageContaining(
                        "argument 1 of echoAny: the type " + Gadget.class.getName() + " is not allowed here");
        assertThat(Gadget.MADE).hasValue(0);
        assertThat(gadget.command()).isNotEmpty();
        assertThat(proxy.add(1, 2)).isEqualTo(3);
    }

    @Test
    void a_type_that_the_application_adds_is_taken() throws Exception {
        BoltServer server = BoltServer.start(ServerOptions.DEFAULT);
        opened.add(server);
        server.publish(
                Accounts.class, "1.0", accounts, AllowedTypes.of(Accounts.class).plus(List.of(Gadget.class)));
        var proxy = client(ClientOptions.DEFAULT)
                .reference(
                        Accounts.class,
                        Directory.of(endpoint(server)),
                        ReferenceOptions.DEFAULT.allowing(List.of(), List.of("dev.plinth.rpc")))
                .proxy();
        assertThat(((Gadget) proxy.echoAny(new Gadget("ls"))).command()).isEqualTo("ls");
    }

    @Test
    void a_small_body_that_unfolds_without_end_is_refused() throws Exception {
        var proxy = reference(Accounts.class, server(ServerOptions.DEFAULT)).proxy();
        List<Object> bomb = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            List<Object> outer = new ArrayList<>();
            outer.add(bomb);
            outer.add(bomb);
            bomb = outer;
        }
        List<Object> whole = bomb;
        var thrown = catchThrowableOfType(RpcException.class, () -> proxy.echoAny(whole));
        assertThat(thrown.code()).isEqualTo(Code.TOO_LARGE);
        assertThat(thrown).hasMessageContaining("it unfolds to more than UNFOLDED_MAX = 1000000 objects");
    }

    @Test
    void a_body_that_is_nested_too_deep_is_refused() throws Exception {
        var proxy = reference(Accounts.class, server(ServerOptions.DEFAULT)).proxy();
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            deep = new ArrayList<>(List.of(deep));
        }
        List<Object> whole = deep;
        var thrown = catchThrowableOfType(RpcException.class, () -> proxy.echoAny(whole));
        assertThat(thrown.code()).isEqualTo(Code.TOO_LARGE);
        assertThat(thrown).hasMessageContaining("nested deeper than DEPTH_MAX = 100");
    }

    @Test
    void what_a_record_refuses_is_refused_with_its_reason() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        var looser = reference(Accounts.class, server).proxy();
        // A set that holds a wrongly typed element reaches the service; a component of the wrong type does not.
        assertThat(looser.echoAny(new HashSet<>(List.of(1, 2)))).isEqualTo(new HashSet<>(List.of(1, 2)));
        var raw = raw(server);
        raw.send(money("EURO"));
        assertThat(error(raw.receive()))
                .isEqualTo("BAD_REQUEST: argument 1 of group: a " + Accounts.Money.class.getName()
                        + " cannot be made of what came: currency: 'EURO' has not 3 letters");
    }

    /** As the record would be written that cannot exist. */
    private static BoltFrame.Request money(String currency) {
        byte[] good = RawConnection.bytes(group(currency.substring(0, 3)));
        ByteBuf content = Unpooled.buffer();
        new SofaBodies(AllowedTypes.of(Accounts.class))
                .writeRequest(
                        new SofaRequest(
                                Accounts.class.getName() + ":1.0", "group", List.of("java.util.List"), "", Map.of()),
                        new Object[] {List.of(new Accounts.Money(java.math.BigDecimal.ONE, "EUR"))},
                        content);
        assertThat(good).isNotEmpty();
        int at = io.netty.buffer.ByteBufUtil.indexOf(Unpooled.wrappedBuffer(new byte[] {3, 'E', 'U', 'R'}), content);
        ByteBuf changed = Unpooled.buffer();
        changed.writeBytes(content, 0, at);
        changed.writeByte(currency.length());
        changed.writeCharSequence(currency, StandardCharsets.UTF_8);
        changed.writeBytes(content, at + 4, content.writerIndex() - at - 4);
        return frame(changed);
    }

    private static BoltFrame.Request group(String currency) {
        ByteBuf content = Unpooled.buffer();
        content.writeCharSequence(currency, StandardCharsets.UTF_8);
        return frame(content);
    }

    private static BoltFrame.Request frame(ByteBuf content) {
        ByteBuf header = Unpooled.buffer();
        BoltHeader.encode(Map.of("service", Accounts.class.getName() + ":1.0"), header);
        return new BoltFrame.Request(
                BoltDialect.V1, 1, false, (byte) 1, 60_000, SofaBodies.REQUEST_TYPE, header, content);
    }

    @Test
    void stopping_lets_running_calls_end_and_takes_no_more() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        var reference = reference(Slow.class, server);
        CompletableFuture<String> running = reference.async(it -> it.run("running"));
        await().until(() -> slow.begun.get() == 1);
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> server.stop(Duration.ofSeconds(30)));
        await().untilAsserted(() -> {
            var late = catchThrowableOfType(
                    RpcException.class, () -> reference.proxy().run("late"));
            assertThat(late.code()).isEqualTo(Code.UNAVAILABLE);
        });
        assertThat(running).isNotDone();
        slow.leave.countDown();
        assertThat(running.join()).isEqualTo("running");
        stopped.join();
        assertThat(slow.begun).hasValue(1);
    }

    @Test
    void a_stop_sends_the_last_answer_however_close_it_comes() throws Exception {
        for (int round = 0; round < 100; round++) {
            var provider = new SlowProvider();
            try (var server = BoltServer.start(ServerOptions.DEFAULT);
                    var client = BoltClient.create(ClientOptions.DEFAULT.withCallTimeout(Duration.ofSeconds(30)))) {
                server.publish(Slow.class, "1.0", provider);
                CompletableFuture<String> running = client.reference(Slow.class, Directory.of(endpoint(server)))
                        .async(it -> it.run("running"));
                await().until(() -> provider.begun.get() == 1);
                CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> server.stop(Duration.ofSeconds(30)));
                provider.leave.countDown();
                assertThat(running.join()).isEqualTo("running");
                stopped.join();
            }
        }
    }

    @Test
    void a_stop_does_not_wait_longer_than_it_was_told() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        var reference = reference(Slow.class, server);
        CompletableFuture<String> running = reference.async(it -> it.run("running"));
        await().until(() -> slow.begun.get() == 1);
        server.stop(Duration.ofMillis(50));
        assertThatThrownBy(running::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RpcException.class, it -> assertThat(it.code()).isEqualTo(Code.CONNECTION_LOST));
    }

    @Test
    void a_connection_over_which_nothing_comes_is_closed() throws Exception {
        var raw = raw(server(ServerOptions.DEFAULT.withIdle(Duration.ofMillis(50))));
        raw.send(new BoltFrame.Heartbeat(BoltDialect.V1, 6));
        assertThat(raw.receive()).isPresent();
        assertThat(raw.receive()).isEmpty();
    }

    @Test
    void a_port_that_is_taken_is_named() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        assertThatThrownBy(() -> BoltServer.start(ServerOptions.DEFAULT.withListen(server.address())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on")
                .hasMessageContaining(Integer.toString(server.address().getPort()));
    }

    @Test
    void a_service_is_published_once_and_can_be_withdrawn() throws Exception {
        var server = server(ServerOptions.DEFAULT);
        assertThatThrownBy(() -> server.publish(Slow.class, "1.0", slow))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is published already");
        server.withdraw(ServiceName.of(Slow.class, "1.0"));
        var thrown = catchThrowableOfType(
                RpcException.class, () -> reference(Slow.class, server).proxy().run("it"));
        assertThat(thrown.code()).isEqualTo(Code.NO_SUCH_SERVICE);
    }

    @Test
    void an_answer_that_cannot_be_written_is_an_error_and_not_silence() throws Exception {
        var server = server(ServerOptions.DEFAULT.withLimits(new BoltLimits(4000)));
        var proxy = client(ClientOptions.DEFAULT)
                .reference(Doubler.class, Directory.of(endpoint(server)))
                .proxy();
        server.publish(Doubler.class, "1.0", text -> text + text);
        assertThat(proxy.twice("ab")).isEqualTo("abab");
        var thrown = catchThrowableOfType(RpcException.class, () -> proxy.twice("x".repeat(3000)));
        assertThat(thrown.code()).isEqualTo(Code.BAD_RESPONSE);
        assertThat(thrown).hasMessageContaining("expected at most contentBytesMax = 4000");
    }

    /** Answers more than it was asked. */
    public interface Doubler {
        String twice(String text);
    }
}
