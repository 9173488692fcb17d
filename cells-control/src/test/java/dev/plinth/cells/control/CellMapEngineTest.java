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
import dev.plinth.kernel.EngineTrial;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CellMapEngineTest {
    private static final Cell EAST = Cell.sharded("east", Zone.of("hz1", "hangzhou"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("sh1", "shanghai"));
    private static final CellMap FIRST = CellMap.evenly(ShardFunction.lastDigits(100), List.of(EAST, WEST));
    private static final CellMap SECOND = FIRST.next(Map.of(new Shard(0), Assignment.open(WEST)));

    private final EngineTrial<CellMapEngine, CellMapCommand, CellMapOutcome, Void, CellMap> trial =
            new EngineTrial<>(new CellMapEngine());

    private CellMapOutcome put(CellMap map) {
        return trial.apply(new CellMapCommand.Put(new Epoch(map.epoch().number() - 1), map));
    }

    @Test
    void each_map_replaces_the_one_of_the_epoch_before() {
        assertThat(trial.engine().current()).isEmpty();
        assertThat(put(FIRST)).isEqualTo(new CellMapOutcome.Replaced(new Epoch(1)));
        assertThat(put(SECOND)).isEqualTo(new CellMapOutcome.Replaced(new Epoch(2)));
        assertThat(trial.engine().current()).contains(SECOND);
        assertThat(trial.takeChanged()).containsExactly("map", "map");
    }

    @Test
    void a_put_that_expects_another_epoch_changes_nothing() {
        put(FIRST);
        trial.takeChanged();

        assertThat(put(SECOND.at(new Epoch(3)))).isEqualTo(new CellMapOutcome.EpochMismatch(new Epoch(1)));
        assertThat(put(SECOND.at(new Epoch(1)))).isEqualTo(new CellMapOutcome.EpochMismatch(new Epoch(1)));
        assertThat(trial.engine().current()).contains(FIRST);
        assertThat(trial.takeChanged()).isEmpty();
    }

    @Test
    void a_put_before_the_first_map_that_expects_one_is_a_mismatch_with_none() {
        assertThat(put(SECOND)).isEqualTo(new CellMapOutcome.EpochMismatch(Epoch.NONE));
    }

    @Test
    void a_put_that_comes_twice_is_answered_as_the_first_time_and_is_no_change() {
        put(FIRST);
        put(SECOND);
        trial.takeChanged();

        assertThat(put(SECOND)).isEqualTo(new CellMapOutcome.Replaced(new Epoch(2)));
        assertThat(trial.takeChanged()).isEmpty();
    }

    @Test
    void another_shard_function_is_refused() {
        put(FIRST);
        var other = CellMap.evenly(ShardFunction.hash(100), List.of(EAST, WEST)).at(new Epoch(2));

        assertThat(put(other))
                .isInstanceOfSatisfying(
                        CellMapOutcome.Invalid.class,
                        invalid -> assertThat(invalid.reason())
                                .contains("shard_function")
                                .contains("kind=HASH")
                                .contains("expected")
                                .contains("kind=LAST_DIGITS"));
        assertThat(trial.engine().current()).contains(FIRST);
    }

    @Test
    void a_command_whose_map_does_not_follow_the_expected_epoch_cannot_be_made() {
        assertThatThrownBy(() -> new CellMapCommand.Put(new Epoch(1), FIRST))
                .hasMessageContaining("a map of epoch 1 in place of epoch 1: expected epoch 2");
    }

    @Test
    void watchers_see_one_key_once_there_is_a_map() {
        assertThat(trial.engine().keys("map", "", 10)).isEmpty();
        put(FIRST);
        assertThat(trial.engine().keys("map", "", 10)).containsExactly("map");
        assertThat(trial.engine().keys("map", "map", 10)).isEmpty();
        assertThat(trial.engine().view("map")).contains(FIRST);
        assertThat(trial.engine().view("mop")).isEmpty();
    }

    /** Whatever is put in whatever order: the epoch goes up by one or stays, and a snapshot at any point gives the same engine. */
    @Property(tries = 200)
    void the_epoch_only_grows_and_every_snapshot_gives_the_same_engine(
            @ForAll @Size(max = 30) List<@IntRange(min = 1, max = 6) Integer> epochs) {
        var bench = new EngineTrial<CellMapEngine, CellMapCommand, CellMapOutcome, Void, CellMap>(new CellMapEngine());
        long before = 0;
        for (int epoch : epochs) {
            var map = FIRST.next(Map.of(new Shard(epoch), Assignment.frozen(EAST)))
                    .at(new Epoch(epoch));
            var outcome = bench.apply(new CellMapCommand.Put(new Epoch(epoch - 1), map));
            long after = bench.engine()
                    .current()
                    .map(CellMap::epoch)
                    .orElse(Epoch.NONE)
                    .number();
            assertThat(after).isEqualTo(epoch == before + 1 ? before + 1 : before);
            assertThat(outcome instanceof CellMapOutcome.Replaced).isEqualTo(epoch == after);
            before = after;

            var restored = bench.restoredIn(CellMapEngine::new);
            assertThat(restored.engine().current()).isEqualTo(bench.engine().current());
            assertThat(restored.state()).isEqualTo(bench.state());
        }
    }
}
