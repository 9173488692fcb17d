package dev.plinth.registry.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.Rule;
import dev.plinth.registry.Totals;
import dev.plinth.wire.registry.EndpointDigest;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Deregister;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.KeepAlive;
import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.ListServicesRequest;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Refusal;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import dev.plinth.wire.registry.v1.Subscribe;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
abstract class RegistryDoorContract {
    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private ExecutorService engine;
    private Registry registry;
    private Served served;
    private ManagedChannel channel;

    /** A server of the door, as a kind of server makes it. */
    interface Served {
        int port();

        void stop();
    }

    /** Opens the door on a free port of the loopback. */
    abstract Served serve(RegistryDoor door) throws IOException;

    @BeforeEach
    void start() throws IOException {
        start(1);
    }

    private void start(long incarnation) throws IOException {
        engine = Executors.newSingleThreadExecutor();
        registry = Registry.open(incarnation, engine, clock);
        served = serve(new RegistryDoor(registry, clock, workers));
        channel = NettyChannelBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), served.port()))
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow();
        served.stop();
        registry.close();
        engine.shutdown();
        assertThat(engine.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private static Endpoint.Builder endpoint(String service, int port) {
        return Endpoint.newBuilder()
                .setService(service)
                .setProtocol("bolt")
                .setAddress("127.0.0.1:" + port)
                .putMetadata("plinth.cell", "east");
    }

    private RegistryGrpc.RegistryBlockingStub stub() {
        return RegistryGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    private List<String> addresses(String service) {
        return stub()
                .listEndpoints(
                        ListEndpointsRequest.newBuilder().setService(service).build())
                .getRegistrationsList()
                .stream()
                .map(registration -> registration.getEndpoint().getAddress())
                .toList();
    }

    @Test
    void a_subscriber_sees_what_is_there_and_then_what_changes() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        assertThat(publisher.open("publisher").getResumed()).isFalse();
        assertThat(publisher.register(endpoint("accounts", 1)).hasRefusal()).isFalse();

        var subscriber = DoorClient.connect(channel);
        subscriber.open("subscriber");
        assertThat(subscriber.subscribe("accounts").hasRefusal()).isFalse();
        var first = subscriber.update();
        assertThat(first.getReset()).isTrue();
        assertThat(first.getComplete()).isTrue();
        assertThat(first.getEndpointsList())
                .containsExactly(endpoint("accounts", 1).setWeight(100).build());

        publisher.register(endpoint("accounts", 2).setWeight(7));
        publisher.register(endpoint("payments", 3));
        var second = subscriber.update();
        assertThat(second.getReset()).isFalse();
        assertThat(second.getRevision()).isGreaterThan(first.getRevision());
        assertThat(second.getEndpointsList())
                .containsExactly(endpoint("accounts", 2).setWeight(7).build());

        publisher.deregister("accounts", "bolt", "127.0.0.1:1");
        var third = subscriber.update();
        assertThat(third.getEndpointsList()).isEmpty();
        assertThat(third.getRemoved(0).getAddress()).isEqualTo("127.0.0.1:1");
        assertThat(subscriber.isQuiet()).isTrue();
    }

    @Test
    void a_service_that_nobody_serves_is_an_empty_snapshot() throws InterruptedException {
        var subscriber = DoorClient.connect(channel);
        subscriber.open("subscriber");
        subscriber.subscribe("nobody");
        var update = subscriber.update();
        assertThat(update.getReset() && update.getComplete()).isTrue();
        assertThat(update.getEndpointsCount() + update.getRemovedCount()).isZero();
    }

    @Test
    void services_and_endpoints_are_listed_in_pages() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        var session = publisher.open("publisher").getSessionId();
        for (int port = 1; port <= 5; port++) {
            publisher.register(endpoint("s" + port % 2, port).putMetadata("plinth.cell", port < 4 ? "east" : "west"));
        }
        var services = stub().listServices(ListServicesRequest.getDefaultInstance());
        assertThat(services.getMore()).isFalse();
        assertThat(services.getServicesList()).extracting(s -> s.getName()).containsExactly("s0", "s1");
        assertThat(services.getServices(1).getEndpoints()).isEqualTo(3);
        assertThat(services.getServices(1).getEndpointsByCellMap())
                .containsEntry("east", 2)
                .containsEntry("west", 1);
        assertThat(stub().listServices(
                                ListServicesRequest.newBuilder().setLimit(1).build())
                        .getMore())
                .isTrue();

        var request = ListEndpointsRequest.newBuilder().setCell("east").setLimit(2);
        var page = stub().listEndpoints(request.build());
        assertThat(page.getRegistrationsCount()).isEqualTo(2);
        assertThat(page.getRegistrations(0).getSessionId()).isEqualTo(session);
        assertThat(page.getRegistrations(0).getClient()).isEqualTo("publisher");
        var rest = stub().listEndpoints(request.setAfter(page.getNext()).build());
        assertThat(rest.getRegistrationsCount()).isEqualTo(1);
        assertThat(rest.getNext()).isEmpty();
    }

    @Test
    void a_stream_that_breaks_and_comes_back_keeps_its_endpoints_without_a_gap() throws InterruptedException {
        var subscriber = DoorClient.connect(channel);
        subscriber.open("subscriber");
        subscriber.subscribe("accounts");
        subscriber.update();
        var publisher = DoorClient.connect(channel);
        var session = publisher.open("publisher").getSessionId();
        publisher.register(endpoint("accounts", 1));
        subscriber.update();

        publisher.cut();
        var again = DoorClient.connect(channel);
        var opened = again.open(Open.newBuilder().setClient("publisher").setSessionId(session));
        assertThat(opened.getResumed()).isTrue();
        assertThat(opened.getSessionId()).isEqualTo(session);
        again.register(endpoint("accounts", 1));
        again.register(endpoint("accounts", 2));

        // The next thing that the subscriber hears of is the second endpoint: the first one never went.
        var update = subscriber.update();
        assertThat(update.getRemovedList()).isEmpty();
        assertThat(update.getEndpointsList()).extracting(Endpoint::getAddress).containsExactly("127.0.0.1:2");
    }

    @Test
    void a_session_that_is_not_heard_of_ends_and_its_endpoints_go() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        publisher.open(Open.newBuilder().setClient("publisher").setLeaseMillis(2_000));
        publisher.register(endpoint("accounts", 1));
        publisher.cut();

        var subscriber = DoorClient.connect(channel);
        subscriber.open("subscriber");
        subscriber.subscribe("accounts");
        assertThat(subscriber.update().getEndpointsCount()).isEqualTo(1);
        assertThat(subscriber.update().getRemovedCount()).isEqualTo(1);
    }

    @Test
    void a_stream_that_is_silent_for_its_lease_is_ended() throws InterruptedException {
        var silent = DoorClient.connect(channel);
        silent.open(Open.newBuilder().setClient("silent").setLeaseMillis(2_000));
        assertThat(silent.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void a_session_of_an_earlier_incarnation_is_not_resumed() throws Exception {
        var publisher = DoorClient.connect(channel);
        var before = publisher.open("publisher");
        stop();
        assertThat(publisher.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        start(2);

        var again = DoorClient.connect(channel);
        var after = again.open(Open.newBuilder().setClient("publisher").setSessionId(before.getSessionId()));
        assertThat(after.getResumed()).isFalse();
        assertThat(after.getSessionId()).isNotEqualTo(before.getSessionId());
        assertThat(after.getIncarnation()).isNotEqualTo(before.getIncarnation());
        assertThat(after.getSettlingMillis()).isBetween(1, (int) RegistryLimits.SETTLING.toMillis());
    }

    @Test
    void an_endpoint_of_a_connected_session_is_refused_to_another_and_taken_over_once_the_stream_broke()
            throws InterruptedException {
        var first = DoorClient.connect(channel);
        first.open("first");
        first.register(endpoint("accounts", 1));
        var second = DoorClient.connect(channel);
        second.open("second");

        var refusal = second.register(endpoint("accounts", 1)).getRefusal();
        assertThat(refusal.getCode()).isEqualTo(Refusal.Code.DUPLICATE);
        assertThat(refusal.getMessage()).contains("accounts bolt 127.0.0.1:1").contains("\"first\"");
        assertThat(refusal.getRetryAfterMillis()).isPositive();

        first.cut();
        await().untilAsserted(() -> assertThat(
                        second.register(endpoint("accounts", 1)).hasRefusal())
                .isFalse());
        assertThat(stub().listEndpoints(ListEndpointsRequest.getDefaultInstance())
                        .getRegistrations(0)
                        .getClient())
                .isEqualTo("second");
    }

    @Test
    void a_resumed_session_ends_the_stream_that_held_it() throws InterruptedException {
        var old = DoorClient.connect(channel);
        var session = old.open("publisher").getSessionId();
        var young = DoorClient.connect(channel);
        young.open(Open.newBuilder().setClient("publisher").setSessionId(session));

        assertThat(old.register(endpoint("accounts", 1)).getRefusal().getCode())
                .isEqualTo(Refusal.Code.SESSION_SUPERSEDED);
        assertThat(old.end().getCode()).isEqualTo(Status.Code.ABORTED);
        assertThat(young.register(endpoint("accounts", 1)).hasRefusal()).isFalse();
        assertThat(addresses("accounts")).hasSize(1);
    }

    @Test
    void a_closed_session_takes_its_endpoints_with_it() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        publisher.open("publisher");
        publisher.register(endpoint("accounts", 1));
        assertThat(publisher.close().hasRefusal()).isFalse();
        assertThat(publisher.end()).isEqualTo(Status.OK);
        assertThat(addresses("accounts")).isEmpty();
    }

    @Test
    void a_client_that_has_nothing_more_to_say_is_let_go_and_its_session_lives_on() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        publisher.open("publisher");
        publisher.register(endpoint("accounts", 1));
        publisher.halfClose();
        assertThat(publisher.end()).isEqualTo(Status.OK);
        assertThat(addresses("accounts")).hasSize(1);
    }

    @Test
    void what_a_client_says_without_waiting_is_done_before_its_end_is_heard() {
        var publisher = DoorClient.connect(channel);
        publisher.sendAsIs(ClientMessage.newBuilder()
                .setOpen(Open.newBuilder().setClient("hasty"))
                .build());
        publisher.send(DoorClient.registration(endpoint("accounts", 1)));
        publisher.send(DoorClient.registration(endpoint("accounts", 2)));
        publisher.halfClose();

        assertThat(publisher.end()).isEqualTo(Status.OK);
        assertThat(addresses("accounts")).hasSize(2);
    }

    @Test
    void what_is_no_sound_request_is_refused_by_field_and_the_stream_lives_on() throws InterruptedException {
        var client = DoorClient.connect(channel);
        client.open("client");
        record Bad(Endpoint.Builder endpoint, String message) {}
        var large = "x".repeat(RegistryLimits.METADATA_BYTES_MAX);
        for (var bad : List.of(
                new Bad(endpoint("two words", 1), "service is \"two words\": expected 1 to 256 printable ASCII"),
                new Bad(endpoint("", 1), "service is \"\""),
                new Bad(endpoint("s".repeat(257), 1), "(cut, of 257 characters)"),
                new Bad(endpoint("s", 1).setProtocol("Bolt!"), "protocol is \"Bolt!\": expected 1 to 32 of a-z"),
                new Bad(endpoint("s", 1).setAddress("nowhere"), "address is \"nowhere\": expected host:port"),
                new Bad(endpoint("s", 1).setAddress("h:65536"), "address is \"h:65536\""),
                new Bad(endpoint("s", 1).setWeight(10_001), "weight is 10001: expected 0 to 10000"),
                new Bad(endpoint("s", 1).setWeight(-1), "expected 0 to 10000"),
                new Bad(
                        endpoint("s", 1).putMetadata("k", large),
                        "metadata has 65552 bytes: expected at most 65536"))) {
            var refusal = client.register(bad.endpoint()).getRefusal();
            assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
            assertThat(refusal.getMessage()).contains(bad.message());
        }
        assertThat(client.subscribe("two words").getRefusal().getCode()).isEqualTo(Refusal.Code.INVALID);
        client.sendAsIs(ClientMessage.newBuilder().setRequestId(99).build());
        assertThat(client.take().getAnswer().getRefusal().getMessage()).contains("request is not set");
        assertThat(client.keepAlive().hasRefusal()).isFalse();
        assertThat(stub().listServices(ListServicesRequest.getDefaultInstance()).getServicesList())
                .isEmpty();
    }

    @Test
    void a_stream_on_which_nobody_opens_a_session_is_ended() throws Exception {
        var other = serve(new RegistryDoor(registry, new HurriedClock(clock), workers));
        var plain = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), other.port()))
                .usePlaintext()
                .build();
        try {
            var silent = DoorClient.connect(plain);
            assertThat(silent.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(silent.end().getDescription()).isEqualTo("no open came within 10000 ms");
        } finally {
            plain.shutdownNow();
            other.stop();
        }
    }

    @Test
    void a_connection_that_stops_in_its_first_bytes_holds_nobody_up() throws Exception {
        try (var half = new Socket(InetAddress.getLoopbackAddress(), served.port());
                var noise = new Socket(InetAddress.getLoopbackAddress(), served.port())) {
            half.getOutputStream().write("PRI * HTTP/2.0\r\n".getBytes(StandardCharsets.US_ASCII));
            noise.getOutputStream().write(new byte[1_000]);

            var client = DoorClient.connect(channel);
            client.open("client");
            assertThat(client.register(endpoint("accounts", 1)).hasRefusal()).isFalse();
        }
    }

    @Test
    void streams_cut_at_any_moment_leave_nothing_behind() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            var client = DoorClient.connect(channel);
            client.sendAsIs(ClientMessage.newBuilder()
                    .setOpen(Open.newBuilder().setClient("client").setLeaseMillis(2_000))
                    .build());
            client.send(ClientMessage.newBuilder()
                    .setSubscribe(Subscribe.newBuilder().setService("accounts")));
            // Each a service of its own: of one whose endpoints vanish at once some would be kept.
            client.send(DoorClient.registration(endpoint("accounts-" + i, 1)));
            for (int heard = 0; heard < i % 4; heard++) {
                client.take();
            }
            client.cut();
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(registry.totals().join()).isEqualTo(Totals.NONE));
    }

    @Test
    void a_stream_that_does_not_begin_with_open_is_ended_as_invalid() {
        var client = DoorClient.connect(channel);
        client.sendAsIs(ClientMessage.newBuilder()
                .setRequestId(1)
                .setKeepAlive(KeepAlive.getDefaultInstance())
                .build());
        assertThat(client.end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(client.end().getDescription()).isEqualTo("the first request is KEEP_ALIVE: expected OPEN");
    }

    @Test
    void an_open_that_is_not_sound_is_ended_as_invalid() {
        for (var open : List.of(
                Open.newBuilder(),
                Open.newBuilder().setClient("c").setLeaseMillis(1),
                Open.newBuilder().setClient("c").setLeaseMillis(-1),
                Open.newBuilder().setClient("c").setSessionId("1-x"))) {
            var client = DoorClient.connect(channel);
            client.sendAsIs(ClientMessage.newBuilder().setOpen(open).build());
            assertThat(client.end().getCode()).as("%s", open).isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
    }

    @Test
    void a_request_without_id_ends_the_stream_as_invalid() throws InterruptedException {
        var client = DoorClient.connect(channel);
        client.open("client");
        client.sendAsIs(ClientMessage.newBuilder()
                .setKeepAlive(KeepAlive.getDefaultInstance())
                .build());
        assertThat(client.end().getDescription()).contains("request_id is 0");
    }

    @Test
    void many_requests_may_be_under_way_at_once_and_each_is_answered() throws InterruptedException {
        var client = DoorClient.connect(channel);
        client.open("client");
        var ids = new ArrayList<Long>();
        for (int port = 1; port <= 900; port++) {
            ids.add(client.send(DoorClient.registration(endpoint("accounts", port))));
        }
        var answered = new ArrayList<Long>();
        while (answered.size() < ids.size()) {
            var answer = client.take().getAnswer();
            assertThat(answer.hasRefusal()).isFalse();
            answered.add(answer.getRequestId());
        }
        assertThat(answered).isEqualTo(ids);
        assertThat(addresses("accounts")).hasSize(900);
    }

    @Test
    void of_many_things_said_at_once_each_is_done_or_refused_by_its_number() throws InterruptedException {
        var client = DoorClient.connect(channel);
        client.open("client");
        var answer =
                client.registerAll(List.of(endpoint("accounts", 1), endpoint("two words", 2), endpoint("accounts", 3)));
        assertThat(answer.hasRefusal()).isFalse();
        assertThat(answer.getRefusedList()).singleElement().satisfies(refused -> {
            assertThat(refused.getIndex()).isEqualTo(1);
            assertThat(refused.getRefusal().getCode()).isEqualTo(Refusal.Code.INVALID);
            assertThat(refused.getRefusal().getMessage()).contains("service is \"two words\"");
        });
        assertThat(addresses("accounts")).containsExactly("127.0.0.1:1", "127.0.0.1:3");

        assertThat(client.registerAll(List.of()).getRefusal().getMessage())
                .isEqualTo("the message has 0 requests: expected 1 to 1000");
        assertThat(client.registerAll(Collections.nCopies(1_001, endpoint("accounts", 1)))
                        .getRefusal()
                        .getMessage())
                .isEqualTo("the message has 1001 requests: expected 1 to 1000");
        assertThat(client.keepAlive().hasRefusal()).isFalse();
    }

    /** What one client may have under way is bounded by what it is answered, so nothing of it has to be refused or kept for long. */
    @Test
    void a_flood_from_one_client_is_refused_beyond_its_share_and_others_are_served() throws InterruptedException {
        var flooding = DoorClient.connect(channel);
        flooding.open("flooding");
        var many = new ArrayList<Endpoint.Builder>();
        for (int port = 1; port <= 1_000; port++) {
            many.add(endpoint("accounts", port));
        }
        int messages = 60;
        for (int i = 0; i < messages; i++) {
            flooding.send(DoorClient.registrations(many));
        }
        var other = DoorClient.connect(channel);
        other.open("other");
        assertThat(other.register(endpoint("payments", 1)).hasRefusal()).isFalse();

        int done = 0;
        for (int i = 0; i < messages; i++) {
            var answer = flooding.take().getAnswer();
            if (answer.hasRefusal()) {
                assertThat(answer.getRefusal().getCode()).isEqualTo(Refusal.Code.OVERLOADED);
                assertThat(answer.getRefusal().getRetryAfterMillis()).isPositive();
            } else {
                assertThat(answer.getRefusedList()).isEmpty();
                done++;
            }
        }
        assertThat(done).isPositive();
        assertThat(registry.totals().join().endpoints()).isEqualTo(1_001);
    }

    private static long digest(Endpoint.Builder endpoint) {
        return EndpointDigest.of(
                endpoint.getService(), endpoint.getProtocol(), endpoint.getAddress(), 100, endpoint.getMetadataMap());
    }

    @Test
    void who_knows_a_service_from_before_is_told_that_it_is_unchanged_as_soon_as_it_is() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        publisher.open("publisher");
        publisher.registerAll(List.of(endpoint("accounts", 1), endpoint("accounts", 2)));

        var subscriber = DoorClient.connect(channel);
        subscriber.open("subscriber");
        var answer = subscriber.subscribeAll(List.of(
                Subscribe.newBuilder()
                        .setService("accounts")
                        .setKnown(digest(endpoint("accounts", 1)) + digest(endpoint("accounts", 2))),
                Subscribe.newBuilder().setService("payments").setKnown(digest(endpoint("payments", 3)))));
        assertThat(answer.getRefusedList()).isEmpty();
        var first = subscriber.update();
        assertThat(first.getService()).isEqualTo("accounts");
        assertThat(first.getUnchanged() && first.getComplete() && !first.getReset())
                .isTrue();
        assertThat(first.getEndpointsList()).isEmpty();

        subscriber.keepAlive();
        assertThat(subscriber.isQuiet())
                .as("the registry has just started: who serves payments is not back")
                .isTrue();
        publisher.register(endpoint("payments", 3));
        var second = subscriber.update();
        assertThat(second.getService()).isEqualTo("payments");
        assertThat(second.getUnchanged()).isTrue();

        publisher.register(endpoint("payments", 4));
        var third = subscriber.update();
        assertThat(third.getUnchanged() || third.getReset()).isFalse();
        assertThat(third.getEndpointsList())
                .containsExactly(endpoint("payments", 4).setWeight(100).build());
    }

    @Test
    void who_knows_a_service_from_before_is_told_what_people_said_of_it_meanwhile() throws Exception {
        var hurried = new HurriedClock(clock);
        var restarted = Registry.open(2, engine, hurried);
        restarted
                .submit(new RegistryCommand.Obey(List.of(new Rule.SwitchedOff("accounts", "127.0.0.1:2"))))
                .join();
        var other = serve(new RegistryDoor(restarted, hurried, workers));
        var plain = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), other.port()))
                .usePlaintext()
                .build();
        try {
            var client = DoorClient.connect(plain);
            client.open(Open.newBuilder().setClient("client").setLeaseMillis(60_000));
            client.registerAll(List.of(endpoint("accounts", 1), endpoint("accounts", 2), endpoint("payments", 3)));
            client.subscribeAll(List.of(
                    Subscribe.newBuilder().setService("payments").setKnown(digest(endpoint("payments", 3))),
                    Subscribe.newBuilder()
                            .setService("accounts")
                            .setKnown(digest(endpoint("accounts", 1)) + digest(endpoint("accounts", 2)))));
            Map<String, ServiceUpdate> told = new HashMap<>();
            while (told.size() < 2) {
                client.send(ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance()));
                var next = client.take();
                if (next.hasUpdate()) {
                    told.putIfAbsent(next.getUpdate().getService(), next.getUpdate());
                }
            }
            assertThat(told.get("payments"))
                    .as("nobody said anything of it")
                    .matches(update -> update.getUnchanged() && update.getComplete());
            assertThat(told.get("accounts"))
                    .matches(update -> update.getReset() && update.getComplete() && !update.getUnchanged());
            assertThat(told.get("accounts").getEndpointsList())
                    .containsExactly(endpoint("accounts", 1).setWeight(100).build());
        } finally {
            plain.shutdownNow();
            other.stop();
            restarted.close();
        }
    }

    @Test
    void who_knows_what_is_no_more_gets_the_list_once_the_registry_has_settled() throws Exception {
        var hurried = new HurriedClock(clock);
        var restarted = Registry.open(2, engine, hurried);
        var other = serve(new RegistryDoor(restarted, hurried, workers));
        var plain = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), other.port()))
                .usePlaintext()
                .build();
        try {
            var client = DoorClient.connect(plain);
            client.open(Open.newBuilder().setClient("client").setLeaseMillis(60_000));
            client.subscribeAll(
                    List.of(Subscribe.newBuilder().setService("accounts").setKnown(1)));
            var next = ServerMessage.getDefaultInstance();
            while (!next.hasUpdate()) {
                client.send(ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance()));
                next = client.take();
            }
            var update = next.getUpdate();
            assertThat(update.getReset() && update.getComplete() && !update.getUnchanged())
                    .isTrue();
        } finally {
            plain.shutdownNow();
            other.stop();
            restarted.close();
        }
    }

    @Test
    void updates_of_several_services_come_in_one_message_to_a_client_that_takes_them_so() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        publisher.open("publisher");
        List<Subscribe.Builder> services = new ArrayList<>();
        // The large ones fill what there is between the two; behind them the small ones gather.
        for (int i = 0; i < 60; i++) {
            var endpoint = endpoint("service" + i, 1);
            if (i < 40) {
                endpoint.putMetadata("large", "x".repeat(60_000));
            }
            publisher.register(endpoint);
            services.add(Subscribe.newBuilder().setService("service" + i));
        }
        var subscriber = DoorClient.connect(channel, 2);
        subscriber.open(Open.newBuilder().setClient("subscriber").setSeveralUpdates(true));
        subscriber.subscribeAll(services);
        assertThat(publisher.keepAlive().hasRefusal()).isFalse();
        subscriber.request(Integer.MAX_VALUE);

        Map<String, ServiceUpdate> told = new HashMap<>();
        boolean several = false;
        while (told.size() < services.size()) {
            var next = subscriber.take();
            var updates = next.hasUpdates() ? next.getUpdates().getUpdatesList() : List.of(next.getUpdate());
            several |= updates.size() > 1;
            for (var update : updates) {
                assertThat(told.put(update.getService(), update)).isNull();
                assertThat(update.getReset() && update.getComplete()).isTrue();
                assertThat(update.getEndpointsCount()).isEqualTo(1);
            }
        }
        assertThat(several).isTrue();
    }

    @Test
    void what_a_client_says_in_two_large_messages_is_taken_in_turn_and_a_sign_of_life_between_them_is_answered()
            throws InterruptedException {
        var client = DoorClient.connect(channel);
        client.open("client");
        List<Long> asked = new ArrayList<>();
        for (int message = 0; message < 2; message++) {
            List<Endpoint.Builder> endpoints = new ArrayList<>();
            for (int port = 1; port <= 300; port++) {
                endpoints.add(endpoint("service" + message, port));
            }
            asked.add(client.send(DoorClient.registrations(endpoints)));
            asked.add(client.send(ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance())));
        }
        asked.add(client.send(ClientMessage.newBuilder()
                .setDeregister(Deregister.newBuilder()
                        .setService("service1")
                        .setProtocol(endpoint("service1", 300).getProtocol())
                        .setAddress(endpoint("service1", 300).getAddress()))));
        List<Long> answered = new ArrayList<>();
        while (answered.size() < asked.size()) {
            var answer = client.take().getAnswer();
            assertThat(answer.hasRefusal() || answer.getRefusedCount() > 0).isFalse();
            answered.add(answer.getRequestId());
        }
        assertThat(answered).containsExactlyInAnyOrderElementsOf(asked);
        assertThat(answered).containsSubsequence(asked.get(0), asked.get(2), asked.get(4));
        assertThat(registry.totals().join().endpoints()).isEqualTo(599);
    }

    @Test
    void of_many_clients_that_come_back_at_once_none_is_refused() throws InterruptedException {
        List<DoorClient> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            var client = DoorClient.connect(channel);
            client.open("client" + i);
            clients.add(client);
        }
        for (int i = 0; i < clients.size(); i++) {
            List<Endpoint.Builder> endpoints = new ArrayList<>();
            for (int port = 1; port <= 500; port++) {
                endpoints.add(endpoint("service" + i, port));
            }
            clients.get(i).send(DoorClient.registrations(endpoints));
        }
        for (var client : clients) {
            var answer = client.take().getAnswer();
            assertThat(answer.hasRefusal() || answer.getRefusedCount() > 0).isFalse();
        }
        assertThat(registry.totals().join().endpoints()).isEqualTo(20_000);
    }

    @Test
    void a_slow_subscriber_holds_nothing_up_and_comes_to_the_newest_state() throws InterruptedException {
        var slow = DoorClient.connect(channel, 2);
        slow.open("slow");
        slow.subscribe("accounts");
        var publisher = DoorClient.connect(channel);
        publisher.open("publisher");
        // Each state of each endpoint has 60 KB: more than streams and transport hold back, many times over.
        int rounds = 20;
        int ports = 30;
        for (int round = 1; round <= rounds; round++) {
            for (int port = 1; port <= ports; port++) {
                var endpoint = endpoint("accounts", port).setWeight(round).putMetadata("filling", "x".repeat(60_000));
                assertThat(publisher.register(endpoint).hasRefusal()).isFalse();
            }
        }
        publisher.deregister("accounts", "bolt", "127.0.0.1:1");

        slow.request(Integer.MAX_VALUE);
        var known = DoorClient.nothingKnown();
        long revision = 0;
        int states = 0;
        while (known.size() != ports - 1
                || known.values().stream().anyMatch(endpoint -> endpoint.getWeight() != rounds)) {
            ServiceUpdate update = slow.update();
            assertThat(update.getRevision()).isGreaterThanOrEqualTo(revision);
            revision = update.getRevision();
            for (var endpoint : update.getEndpointsList()) {
                var before = known.get(endpoint.getAddress());
                if (before != null && !update.getReset()) {
                    assertThat(endpoint.getWeight()).isGreaterThanOrEqualTo(before.getWeight());
                }
            }
            states += update.getEndpointsCount();
            assertThat(update.getSerializedSize()).isLessThan(2 * ServiceStream.MESSAGE_BYTES_MAX);
            DoorClient.apply(known, update);
        }
        assertThat(states).as("states in between are skipped").isLessThan(rounds * ports);
    }

    @Test
    void a_snapshot_of_many_large_endpoints_comes_in_messages_that_grpc_takes() throws InterruptedException {
        var publisher = DoorClient.connect(channel);
        publisher.open("publisher");
        for (int port = 1; port <= 100; port++) {
            publisher.register(endpoint("accounts", port).putMetadata("filling", "x".repeat(60_000)));
        }
        var subscriber = DoorClient.connect(channel);
        subscriber.open("subscriber");
        subscriber.subscribe("accounts");
        var updates = new ArrayList<ServiceUpdate>();
        do {
            updates.add(subscriber.update());
        } while (!updates.getLast().getComplete());
        assertThat(updates).hasSizeGreaterThan(3);
        assertThat(updates.getFirst().getReset()).isTrue();
        assertThat(updates.stream().skip(1)).noneMatch(ServiceUpdate::getReset);
        assertThat(updates.stream().mapToInt(ServiceUpdate::getEndpointsCount).sum())
                .isEqualTo(100);

        var request = ListEndpointsRequest.newBuilder();
        int listed = 0;
        do {
            var page = stub().listEndpoints(request.build());
            listed += page.getRegistrationsCount();
            request.setAfter(page.getNext());
        } while (!request.getAfter().isEmpty());
        assertThat(listed).isEqualTo(100);
    }

    @Test
    void an_unsubscribed_service_is_heard_of_no_more() throws InterruptedException {
        var client = DoorClient.connect(channel);
        client.open("client");
        client.subscribe("accounts");
        client.update();
        assertThat(client.subscribe("accounts").hasRefusal())
                .as("a second time")
                .isFalse();
        client.unsubscribe("accounts");
        client.unsubscribe("accounts");
        client.register(endpoint("accounts", 1));
        client.keepAlive();
        assertThat(client.isQuiet()).isTrue();
        client.subscribe("accounts");
        assertThat(client.update().getEndpointsCount()).isEqualTo(1);
    }

    @Test
    void a_name_that_is_no_services_is_an_invalid_argument_of_the_listing() {
        assertThatThrownBy(() -> addresses("two words"))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void streams_that_come_and_go_leave_nothing_behind() throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            var client = DoorClient.connect(channel);
            client.open("client");
            client.subscribe("accounts");
            client.update();
            client.close();
        }
        await().untilAsserted(() -> assertThat(registry.totals().join())
                .satisfies(totals -> assertThat(totals.sessions()).isZero())
                .satisfies(totals -> assertThat(totals.subscriptions()).isZero()));
    }
}
