package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.plinth.wire.nacos.BiRequestStreamGrpc;
import dev.plinth.wire.nacos.Metadata;
import dev.plinth.wire.nacos.Payload;
import dev.plinth.wire.nacos.RequestGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What no original client of Nacos does, at the door for them: it is told what was expected, and nobody else notices. */
@Timeout(120)
class NacosBadInputTest {
    private static final int FLOOD = 3_000;

    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private RegistryServer server;

    @BeforeEach
    void open() throws IOException {
        server = new RegistryServer(1, folder.resolve("server"));
        opened.add(server);
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(40));
    }

    private int port() {
        return Integer.parseInt(server.nacos().substring(server.nacos().lastIndexOf(':') + 1));
    }

    /** A client that says whatever the test wants. */
    private final class Rude implements StreamObserver<Payload> {
        final ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port())
                .usePlaintext()
                .build();
        final BlockingQueue<String> pushed = new LinkedBlockingQueue<>();
        final CompletableFuture<Status> end = new CompletableFuture<>();
        final StreamObserver<Payload> stream =
                BiRequestStreamGrpc.newStub(channel).requestBiStream(this);

        Rude() {
            opened.add(channel::shutdownNow);
        }

        /** Says who it is, and waits until it is taken in. */
        Rude setUp(String version) throws InterruptedException {
            stream.onNext(payload(
                    "ConnectionSetupRequest",
                    "{\"clientVersion\":\"" + version
                            + "\",\"labels\":{\"AppName\":\"rude\"},\"abilityTable\":{},\"new\":[1]}"));
            assertThat(pushed.poll(20, TimeUnit.SECONDS)).isEqualTo("SetupAckRequest");
            return this;
        }

        JsonObject ask(String type, String body) {
            var answer = RequestGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .request(payload(type, body));
            return JsonParser.parseString(answer.getBody().getValue().toStringUtf8())
                    .getAsJsonObject();
        }

        void assertRefused(String type, String body, int code, String why) {
            var answer = ask(type, body);
            assertThat(answer.get("errorCode").getAsInt()).as(answer.toString()).isEqualTo(code);
            assertThat(answer.get("message").getAsString()).contains(why);
        }

        JsonObject register(String service, String more) {
            return ask("InstanceRequest", instance(service, more));
        }

        @Override
        public void onNext(Payload push) {
            pushed.add(push.getMetadata().getType());
        }

        @Override
        public void onError(Throwable failure) {
            end.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }
    }

    private static Payload payload(String type, String body) {
        return Payload.newBuilder()
                .setMetadata(Metadata.newBuilder().setType(type))
                .setBody(Any.newBuilder().setValue(ByteString.copyFromUtf8(body)))
                .build();
    }

    private static String instance(String service, String more) {
        return "{\"type\":\"registerInstance\",\"serviceName\":\"" + service
                + "\",\"groupName\":\"DEFAULT_GROUP\",\"instance\":{\"ip\":\"10.0.0.1\",\"port\":80" + more + "}}";
    }

    @Test
    void what_was_taken_of_a_batch_that_was_refused_goes_with_the_next_one() throws Exception {
        new Rude().setUp("Nacos-Java-Client:v3.2.1").register("partly", "");
        var refused = new Rude().setUp("Nacos-Java-Client:v3.2.1");
        refused.assertRefused(
                "BatchInstanceRequest",
                batch("10.0.0.2", "10.0.0.1"),
                409,
                "is registered by \"nacos rude@127.0.0.1\"");

        assertThat(refused.ask("BatchInstanceRequest", batch("10.0.0.3"))
                        .get("resultCode")
                        .getAsInt())
                .isEqualTo(200);

        var hosts = refused.ask("ServiceQueryRequest", "{\"serviceName\":\"partly\",\"groupName\":\"DEFAULT_GROUP\"}")
                .getAsJsonObject("serviceInfo")
                .getAsJsonArray("hosts");
        assertThat(hosts)
                .extracting(host -> host.getAsJsonObject().get("ip").getAsString())
                .containsExactlyInAnyOrder("10.0.0.1", "10.0.0.3");
    }

    private static String batch(String... ips) {
        var instances =
                Stream.of(ips).map(ip -> "{\"ip\":\"" + ip + "\",\"port\":80}").collect(Collectors.joining(","));
        return "{\"type\":\"batchRegisterInstance\",\"serviceName\":\"partly\",\"groupName\":\"DEFAULT_GROUP\","
                + "\"instances\":[" + instances + "]}";
    }

    @Test
    void half_a_handshake_and_bytes_that_are_no_grpc_are_ended_and_others_are_served() throws Exception {
        try (var half = new Socket(InetAddress.getLoopbackAddress(), port());
                var noise = new Socket(InetAddress.getLoopbackAddress(), port())) {
            half.getOutputStream().write("PRI * HTTP/2.0\r\n".getBytes(StandardCharsets.US_ASCII));
            noise.getOutputStream().write(new byte[64]);
            assertThat(new Rude()
                            .setUp("Nacos-Java-Client:v3.2.1")
                            .register("accounts", "")
                            .get("resultCode")
                            .getAsInt())
                    .isEqualTo(200);
            for (var socket : List.of(noise, half)) {
                socket.setSoTimeout(30_000);
                while (socket.getInputStream().read() != -1) {
                    // What the server says before it hangs up.
                }
            }
        }
        assertThat(server.endpoints("accounts")).containsExactly("tcp://10.0.0.1:80");
    }

    @Test
    void who_has_not_said_who_it_is_is_told_to_connect_anew() {
        var rude = new Rude();
        rude.assertRefused("InstanceRequest", instance("accounts", ""), 301, "");
        assertThat(server.endpoints("accounts")).isEmpty();
    }

    @Test
    void a_client_of_an_unknown_version_is_served_and_what_it_asks_beyond_that_is_refused_by_name() throws Exception {
        var rude = new Rude().setUp("Nacos-Martian-Client:v99.0.0");
        rude.assertRefused("TeleportInstanceRequest", "{}", 501, "TeleportInstanceRequest");
        assertThat(rude.register("accounts", ",\"colour\":\"red\"")
                        .get("resultCode")
                        .getAsInt())
                .isEqualTo(200);
        assertThat(server.endpoints("accounts")).hasSize(1);
    }

    @Test
    void names_and_metadata_beyond_the_limits_are_refused_and_the_connection_goes_on() throws Exception {
        var rude = new Rude().setUp("Nacos-Java-Client:v3.2.1");
        rude.assertRefused("InstanceRequest", instance("s".repeat(300), ""), 400, "of 300 characters");
        rude.assertRefused("InstanceRequest", instance("two words", ""), 400, "two words");
        rude.assertRefused(
                "InstanceRequest",
                instance("accounts", ",\"metadata\":{\"k\":\"" + "x".repeat(64 << 10) + "\"}"),
                400,
                "expected at most 65536");
        rude.assertRefused("InstanceRequest", instance("accounts", ",\"weight\":101"), 400, "expected 0 to 100");
        rude.assertRefused("InstanceRequest", "this is no JSON", 400, "the body is no JSON");
        assertThat(rude.register("accounts", "").get("resultCode").getAsInt()).isEqualTo(200);
        assertThat(server.endpoints("accounts")).hasSize(1);
    }

    @Test
    void a_word_on_the_stream_that_is_no_json_ends_it_with_what_was_expected() throws Exception {
        var rude = new Rude();
        rude.stream.onNext(payload("ConnectionSetupRequest", "hello"));
        assertThat(rude.end.get(20, TimeUnit.SECONDS))
                .satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.ABORTED))
                .satisfies(status -> assertThat(status.getDescription()).contains("the body is no JSON"));
    }

    @Test
    void a_client_follows_so_many_selections_of_clusters_and_no_more() throws Exception {
        var rude = new Rude().setUp("Nacos-Java-Client:v3.2.1");
        for (int i = 0; i < 1_000; i++) {
            assertThat(rude.ask("SubscribeServiceRequest", subscription(i))
                            .get("resultCode")
                            .getAsInt())
                    .isEqualTo(200);
        }
        rude.assertRefused("SubscribeServiceRequest", subscription(1_000), 503, "1000");
    }

    private static String subscription(int cluster) {
        return "{\"subscribe\":true,\"serviceName\":\"accounts\",\"groupName\":\"DEFAULT_GROUP\",\"clusters\":\"c"
                + cluster + "\"}";
    }

    @Test
    void a_flood_from_one_client_is_answered_in_its_turn_and_others_are_served() throws Exception {
        var flooding = new Rude().setUp("Nacos-Java-Client:v3.2.1");
        var answered = new AtomicInteger();
        var failed = new AtomicInteger();
        var all = new CountDownLatch(FLOOD);
        for (int i = 0; i < FLOOD; i++) {
            RequestGrpc.newStub(flooding.channel)
                    .request(
                            payload("InstanceRequest", instance("accounts", ",\"weight\":" + i % 100)),
                            new StreamObserver<>() {
                                @Override
                                public void onNext(Payload answer) {
                                    answered.incrementAndGet();
                                }

                                @Override
                                public void onError(Throwable failure) {
                                    failed.incrementAndGet();
                                    all.countDown();
                                }

                                @Override
                                public void onCompleted() {
                                    all.countDown();
                                }
                            });
        }
        var other = new Rude().setUp("Nacos-Java-Client:v3.2.1");
        assertThat(other.register("ledger", "").get("resultCode").getAsInt()).isEqualTo(200);
        assertThat(server.endpoints("ledger")).hasSize(1);

        assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(answered.get()).isEqualTo(FLOOD);
        assertThat(failed.get()).isZero();
        soon().until(() -> server.endpoints("accounts").size() == 1);
    }
}
