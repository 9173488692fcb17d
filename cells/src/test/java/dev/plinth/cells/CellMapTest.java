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
    void anEvenMapGivesEachShardedCellAdjoiningShards() {
        assertThat(MAP.epoch()).isEqualTo(new Epoch(1));
        assertThat(MAP.ownerOf("1000")).isEqualTo(WEST);
        assertThat(MAP.ownerOf("1049")).isEqualTo(WEST);
        assertThat(MAP.ownerOf("1050")).isEqualTo(EAST);
        assertThat(MAP.ownerOf("1099")).isEqualTo(EAST);
    }

    @Property
    void anEvenMapLeavesNoTwoCellsMoreThanOneShardApart(
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
    void anOpenShardIsRoutedToItsOwnerAndAFrozenOneSaysSo() {
        var frozen = MAP.next(Map.of(new Shard(7), Assignment.frozen(WEST)));

        assertThat(frozen.route("7")).isEqualTo(new Route.Frozen(WEST, new Epoch(2)));
        assertThat(frozen.route("8")).isEqualTo(new Route.To(WEST, new Epoch(2)));
        assertThat(MAP.route("7")).isEqualTo(new Route.To(WEST, new Epoch(1)));
    }

    @Test
    void theNextMapHandsShardsOverAtTheNextEpoch() {
        var handedOver = MAP.next(Map.of(new Shard(7), Assignment.open(EAST)));

        assertThat(handedOver.epoch().isAfter(MAP.epoch())).isTrue();
        assertThat(handedOver.ownerOf("107")).isEqualTo(EAST);
        assertThat(handedOver.ownerOf("108")).isEqualTo(WEST);
    }

    @Test
    void aShardOutsideTheMapIsRefused() {
        assertThatThrownBy(() -> MAP.next(Map.of(new Shard(100), Assignment.open(EAST))))
                .hasMessage("shard 100: this map's shards end at 99");
        assertThatThrownBy(() -> MAP.assignmentOf(new Shard(100))).hasMessageContaining("end at 99");
    }

    @Test
    void aShardWithoutOwnerIsRefused() {
        var shards = ShardFunction.lastDigits(2);
        assertThatThrownBy(() -> new CellMap(new Epoch(1), shards, List.of(EAST), List.of(Assignment.open(EAST))))
                .hasMessage("a cell map with 1 assignments: expected one for each of 2 shards");
        assertThatThrownBy(() -> new CellMap(
                        new Epoch(1), shards, List.of(EAST), List.of(Assignment.open(EAST), Assignment.open(WEST))))
                .hasMessageContaining("shard 1 belongs to west, which is not a cell of the map");
    }

    @Test
    void onlyAShardedCellOwnsShards() {
        assertThatThrownBy(() -> new CellMap(
                        new Epoch(1), ShardFunction.lastDigits(1), List.of(GLOBAL), List.of(Assignment.open(GLOBAL))))
                .hasMessage("shard 0 belongs to global, which is GLOBAL: expected a SHARDED cell");
        assertThatThrownBy(() -> CellMap.evenly(ShardFunction.lastDigits(1), List.of(GLOBAL)))
                .hasMessageContaining("expected at least one");
    }

    @Test
    void twoCellsOfOneNameAreRefused() {
        var twin = Cell.sharded("east", Zone.of("sh1", "shanghai"));
        assertThatThrownBy(() -> CellMap.evenly(ShardFunction.lastDigits(10), List.of(EAST, twin)))
                .hasMessage("the cell east is in the map twice");
    }

    @Test
    void aZoneInTwoRegionsIsRefused() {
        var elsewhere = Cell.sharded("west", Zone.of("hz1", "shanghai"));
        assertThatThrownBy(() -> CellMap.evenly(ShardFunction.lastDigits(10), List.of(EAST, elsewhere)))
                .hasMessageContaining("the zone hz1 is in two regions");
    }

    @Test
    void aMapWithoutCellsOrOfEpochZeroIsRefused() {
        assertThatThrownBy(() -> new CellMap(new Epoch(1), ShardFunction.lastDigits(1), List.of(), List.of()))
                .hasMessageContaining("0 cells: expected 1 to 256");
        assertThatThrownBy(() -> MAP.at(Epoch.NONE)).hasMessageContaining("epoch 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "East", "a_b", "-a", "a-", "a.b", "ä", "a\nb"})
    void aNameThatIsNoDnsLabelIsRefused(String name) {
        assertThatThrownBy(() -> new Region(name)).hasMessageContaining("the region name");
        assertThatThrownBy(() -> Zone.of(name, "r")).hasMessageContaining("the zone name");
        assertThatThrownBy(() -> Cell.sharded(name, Zone.of("z", "r")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 1 to 63 of a-z, 0-9 and '-'")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void cellsAreFoundByName() {
        assertThat(MAP.cells()).containsExactly(EAST, GLOBAL, WEST);
        assertThat(MAP.cell("west")).contains(WEST);
        assertThat(MAP.cell("north")).isEmpty();
    }
}
