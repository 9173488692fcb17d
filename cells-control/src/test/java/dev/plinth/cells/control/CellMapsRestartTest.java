package dev.plinth.cells.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.Shard;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cell map on the journal of one machine, and a real disk. */
@Timeout(60)
class CellMapsRestartTest {
    private static final Cell EAST = Cell.sharded("east", Zone.of("hz1", "hangzhou"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("sh1", "shanghai"));
    private static final CellMap FIRST = CellMap.evenly(ShardFunction.lastDigits(100), List.of(EAST, WEST));

    @TempDir
    private Path data;

    private interface Use {
        void of(CellMaps maps);
    }

    private void open(boolean snapshotOnClose, Use use) throws IOException {
        try (var clock = new SystemClock();
                var segments = DiskStorage.open(data.resolve("journal"));
                var snapshots = DiskStorage.open(data.resolve("snapshots"));
                var store =
                        SegmentStore.open(segments, SegmentOptions.defaults().withSegmentBytes(4 << 20), clock);
                var maps = CellMaps.open(
                        LocalJournal.open(
                                store,
                                "cells",
                                CellMaps.commandCodec(),
                                snapshots,
                                new JournalOptions(200_000, 64L << 20, snapshotOnClose),
                                clock),
                        clock)) {
            use.of(maps);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_map_is_there_after_a_restart_from_a_snapshot_or_from_the_log(boolean snapshotOnClose) throws IOException {
        var second = FIRST.next(Map.of(new Shard(7), Assignment.frozen(EAST)));
        open(snapshotOnClose, maps -> {
            assertThat(maps.current().join()).isEmpty();
            assertThat(maps.putIfAbsent(FIRST).join()).isEqualTo(FIRST);
            assertThat(maps.put(FIRST.epoch(), second).join()).isEqualTo(new CellMapOutcome.Replaced(new Epoch(2)));
        });
        open(snapshotOnClose, maps -> {
            assertThat(maps.current().join()).contains(second);
            assertThat(maps.putIfAbsent(FIRST).join())
                    .as("the configuration's map does not come back")
                    .isEqualTo(second);
            assertThat(maps.put(FIRST.epoch(), second).join())
                    .as("the same put, whose answer was lost")
                    .isEqualTo(new CellMapOutcome.Replaced(new Epoch(2)));
        });
    }
}
