package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.original.OriginalClient;
import dev.plinth.rpc.hessian.ForeignBodies;
import dev.plinth.rpc.hessian.ForeignObject;
import dev.plinth.wire.bolt.BoltDecoder;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltEncoder;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** SOFARegistry's original client, 6.5.6, unmodified, with our registry; and it together with Nacos's. */
@Timeout(300)
class SofaRegistryClientsTest {
    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private RegistryServer server(long incarnation) throws IOException {
        return server(incarnation, 0, 0, List.of());
    }

    private RegistryServer server(long incarnation, int http, int bolt, List<String> servers) throws IOException {
        var server = new RegistryServer(incarnation, folder.resolve("server-" + incarnation), http, bolt, servers);
        opened.add(server);
        return server;
    }

    private OriginalClient client(RegistryServer server, String zone) throws Exception {
        var client = new OriginalClient(
                "sofaregistry-app",
                "dev.plinth.acceptance.sofaregistry.app.SofaRegistryApplication",
                folder.resolve("home-" + opened.size()),
                List.of(),
                List.of("127.0.0.1:" + server.sofaHttp(), zone));
        opened.add(client);
        return client;
    }

    private OriginalClient client(RegistryServer server) throws Exception {
        return client(server, "DEFAULT_ZONE");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(60));
    }

    @Test
    void what_is_published_is_pushed_changed_and_taken_back() throws Exception {
        var server = server(1);
        var provider = client(server);
        var consumer = client(server);
        provider.ready();
        consumer.ready();
        consumer.ask("subscribe com.bank.Accounts:1.0@DEFAULT SOFA dataCenter");

        provider.ask("publish com.bank.Accounts:1.0@DEFAULT SOFA bolt://10.0.0.1:12200?weight=50&app=core");
        soon().until(() -> consumer.lastPushed("com.bank.Accounts:1.0@DEFAULT")
                .equals("{DEFAULT_ZONE=bolt://10.0.0.1:12200?weight=50&app=core}"));
        assertThat(provider.ask("state com.bank.Accounts:1.0@DEFAULT SOFA")).isEqualTo("registered");
        assertThat(server.endpoints("SOFA@@com.bank.Accounts:1.0@DEFAULT")).containsExactly("bolt://10.0.0.1:12200");

        provider.ask("publish com.bank.Accounts:1.0@DEFAULT SOFA 10.0.0.2:12200 10.0.0.3:12200");
        soon().until(() -> consumer.lastPushed("com.bank.Accounts:1.0@DEFAULT")
                .equals("{DEFAULT_ZONE=10.0.0.2:12200,10.0.0.3:12200}"));

        provider.ask("unpublish com.bank.Accounts:1.0@DEFAULT SOFA");
        soon().until(() -> consumer.lastPushed("com.bank.Accounts:1.0@DEFAULT").equals("{}"));
        assertThat(server.endpoints("SOFA@@com.bank.Accounts:1.0@DEFAULT")).isEmpty();

        consumer.ask("unsubscribe com.bank.Accounts:1.0@DEFAULT SOFA");
        provider.ask("publish other DEFAULT_GROUP any text not an address");
        consumer.ask("subscribe other DEFAULT_GROUP global");
        soon().until(() -> consumer.lastPushed("other").contains("address"));
        assertThat(consumer.lastPushed("other")).isEqualTo("{DEFAULT_ZONE=address,an,any,not,text}");
    }

    @Test
    void a_subscriber_sees_its_zone_or_all_of_them_as_its_scope_says() throws Exception {
        var server = server(1);
        var east = client(server, "EAST");
        var west = client(server, "WEST");
        east.ready();
        west.ready();
        east.ask("publish accounts DEFAULT_GROUP 10.0.0.1:1");
        west.ask("publish accounts DEFAULT_GROUP 10.0.0.2:1");
        west.ask("publish other DEFAULT_GROUP 10.0.0.3:1");

        east.ask("subscribe accounts DEFAULT_GROUP zone");
        west.ask("subscribe accounts DEFAULT_GROUP dataCenter");

        soon().until(() -> east.lastPushed("accounts").equals("{EAST=10.0.0.1:1}"));
        soon().until(() -> west.lastPushed("accounts").equals("{EAST=10.0.0.1:1, WEST=10.0.0.2:1}"));
    }

    @Test
    void one_registration_is_visible_through_every_door() throws Exception {
        var server = server(1);
        var sofa = client(server, "EAST");
        var nacos3 = new NacosClient(NacosClient.Version.THREE, folder.resolve("nacos3"), server.nacos());
        opened.add(nacos3);
        var nacos2 = new NacosClient(NacosClient.Version.TWO, folder.resolve("nacos2"), server.nacos());
        opened.add(nacos2);
        sofa.ready();
        nacos3.ready();
        nacos2.ready();
        sofa.ask("subscribe accounts DEFAULT_GROUP dataCenter");
        nacos3.ask("subscribe accounts DEFAULT_GROUP");
        nacos2.ask("subscribe accounts DEFAULT_GROUP");

        sofa.ask("publish accounts DEFAULT_GROUP bolt://10.0.0.1:12200?weight=50&app=core");
        soon().until(() -> nacos2.lastPushed("accounts").equals("10.0.0.1:12200"));
        assertThat(nacos3.ask("details accounts DEFAULT_GROUP"))
                .isEqualTo("10.0.0.1:12200 0.5 true DEFAULT {app=core, plinth.zone=EAST, protocol=bolt, weight=50}");

        nacos3.ask("register accounts DEFAULT_GROUP 10.0.0.2:8080 2 team=core");
        soon().until(() -> sofa.lastPushed("accounts")
                .equals("{DEFAULT_ZONE=10.0.0.2:8080?team=core&weight=200,"
                        + " EAST=bolt://10.0.0.1:12200?weight=50&app=core}"));

        var ours = server.open();
        server.register(ours, "accounts", "10.0.0.3:9000");
        soon().until(() -> sofa.lastPushed("accounts").contains("bolt://10.0.0.3:9000?plinth.cell=east"));
        soon().until(() -> nacos2.lastPushed("accounts").equals("10.0.0.1:12200,10.0.0.2:8080,10.0.0.3:9000"));

        sofa.ask("publish greeting DEFAULT_GROUP hello");
        soon().until(() -> server.endpoints("greeting").size() == 1);
        assertThat(nacos3.ask("instances greeting DEFAULT_GROUP"))
                .as("a text is no place to call")
                .isEmpty();
    }

    @Test
    void a_restarted_server_gets_everything_back_and_no_list_is_empty_meanwhile() throws Exception {
        int http = freePort();
        int bolt = freePort();
        var server = server(1, http, bolt, List.of());
        var provider = client(server).ready();
        var consumer = client(server).ready();
        provider.ask("publish accounts DEFAULT_GROUP 10.0.0.1:1");
        consumer.ask("subscribe accounts DEFAULT_GROUP dataCenter");
        soon().until(() -> consumer.lastPushed("accounts").equals("{DEFAULT_ZONE=10.0.0.1:1}"));

        server.close();
        opened.remove(server);
        var again = server(2, http, bolt, List.of());

        soon().until(() -> again.endpoints("accounts").equals(List.of("tcp://10.0.0.1:1")));
        provider.ask("publish accounts DEFAULT_GROUP 10.0.0.2:1");
        soon().until(() -> consumer.lastPushed("accounts").equals("{DEFAULT_ZONE=10.0.0.2:1}"));
        assertThat(consumer.pushed()).noneMatch(line -> line.equals("accounts {}"));
    }

    @Test
    void a_killed_client_is_gone_at_the_end_of_its_lease() throws Exception {
        var server = server(1);
        var provider = client(server).ready();
        var consumer = client(server).ready();
        provider.ask("publish accounts DEFAULT_GROUP 10.0.0.1:1");
        consumer.ask("subscribe accounts DEFAULT_GROUP dataCenter");
        soon().until(() -> consumer.lastPushed("accounts").equals("{DEFAULT_ZONE=10.0.0.1:1}"));

        provider.kill();

        soon().until(() -> consumer.lastPushed("accounts").equals("{}"));
    }

    @Test
    void a_large_list_arrives_whole() throws Exception {
        var server = server(1);
        var provider = client(server).ready();
        var consumer = client(server).ready();
        consumer.ask("subscribe many DEFAULT_GROUP dataCenter");
        provider.ask("publish-many many DEFAULT_GROUP 900");

        soon().until(() -> consumer.lastPushed("many").equals("{DEFAULT_ZONE=900 texts}"));
    }

    @Test
    void a_text_of_the_configuration_reaches_a_configurator() throws Exception {
        var server = server(1);
        var sofa = client(server).ready();
        var nacos = new NacosClient(NacosClient.Version.THREE, folder.resolve("nacos"), server.nacos());
        opened.add(nacos);
        nacos.ready().ask("publish limits G max=1");
        sofa.ask("listen limits G");
        soon().until(() -> sofa.lastPushed("limits").equals("max=1"));
        nacos.ask("publish limits G max=2");
        soon().until(() -> sofa.lastPushed("limits").equals("max=2"));
    }

    @Test
    void half_a_handshake_and_bytes_that_are_no_frame_harm_nobody() throws Exception {
        var server = server(1);
        var provider = client(server).ready();
        provider.ask("publish accounts DEFAULT_GROUP 10.0.0.1:1");
        soon().until(() -> server.endpoints("accounts").size() == 1);
        try (var half = new Socket(InetAddress.getLoopbackAddress(), server.sofaBolt());
                var noise = new Socket(InetAddress.getLoopbackAddress(), server.sofaBolt())) {
            new DataOutputStream(half.getOutputStream()).write(new byte[] {2, 1, 1, 0});
            noise.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            noise.setSoTimeout(10_000);
            soon().until(() -> noise.getInputStream().read() == -1);
            provider.ask("publish accounts DEFAULT_GROUP 10.0.0.2:1");
            soon().until(() -> server.endpoints("accounts").equals(List.of("tcp://10.0.0.2:1")));
        }
    }

    @Test
    void what_the_protocol_does_not_know_is_refused_and_the_connection_goes_on() throws Exception {
        var server = server(1);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.sofaBolt())) {
            var unknown = asked(socket, 1, new ForeignObject("com.example.Unknown", Map.of()));
            assertThat(unknown.status()).isEqualTo(BoltStatus.NO_PROCESSOR);
            unknown.release();

            Map<String, Object> fields = new HashMap<>();
            fields.put("registId", "one");
            fields.put("eventType", "REGISTER");
            fields.put("dataId", "accounts");
            fields.put("version", 1L);
            fields.put("scope", "universe");
            var bad = asked(
                    socket, 2, new ForeignObject("com.alipay.sofa.registry.core.model.SubscriberRegister", fields));
            var answer = ForeignBodies.read(bad.content());
            bad.release();
            assertThat(answer.isTrue("refused")).isTrue();
            assertThat(answer.text("message").orElse("")).contains("universe").contains("zone, dataCenter or global");

            fields.put("scope", "global");
            var good = asked(
                    socket, 3, new ForeignObject("com.alipay.sofa.registry.core.model.SubscriberRegister", fields));
            assertThat(ForeignBodies.read(good.content()).isTrue("success")).isTrue();
            good.release();
        }
    }

    private static ForeignObject publication(String dataId, String text) {
        Map<String, Object> box = new HashMap<>();
        box.put("data", text);
        Map<String, Object> fields = new HashMap<>();
        fields.put("registId", "id of " + dataId.hashCode());
        fields.put("eventType", "REGISTER");
        fields.put("dataId", dataId);
        fields.put("version", 1L);
        fields.put(
                "dataList",
                new ArrayList<>(List.of(new ForeignObject("com.alipay.sofa.registry.core.model.DataBox", box))));
        return new ForeignObject("com.alipay.sofa.registry.core.model.PublisherRegister", fields);
    }

    @Test
    void names_and_texts_beyond_the_limits_are_refused_and_the_connection_goes_on() throws Exception {
        var server = server(1);
        record Bad(String dataId, String text, String why) {}
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.sofaBolt())) {
            int id = 0;
            for (var bad : List.of(
                    new Bad("s".repeat(300), "10.0.0.1:1", "of 300 characters"),
                    new Bad("two words", "10.0.0.1:1", "two words"),
                    new Bad("accounts", "10.0.0.1:1?k=" + "x".repeat(64 << 10), "expected at most 65536"),
                    new Bad("accounts", "v".repeat(70_000), "expected at most 65536"))) {
                var response = asked(socket, ++id, publication(bad.dataId(), bad.text()));
                var answer = ForeignBodies.read(response.content());
                response.release();
                assertThat(answer.isTrue("success") && !answer.isTrue("refused"))
                        .isFalse();
                assertThat(answer.text("message").orElse("")).contains(bad.why());
            }
            var good = asked(socket, ++id, publication("accounts", "10.0.0.1:1"));
            assertThat(ForeignBodies.read(good.content()).isTrue("success")).isTrue();
            good.release();
            assertThat(server.endpoints("accounts")).containsExactly("tcp://10.0.0.1:1");
        }
    }

    @Test
    void a_flood_from_one_client_is_answered_or_refused_and_others_are_served() throws Exception {
        var server = server(1);
        int flood = 2_000;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.sofaBolt());
                var other = new Socket(InetAddress.getLoopbackAddress(), server.sofaBolt())) {
            socket.setSoTimeout(20_000);
            var frames = Unpooled.buffer();
            for (int id = 1; id <= flood; id++) {
                var frame = frame(id, publication("accounts", "10.0.0.1:1?weight=" + (1 + id % 90)));
                frames.writeBytes(frame);
                frame.release();
            }
            frames.readBytes(socket.getOutputStream(), frames.readableBytes());
            frames.release();

            var served = asked(other, 1, publication("ledger", "10.0.0.2:1"));
            assertThat(ForeignBodies.read(served.content()).isTrue("success")).isTrue();
            served.release();

            Map<BoltStatus, Integer> statuses = new HashMap<>();
            var answers = new Answers(socket);
            for (int i = 0; i < flood; i++) {
                var answer = answers.next();
                statuses.merge(answer.status(), 1, Integer::sum);
                answer.release();
            }
            assertThat(statuses.keySet()).isSubsetOf(BoltStatus.SUCCESS, BoltStatus.SERVER_THREADPOOL_BUSY);
            assertThat(server.endpoints("accounts")).hasSize(1);
        }
    }

    private static ByteBuf frame(int id, ForeignObject body) {
        var content = Unpooled.buffer();
        ForeignBodies.write(body, content);
        return BoltEncoder.encode(
                new BoltFrame.Request(
                        BoltDialect.V2_CRC, id, false, (byte) 1, 1_000, body.type(), Unpooled.EMPTY_BUFFER, content),
                ByteBufAllocator.DEFAULT);
    }

    /** The answers that come on a connection, one after the other. */
    private static final class Answers {
        private final InputStream from;
        private final BoltDecoder decoder = new BoltDecoder(BoltLimits.DEFAULT);
        private final ByteBuf in = Unpooled.buffer();

        Answers(Socket socket) throws IOException {
            from = new BufferedInputStream(socket.getInputStream());
        }

        BoltFrame.Response next() throws IOException {
            while (true) {
                var next = decoder.decode(in);
                if (next.isEmpty()) {
                    int one = from.read();
                    if (one < 0) {
                        throw new EOFException("the server hung up");
                    }
                    in.writeByte(one);
                } else if (next.get() instanceof BoltFrame.Response response) {
                    return response;
                } else {
                    next.get().release();
                }
            }
        }
    }

    /** Sends a request, and reads on until its answer comes. */
    private static BoltFrame.Response asked(Socket socket, int id, ForeignObject body) throws IOException {
        socket.setSoTimeout(20_000);
        var frame = frame(id, body);
        try {
            frame.readBytes(socket.getOutputStream(), frame.readableBytes());
        } finally {
            frame.release();
        }
        var answers = new Answers(socket);
        var answer = answers.next();
        while (answer.id() != id) {
            answer.release();
            answer = answers.next();
        }
        return answer;
    }

    @Test
    void with_three_servers_one_killed_and_one_cut_off_every_client_goes_on_and_finds_the_others() throws Exception {
        var ports = List.of(freePort(), freePort());
        var addresses = ports.stream().map(port -> "127.0.0.1:" + port).toList();
        var one = server(1, 0, ports.get(0), addresses);
        var two = server(2, 0, ports.get(1), addresses);
        var three = server(3);
        List.of(one, two, three).forEach(server -> server.follow(List.of(one, two, three)));
        var sofa = client(one).ready();
        var nacos = new NacosClient(NacosClient.Version.TWO, folder.resolve("nacos"), three.nacos());
        opened.add(nacos);
        sofa.ask("publish accounts DEFAULT_GROUP 10.0.0.1:1");
        nacos.ready().ask("subscribe accounts DEFAULT_GROUP");
        soon().until(() -> nacos.lastPushed("accounts").equals("10.0.0.1:1"));
        nacos.ask("register ledger DEFAULT_GROUP 10.0.0.9:1 1");
        sofa.ask("subscribe ledger DEFAULT_GROUP dataCenter");
        soon().until(() -> sofa.lastPushed("ledger").equals("{DEFAULT_ZONE=10.0.0.9:1}"));

        one.close();
        opened.remove(one);
        // Whichever of the two its client was with: it goes on with the other.
        sofa.ask("publish orders DEFAULT_GROUP 10.0.0.2:1");
        soon().until(() -> three.endpoints("orders").equals(List.of("tcp://10.0.0.2:1")));
        assertThat(three.endpoints("accounts")).containsExactly("tcp://10.0.0.1:1");

        three.cutOff();
        assertThat(nacos.ask("instances accounts DEFAULT_GROUP")).isEqualTo("10.0.0.1:1");
        assertThat(nacos.pushed()).noneMatch(line -> line.equals("accounts "));
        assertThat(sofa.pushed()).noneMatch(line -> line.equals("ledger {}"));
    }

    @Test
    void the_server_list_is_answered_as_clients_ask_for_it() throws Exception {
        var server = server(1, 0, 0, List.of("10.0.0.1:9600", "10.0.0.2:9600"));
        try (var http = HttpClient.newHttpClient()) {
            for (var asked : List.of("query", "queryWithWeight")) {
                var answer = http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.sofaHttp() + "/api/servers/"
                                        + asked + "?zone=A&dataCenter=B&appName=c"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.body().replace("?weight=100", "")).isEqualTo("10.0.0.1:9600;10.0.0.2:9600");
            }
        }
    }
}
