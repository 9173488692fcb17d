package dev.plinth.cells.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.Shard;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class CellMapCodecsTest {
    private static final Cell EAST = Cell.sharded("east", Zone.of("hz1", "hangzhou"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("sh1", "shanghai"));
    private static final Cell GLOBAL = new Cell("global", Zone.of("hz1", "hangzhou"), Cell.Kind.GLOBAL);
    private static final Cell LOCAL = new Cell("local", Zone.of("sh1", "shanghai"), Cell.Kind.LOCAL);
    private static final CellMap MAP = CellMap.evenly(ShardFunction.lastDigits(10), List.of(EAST, WEST, GLOBAL, LOCAL))
            .next(Map.of(new Shard(3), Assignment.frozen(EAST)));

    @Property
    void every_command_and_state_comes_back_as_it_was(
            @ForAll ShardFunction.Kind kind,
            @ForAll @IntRange(min = 1, max = 300) int shards,
            @ForAll @LongRange(min = 0, max = Long.MAX_VALUE - 1) long epoch,
            @ForAll Set<@IntRange(max = 299) Integer> frozen)
            throws IOException {
        Map<Shard, Assignment> changes = new HashMap<>();
        frozen.stream()
                .filter(shard -> shard < shards)
                .forEach(shard -> changes.put(new Shard(shard), Assignment.frozen(WEST)));
        var map = CellMap.evenly(new ShardFunction(kind, shards), List.of(LOCAL, GLOBAL, WEST, EAST))
                .next(changes)
                .at(new Epoch(epoch + 1));
        var put = new CellMapCommand.Put(new Epoch(epoch), map);

        assertThat(CellMapCodecs.COMMANDS.decode(ByteBuffer.wrap(CellMapCodecs.COMMANDS.encode(put))))
                .isEqualTo(put);
        assertThat(CellMapCodecs.decodeState(CellMapCodecs.encodeState(Optional.of(map))))
                .contains(map);
    }

    @Test
    void every_outcome_comes_back_as_it_was() {
        List<CellMapOutcome> outcomes = List.of(
                new CellMapOutcome.Replaced(new Epoch(7)),
                new CellMapOutcome.EpochMismatch(Epoch.NONE),
                new CellMapOutcome.Invalid("because"));
        for (var outcome : outcomes) {
            var bytes = ByteBuffer.wrap(CellMapCodecs.OUTCOMES.encode(outcome));
            assertThat(CellMapCodecs.OUTCOMES.decode(bytes)).isEqualTo(outcome);
        }
        assertThat(CellMapCodecs.encodeState(Optional.empty())).isEmpty();
    }

    /** What release 0.1.0 wrote must be read for ever, and this release writes the same. */
    @Test
    void the_bytes_of_release_0_1_0_are_read_and_written() throws IOException {
        var golden = new Properties();
        try (var in = CellMapCodecsTest.class.getResourceAsStream("golden-0.1.0.properties")) {
            golden.load(in);
        }
        var put = new CellMapCommand.Put(new Epoch(1), MAP);
        assertThat(HexFormat.of().formatHex(CellMapCodecs.COMMANDS.encode(put))).isEqualTo(golden.getProperty("put"));
        assertThat(CellMapCodecs.COMMANDS.decode(bytes(golden, "put"))).isEqualTo(put);
        assertThat(HexFormat.of().formatHex(CellMapCodecs.encodeState(Optional.of(MAP))))
                .isEqualTo(golden.getProperty("state"));
        assertThat(CellMapCodecs.decodeState(bytes(golden, "state").array())).contains(MAP);
        assertThat(CellMapCodecs.OUTCOMES.decode(bytes(golden, "replaced")))
                .isEqualTo(new CellMapOutcome.Replaced(new Epoch(2)));
        assertThat(CellMapCodecs.OUTCOMES.decode(bytes(golden, "mismatch")))
                .isEqualTo(new CellMapOutcome.EpochMismatch(new Epoch(300)));
        assertThat(CellMapCodecs.OUTCOMES.decode(bytes(golden, "invalid")))
                .isEqualTo(new CellMapOutcome.Invalid("because"));
    }

    private static ByteBuffer bytes(Properties golden, String name) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(golden.getProperty(name)));
    }

    @Test
    void bytes_that_are_no_command_are_refused_with_what_was_expected() {
        var noise = "this is no command".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> CellMapCodecs.COMMANDS.decode(ByteBuffer.wrap(noise)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a command of the cell map's engine");
        assertThatThrownBy(() -> CellMapCodecs.COMMANDS.decode(ByteBuffer.allocate(0)))
                .hasMessageContaining("a command of the cell map that this release does not know");
        assertThatThrownBy(() -> CellMapCodecs.OUTCOMES.decode(ByteBuffer.allocate(0)))
                .hasMessageContaining("an outcome of the cell map that this release does not know");
        assertThatThrownBy(() -> CellMapCodecs.decodeState(noise)).isInstanceOf(IOException.class);
        // A map of no cells at all: well-formed, and not sound.
        assertThatThrownBy(() -> CellMapCodecs.decodeState(HexFormat.of().parseHex("0a0608011001180a")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("0 cells: expected 1 to 256");
    }
}
