package dev.plinth.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class CellMapMessagesTest {
    private static final Cell EAST = Cell.sharded("east", Zone.of("hz1", "hangzhou"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("sh1", "shanghai"));
    private static final Cell GLOBAL = new Cell("global", Zone.of("hz1", "hangzhou"), Cell.Kind.GLOBAL);
    private static final Cell LOCAL = new Cell("local", Zone.of("hz1", "hangzhou"), Cell.Kind.LOCAL);

    @Property
    void a_map_comes_back_from_the_wire_as_it_was(
            @ForAll ShardFunction.Kind kind,
            @ForAll @IntRange(min = 1, max = 200) int shards,
            @ForAll @LongRange(min = 1) long epoch,
            @ForAll Set<@IntRange(max = 199) Integer> frozen)
            throws InvalidProtocolBufferException {
        Map<Shard, Assignment> changes = new HashMap<>();
        frozen.stream()
                .filter(shard -> shard < shards)
                .forEach(shard -> changes.put(new Shard(shard), Assignment.frozen(WEST)));
        var map = CellMap.evenly(new ShardFunction(kind, shards), List.of(LOCAL, GLOBAL, WEST, EAST))
                .next(changes)
                .at(new Epoch(epoch));

        byte[] bytes = CellMapMessages.toMessage(map).toByteArray();

        assertThat(CellMapMessages.fromMessage(dev.plinth.wire.cells.v1.CellMap.parseFrom(bytes)))
                .isEqualTo(map);
    }

    private static final dev.plinth.wire.cells.v1.CellMap SOUND =
            CellMapMessages.toMessage(CellMap.evenly(ShardFunction.lastDigits(2), List.of(EAST, WEST)));

    @Test
    void an_owner_that_is_no_cell_of_the_map_is_named_with_its_place() {
        var message = SOUND.toBuilder();
        message.getAssignmentsBuilder(1).setCell("north");
        assertThatThrownBy(() -> CellMapMessages.fromMessage(message.build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("assignments[1].cell is \"north\": expected the name of a cell of the map");
    }

    @Test
    void what_is_left_out_or_unknown_is_named_with_what_was_expected() {
        var noFunction = SOUND.toBuilder().clearShardFunction().build();
        assertThatThrownBy(() -> CellMapMessages.fromMessage(noFunction))
                .hasMessageContaining("shard_function.kind is KIND_UNSPECIFIED: expected LAST_DIGITS or HASH");
        var strangeKind = SOUND.toBuilder();
        strangeKind.getCellsBuilder(0).setKindValue(9);
        assertThatThrownBy(() -> CellMapMessages.fromMessage(strangeKind.build()))
                .hasMessage("the cell \"east\" has the kind UNRECOGNIZED: expected SHARDED, GLOBAL or LOCAL");
        var noState = SOUND.toBuilder();
        noState.getAssignmentsBuilder(0).clearState();
        assertThatThrownBy(() -> CellMapMessages.fromMessage(noState.build()))
                .hasMessage("assignments[0].state is STATE_UNSPECIFIED: expected OPEN or FROZEN");
        var noEpoch = SOUND.toBuilder().clearEpoch().build();
        assertThatThrownBy(() -> CellMapMessages.fromMessage(noEpoch)).hasMessageContaining("epoch 0");
        assertThat(CellMapMessages.fromMessage(noEpoch, new Epoch(9)).epoch()).isEqualTo(new Epoch(9));
    }
}
