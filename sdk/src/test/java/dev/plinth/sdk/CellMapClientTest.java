package dev.plinth.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The cell map as a process knows it, while the server comes and goes. */
final class CellMapClientTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final CellMap MAP = CellMap.evenly(
            ShardFunction.lastDigits(100),
            List.of(
                    Cell.sharded("east", Zone.of("zone-a", "north")),
                    Cell.sharded("west", Zone.of("zone-b", "north"))));

    private final TestServer server = new TestServer();
    private final Turns turns = new Turns("test-cells");
    private final ServerChannels channels = new ServerChannels(List.of(HostPort.parse(server.address())), List.of());
    private final CellMapClient client = new CellMapClient(channels, turns);

    @AfterEach
    void close() {
        turns.close();
        channels.close();
        server.close();
    }

    @Test
    void where_no_map_was_ever_put_there_is_none() {
        assertThat(client.refresh(new Epoch(1), Duration.ofMillis(200))).isEmpty();
        assertThat(client.current()).isEmpty();
    }

    @Test
    void the_map_is_told_and_every_newer_one() {
        server.put(MAP);
        assertThat(client.refresh(MAP.epoch(), LONG)).contains(MAP);
        CellMap next = MAP.at(MAP.epoch().next());
        server.put(next);
        assertThat(client.refresh(next.epoch(), LONG)).contains(next);
    }

    @Test
    void while_the_server_is_away_the_last_known_map_holds_and_afterwards_newer_ones_come() {
        server.put(MAP);
        assertThat(client.refresh(MAP.epoch(), LONG)).isPresent();
        server.stop();
        assertThat(client.refresh(new Epoch(2), Duration.ofMillis(200))).contains(MAP);
        server.start();
        CellMap next = MAP.at(new Epoch(2));
        server.put(next);
        assertThat(client.refresh(next.epoch(), LONG)).contains(next);
    }

    @Test
    void when_a_server_of_several_is_away_another_one_tells_the_map() {
        try (TestServer other = new TestServer()) {
            ServerChannels both = new ServerChannels(
                    List.of(HostPort.parse(server.address()), HostPort.parse(other.address())), List.of());
            try {
                server.put(MAP);
                other.put(MAP);
                CellMapClient client = new CellMapClient(both, turns);
                assertThat(client.refresh(MAP.epoch(), LONG)).contains(MAP);
                server.stop();
                CellMap next = MAP.at(new Epoch(2));
                other.put(next);
                assertThat(client.refresh(next.epoch(), LONG)).contains(next);
            } finally {
                both.close();
            }
        }
    }
}
