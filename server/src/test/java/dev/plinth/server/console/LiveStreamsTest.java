package dev.plinth.server.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LiveStreamsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HandFedSource source = new HandFedSource();
    private final DoorOnPort port = new DoorOnPort(source);

    @AfterEach
    void close() {
        port.close();
    }

    private static JsonNode data(String line) throws IOException {
        return JSON.readTree(line.substring("data: ".length()));
    }

    private static List<Alert> alertOf(int chars) {
        return List.of(new Alert("a", Alert.Severity.INFO, "x".repeat(chars), "", Instant.EPOCH));
    }

    @Test
    void a_stream_begins_with_the_seconds_before_it_and_goes_on_with_each_new_one() throws Exception {
        port.door.look();
        port.door.look();

        try (var reader = port.live()) {
            reader.next("event: history");
            JsonNode samples = data(reader.next("data: ")).get("samples");
            assertThat(samples).hasSize(2);
            assertThat(samples.get(1).get("time").asText()).isEqualTo("2026-11-24T12:00:02Z");

            reader.next("event: live");
            assertThat(data(reader.next("data: ")).at("/sample/live").asInt()).isEqualTo(2);

            port.door.look();
            JsonNode third = data(reader.next("data: "));
            assertThat(third.at("/sample/live").asInt()).isEqualTo(3);
            assertThat(third.at("/sample/p99Micros").asInt()).isEqualTo(9_000);
            assertThat(third.at("/server/addresses/0/address").asText()).isEqualTo("127.0.0.1:8091");
        }
    }

    @Test
    void the_history_is_of_five_minutes_and_no_more() throws Exception {
        for (int i = 0; i < LiveStreams.HISTORY_SECONDS_MAX + 10; i++) {
            port.door.look();
        }

        try (var reader = port.live()) {
            JsonNode samples = data(reader.next("data: ")).get("samples");
            assertThat(samples).hasSize(LiveStreams.HISTORY_SECONDS_MAX);
            assertThat(samples.get(0).get("live").asInt()).isEqualTo(11);
        }
    }

    @Test
    void a_reader_that_sleeps_is_given_the_newest_second_and_not_all_it_missed() throws Exception {
        source.alerts = alertOf(2_000_000);
        port.door.look();
        try (var sleeper = port.live();
                var awake = port.live()) {
            int seconds = LiveStreams.UNREAD_MAX / 2;
            for (int i = 2; i <= seconds; i++) {
                awake.next("data: ");
                port.door.look();
            }

            List<Integer> seen = new ArrayList<>();
            sleeper.next("event: live");
            while (!seen.contains(seconds)) {
                seen.add(data(sleeper.next("data: ")).at("/sample/live").asInt());
            }
            // What had left for its connection, and the newest: two megabytes each, so the connection holds a few at
            // most.
            assertThat(seen).hasSizeLessThan(seconds / 2).isSorted();
        }
    }

    @Test
    void a_reader_that_never_wakes_is_cut_off() throws Exception {
        source.alerts = alertOf(8_000_000);
        port.door.look();
        try (var sleeper = port.live()) {
            await().until(() -> port.door.streams().count() == 1);
            for (int i = 0; i < LiveStreams.UNREAD_MAX + 3; i++) {
                port.door.look();
            }
            await().until(() -> port.door.streams().count() == 0);
            assertThat(sleeper.socket().isConnected()).isTrue();
        }
    }

    @Test
    void one_console_too_many_is_told_to_come_back_later() throws Exception {
        List<DoorOnPort.Reader> readers = new ArrayList<>();
        for (int i = 0; i < LiveStreams.STREAMS_MAX; i++) {
            readers.add(port.live());
        }
        await().until(() -> port.door.streams().count() == LiveStreams.STREAMS_MAX);

        var refused = port.get("/api/v1/live");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("retry-after")).contains("5");
        assertThat(JSON.readTree(refused.body()).get("title").asText()).isEqualTo("OVERLOADED");

        for (var reader : readers) {
            reader.close();
        }
        await().until(() -> port.door.streams().count() == 0);
        try (var again = port.live()) {
            assertThat(again.next("event: ")).isEqualTo("event: history");
        }
    }

    @Test
    void a_second_in_which_the_source_fails_is_skipped_and_the_stream_goes_on() throws Exception {
        try (var reader = port.live()) {
            reader.next("event: history");
            source.failure = Optional.of(new IllegalStateException("the coordinator is away"));
            port.door.look();
            source.failure = Optional.empty();
            port.door.look();
            reader.next("event: live");
            assertThat(data(reader.next("data: ")).at("/sample/live").asInt()).isEqualTo(1);
        }
    }

    @Test
    void endpoints_beyond_the_limit_are_left_out_and_still_counted() throws Exception {
        var endpoints = IntStream.range(0, 600)
                .mapToObj(i -> new ServiceState.EndpointState(
                        "10.0.0.1:" + (1_000 + i), "", "", Instant.EPOCH, ServiceState.Health.SERVING))
                .toList();
        source.services = List.of(new ServiceState("a", endpoints), new ServiceState("b", endpoints));
        port.door.look();

        JsonNode services = JSON.readTree(port.get("/api/v1/services").body());
        assertThat(services.get(0).get("endpoints")).hasSize(600);
        assertThat(services.get(1).get("endpoints")).hasSize(LiveStreams.ENDPOINTS_MAX - 600);
        assertThat(services.get(1).get("endpointCount").asInt()).isEqualTo(600);
    }

    @Test
    void asking_for_the_head_opens_no_stream() throws Exception {
        var head = port.send("HEAD", "/api/v1/live", Map.of());
        assertThat(head.headers().firstValue("content-type")).contains("text/event-stream");
        assertThat(port.door.streams().count()).isZero();
    }

    @Test
    void closing_the_door_ends_its_streams() throws Exception {
        try (var reader = port.live()) {
            reader.next("event: history");
            port.door.close();
            await().until(() -> port.door.streams().count() == 0);
        }
    }
}
