package dev.plinth.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CellMapTest {
    private static final Cell EAST = Cell.sharded("east", Zone.of("hz1", "hangzhou"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("sh1", "shanghai"));
    private static final Cell GLOBAL = new Cell("global", Zone.of("hz1", "hangzhou"), Cell.Kind.GLOBAL);
    private static final CellMap MAP = CellMap.evenly(ShardFunction.lastDigits(100), List.of(WEST, GLOBAL, EAST));

    @Test
    void an_even_map_gives_each_sharded_cell_adjoining_shards() {
        assertThat(MAP.epoch()).isEqualTo(new Epoch(1));
        assertThat(MAP.ownerOf("1000")).isEqualTo(WEST);
        assertThat(MAP.ownerOf("1049")).isEqualTo(WEST);
        assertThat(MAP.ownerOf("1050")).isEqualTo(EAST);
        assertThat(MAP.ownerOf("1099")).isEqualTo(EAST);
    }

    @Property
    void an_even_map_leaves_no_two_cells_more_than_one_shard_apart(
            @ForAll @IntRange(min = 1, max = 300) int shards, @ForAll @IntRange(min = 1, max = 20) int cells) {
        var owners = IntStream.range(0, cells)
                .mapToObj(i -> Cell.sharded("cell-" + i, Zone.of("z", "r")))
                .toList();
        var map = CellMap.evenly(ShardFunction.hash(shards), owners);
        var counts = owners.stream()
                .mapToLong(cell -> map.assignments().stream()
                        .filter(assignment -> assignment.owner().equals(cell))
                        .count())
                .summaryStatistics();
        assertThat(counts.getMax() - counts.getMin()).isLessThanOrEqualTo(1);
    }

    @Test
    void an_open_shard_is_routed_to_its_owner_and_a_frozen_one_says_so() {
        var frozen = MAP.next(Map.of(new Shard(7), Assignment.frozen(WEST)));

        assertThat(frozen.route("7")).isEqualTo(new Route.Frozen(WEST, new Epoch(2)));
        assertThat(frozen.route("8")).isEqualTo(new Route.To(WEST, new Epoch(2)));
        assertThat(MAP.route("7")).isEqualTo(new Route.To(WEST, new Epoch(1)));
    }

    @Test
    void the_next_map_hands_shards_over_at_the_next_epoch() {
        var handedOver = MAP.next(Map.of(new Shard(7), Assignment.open(EAST)));

        assertThat(handedOver.epoch().isAfter(MAP.epoch())).isTrue();
        assertThat(handedOver.ownerOf("107")).isEqualTo(EAST);
        assertThat(handedOver.ownerOf("108")).isEqualTo(WEST);
    }

    @Test
    void a_shard_outside_the_map_is_refused() {
        assertThatThrownBy(() -> MAP.next(Map.of(new Shard(100), Assignment.open(EAST))))
                .hasMessage("shard 100: this map's shards end at 99");
        assertThatThrownBy(() -> MAP.assignmentOf(new Shard(100))).hasMessageContaining("end at 99");
    }

    @Test
    void a_shard_without_owner_is_refused() {
        var shards = ShardFunction.lastDigits(2);
        assertThatThrownBy(() -> new CellMap(new Epoch(1), shards, List.of(EAST), List.of(Assignment.open(EAST))))
                .hasMessage("a cell map with 1 assignments: expected one for each of 2 shards");
        assertThatThrownBy(() -> new CellMap(
                        new Epoch(1), shards, List.of(EAST), List.of(Assignment.open(EAST), Assignment.open(WEST))))
                .hasMessageContaining("shard 1 belongs to west, which is not a cell of the map");
    }

    @Test
    void only_a_sharded_cell_owns_shards() {
        assertThatThrownBy(() -> new CellMap(
                        new Epoch(1), ShardFunction.lastDigits(1), List.of(GLOBAL), List.of(Assignment.open(GLOBAL))))
                .hasMessage("shard 0 belongs to global, which is GLOBAL: expected a SHARDED cell");
        assertThatThrownBy(() -> CellMap.evenly(ShardFunction.lastDigits(1), List.of(GLOBAL)))
                .hasMessageContaining("expected at least one");
    }

    @Test
    void two_cells_of_one_name_are_refused() {
        var twin = Cell.sharded("east", Zone.of("sh1", "shanghai"));
        assertThatThrownBy(() -> CellMap.evenly(ShardFunction.lastDigits(10), List.of(EAST, twin)))
                .hasMessage("the cell east is in the map twice");
    }

    @Test
    void a_zone_in_two_regions_is_refused() {
        var elsewhere = Cell.sharded("west", Zone.of("hz1", "shanghai"));
        assertThatThrownBy(() -> CellMap.evenly(ShardFunction.lastDigits(10), List.of(EAST, elsewhere)))
                .hasMessageContaining("the zone hz1 is in two regions");
    }

    @Test
    void a_map_without_cells_or_of_epoch_zero_is_refused() {
        assertThatThrownBy(() -> new CellMap(new Epoch(1), ShardFunction.lastDigits(1), List.of(), List.of()))
                .hasMessageContaining("0 cells: expected 1 to 256");
        assertThatThrownBy(() -> MAP.at(Epoch.NONE)).hasMessageContaining("epoch 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "East", "a_b", "-a", "a-", "a.b", "ä", "a\nb"})
    void a_name_that_is_no_dns_label_is_refused(String name) {
        assertThatThrownBy(() -> new Region(name)).hasMessageContaining("the region name");
        assertThatThrownBy(() -> Zone.of(name, "r")).hasMessageContaining("the zone name");
        assertThatThrownBy(() -> Cell.sharded(name, Zone.of("z", "r")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 1 to 63 of a-z, 0-9 and '-'")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void cells_are_found_by_name() {
        assertThat(MAP.cells()).containsExactly(EAST, GLOBAL, WEST);
        assertThat(MAP.cell("west")).contains(WEST);
        assertThat(MAP.cell("north")).isEmpty();
    }
}
