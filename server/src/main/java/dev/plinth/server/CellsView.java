package dev.plinth.server;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.server.console.CellMapState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The cell map as the console shows it. */
final class CellsView {
    private CellsView() {}

    static CellMapState of(CellMap map) {
        Map<String, Map<String, List<CellMapState.Cell>>> regions = new TreeMap<>();
        for (Cell cell : map.cells()) {
            regions.computeIfAbsent(cell.zone().region().name(), _ -> new TreeMap<>())
                    .computeIfAbsent(cell.zone().name(), _ -> new ArrayList<>())
                    .add(cell(map, cell));
        }
        var function = map.shardFunction();
        return new CellMapState(
                map.epoch().number(),
                inWords(function),
                function.shards(),
                regions.entrySet().stream()
                        .map(region -> new CellMapState.Region(
                                region.getKey(),
                                region.getValue().entrySet().stream()
                                        .map(zone -> new CellMapState.Zone(zone.getKey(), zone.getValue()))
                                        .toList()))
                        .toList());
    }

    private static CellMapState.Cell cell(CellMap map, Cell cell) {
        List<Integer> owned = new ArrayList<>();
        List<Integer> frozen = new ArrayList<>();
        for (int shard = 0; shard < map.assignments().size(); shard++) {
            var assignment = map.assignments().get(shard);
            if (assignment.owner().equals(cell)) {
                owned.add(shard);
                if (assignment.state() == Assignment.State.FROZEN) {
                    frozen.add(shard);
                }
            }
        }
        var kind = switch (cell.kind()) {
            case SHARDED -> CellMapState.CellKind.SHARDED;
            case GLOBAL -> CellMapState.CellKind.GLOBAL;
            case LOCAL -> CellMapState.CellKind.LOCAL;
        };
        return CellMapState.Cell.of(cell.name(), kind, owned, frozen);
    }

    private static String inWords(ShardFunction function) {
        return switch (function.kind()) {
            case LAST_DIGITS -> "the user id's last digits, modulo " + function.shards();
            case HASH -> "FNV-1a of the user id, modulo " + function.shards();
        };
    }
}
