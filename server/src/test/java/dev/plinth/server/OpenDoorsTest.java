package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.FreePorts;
import dev.plinth.kernel.Network;
import dev.plinth.transactions.TransactionPartitions;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltEncoder;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doors of original clients off loopback: open to the networks that were named, and to no others. */
class OpenDoorsTest {
    private static final int ANSWER_MILLIS_MAX = 20_000;

    @TempDir
    private Path data;

    private final String host = OffLoopback.address();

    private Listen metadata = new Listen(host, 1);

    private PlinthServer start(String network) throws IOException {
        metadata = new Listen(host, FreePorts.find(1).getFirst());
        var clients = new UnprovenClients(true, List.of(Network.parse(network)));
        var any = new Listen(host, 0);
        var doors = new RegistryDoors(
                Optional.of(new RegistryDoors.Streams(any, clients)),
                Optional.of(new RegistryDoors.Nacos(Optional.of(any), Optional.of(any), clients)),
                Optional.of(new RegistryDoors.SofaRegistry(any, any, List.of(), clients)),
                Optional.of(new RegistryDoors.Dns(any, clients)));
        return PlinthServer.start(new ServerConfiguration(
                data,
                new Listen("127.0.0.1", 0),
                new SeataConfiguration(
                        any, Optional.of(new Listen("seata.example.com", 8091)), Optional.of(metadata), clients),
                TransactionPartitions.ONE,
                doors,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()));
    }

    /** Something that each door answers. */
    private Map<Listen, byte[]> questions(PlinthServer server) {
        var http = "GET /health/check HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        var http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.US_ASCII);
        var sofa = server.sofaRegistry().orElseThrow();
        Map<Listen, byte[]> questions = new LinkedHashMap<>();
        questions.put(metadata, http);
        questions.put(server.registryOwnPort().orElseThrow(), http2);
        questions.put(server.nacos().orElseThrow(), http2);
        questions.put(server.nacosHttp().orElseThrow(), http);
        questions.put(sofa.http(), http);
        questions.put(
                sofa.bolt(),
                bytes(BoltEncoder.encode(new BoltFrame.Heartbeat(BoltDialect.V1, 1), ByteBufAllocator.DEFAULT)));
        var ping = Unpooled.buffer();
        SeataCodec.encode(SeataFrame.ping(1), ping);
        questions.put(server.seata(), bytes(ping));
        // Any record of a.plinth., as DNS over TCP frames it.
        questions.put(
                server.dns().orElseThrow(),
                HexFormat.of().parseHex("001a" + "000100000001000000000000" + "016106706c696e746800" + "00ff0001"));
        return questions;
    }

    private static byte[] bytes(ByteBuf buffer) {
        var bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return bytes;
    }

    /** Whether a door answers; the alternative is that it hangs up. */
    private static boolean answers(Listen door, byte[] question) throws IOException {
        try (var socket = new Socket(door.host(), door.port())) {
            socket.setSoTimeout(ANSWER_MILLIS_MAX);
            socket.getOutputStream().write(question);
            return socket.getInputStream().read() >= 0;
        } catch (SocketException _) {
            return false;
        }
    }

    @Test
    void who_is_in_a_network_that_was_named_is_served_at_every_door() throws IOException {
        try (var server = start(host)) {
            for (var question : questions(server).entrySet()) {
                assertThat(answers(question.getKey(), question.getValue()))
                        .as("an answer of " + question.getKey() + " among " + server.describe())
                        .isTrue();
            }
            assertThat(server.describe())
                    .filteredOn(line -> line.contains(", UNAUTHENTICATED, open to " + host + "/32"))
                    .hasSize(questions(server).size() - 1)
                    .as("Seata's address, and the one that clients are told")
                    .anyMatch(line -> line.contains(server.seata() + ", as seata.example.com:8091, UNAUTHENTICATED"));
        }
    }

    @Test
    void seatas_clients_are_told_addresses_that_they_reach() throws Exception {
        try (var _ = start(host);
                var client = HttpClient.newHttpClient()) {
            var answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + metadata + "/metadata/v1/cluster"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(answer.body())
                    .contains("\"transaction\":{")
                    .contains("\"control\":{")
                    .contains("\"port\":" + metadata.port())
                    .contains("\"port\":8091")
                    .doesNotContain(host)
                    .containsPattern("(?s)seata\\.example\\.com.*seata\\.example\\.com");
        }
    }

    @Test
    void who_is_in_none_of_them_is_hung_up_on_at_every_door() throws IOException {
        try (var server = start("198.51.100.0/24")) {
            for (var question : questions(server).entrySet()) {
                assertThat(answers(question.getKey(), question.getValue()))
                        .as("an answer of " + question.getKey() + " among " + server.describe())
                        .isFalse();
            }
        }
    }
}
