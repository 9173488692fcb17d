package dev.plinth.cells;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How a map looks on the wire ({@code plinth.cells.v1}). Here, because server and clients both need it. */
public final class CellMapMessages {
    private CellMapMessages() {}

    public static dev.plinth.wire.cells.v1.CellMap toMessage(CellMap map) {
        var message = dev.plinth.wire.cells.v1.CellMap.newBuilder()
                .setEpoch(map.epoch().number())
                .setShardFunction(dev.plinth.wire.cells.v1.ShardFunction.newBuilder()
                        .setKind(toMessage(map.shardFunction().kind()))
                        .setShards(map.shardFunction().shards()));
        map.cells()
                .forEach(cell -> message.addCells(dev.plinth.wire.cells.v1.Cell.newBuilder()
                        .setName(cell.name())
                        .setZone(cell.zone().name())
                        .setRegion(cell.zone().region().name())
                        .setKind(toMessage(cell.kind()))));
        map.assignments()
                .forEach(assignment -> message.addAssignments(dev.plinth.wire.cells.v1.Assignment.newBuilder()
                        .setCell(assignment.owner().name())
                        .setState(toMessage(assignment.state()))));
        return message.build();
    }

    /** Reads a map at the epoch that the message names; throws as {@link #fromMessage(dev.plinth.wire.cells.v1.CellMap, Epoch)}. */
    public static CellMap fromMessage(dev.plinth.wire.cells.v1.CellMap message) {
        return fromMessage(message, new Epoch(message.getEpoch()));
    }

    /**
     * Reads a map, as one of this epoch.
     *
     * @throws IllegalArgumentException if the message is no sound map; it names the field, and what was expected
     */
    public static CellMap fromMessage(dev.plinth.wire.cells.v1.CellMap message, Epoch epoch) {
        var function = new ShardFunction(
                fromMessage(message.getShardFunction().getKind()),
                message.getShardFunction().getShards());
        List<Cell> cells = new ArrayList<>(message.getCellsCount());
        Map<String, Cell> byName = new HashMap<>();
        for (var cell : message.getCellsList()) {
            var read = new Cell(
                    cell.getName(),
                    Zone.of(cell.getZone(), cell.getRegion()),
                    fromMessage(cell.getKind(), cell.getName()));
            cells.add(read);
            byName.put(read.name(), read);
        }
        List<Assignment> assignments = new ArrayList<>(message.getAssignmentsCount());
        for (var assignment : message.getAssignmentsList()) {
            int shard = assignments.size();
            var owner = byName.get(assignment.getCell());
            if (owner == null) {
                throw new IllegalArgumentException("assignments[" + shard + "].cell is "
                        + Names.quoted(assignment.getCell()) + ": expected the name of a cell of the map");
            }
            assignments.add(new Assignment(owner, fromMessage(assignment.getState(), shard)));
        }
        return new CellMap(epoch, function, cells, assignments);
    }

    private static dev.plinth.wire.cells.v1.ShardFunction.Kind toMessage(ShardFunction.Kind kind) {
        return switch (kind) {
            case LAST_DIGITS -> dev.plinth.wire.cells.v1.ShardFunction.Kind.LAST_DIGITS;
            case HASH -> dev.plinth.wire.cells.v1.ShardFunction.Kind.HASH;
        };
    }

    private static dev.plinth.wire.cells.v1.Cell.Kind toMessage(Cell.Kind kind) {
        return switch (kind) {
            case SHARDED -> dev.plinth.wire.cells.v1.Cell.Kind.SHARDED;
            case GLOBAL -> dev.plinth.wire.cells.v1.Cell.Kind.GLOBAL;
            case LOCAL -> dev.plinth.wire.cells.v1.Cell.Kind.LOCAL;
        };
    }

    private static dev.plinth.wire.cells.v1.Assignment.State toMessage(Assignment.State state) {
        return switch (state) {
            case OPEN -> dev.plinth.wire.cells.v1.Assignment.State.OPEN;
            case FROZEN -> dev.plinth.wire.cells.v1.Assignment.State.FROZEN;
        };
    }

    private static ShardFunction.Kind fromMessage(dev.plinth.wire.cells.v1.ShardFunction.Kind kind) {
        return switch (kind) {
            case LAST_DIGITS -> ShardFunction.Kind.LAST_DIGITS;
            case HASH -> ShardFunction.Kind.HASH;
            case KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("shard_function.kind is " + kind + ": expected LAST_DIGITS or HASH");
        };
    }

    private static Cell.Kind fromMessage(dev.plinth.wire.cells.v1.Cell.Kind kind, String cell) {
        return switch (kind) {
            case SHARDED -> Cell.Kind.SHARDED;
            case GLOBAL -> Cell.Kind.GLOBAL;
            case LOCAL -> Cell.Kind.LOCAL;
            case KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("the cell " + Names.quoted(cell) + " has the kind " + kind
                        + ": expected SHARDED, GLOBAL or LOCAL");
        };
    }

    private static Assignment.State fromMessage(dev.plinth.wire.cells.v1.Assignment.State state, int shard) {
        return switch (state) {
            case OPEN -> Assignment.State.OPEN;
            case FROZEN -> Assignment.State.FROZEN;
            case STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException(
                        "assignments[" + shard + "].state is " + state + ": expected OPEN or FROZEN");
        };
    }
}
