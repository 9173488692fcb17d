package dev.plinth.cells;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which cell owns which users, at one epoch: immutable, and sound as a whole.
 *
 * @param epoch from 1
 * @param cells at most {@link #CELLS_MAX}, in the order of their names; no two of one name, and no zone in two regions
 * @param assignments by shard number, one for each shard; each owner is one of the cells, and SHARDED
 */
public record CellMap(Epoch epoch, ShardFunction shardFunction, List<Cell> cells, List<Assignment> assignments) {

    public static final int CELLS_MAX = 256;

    /** @throws IllegalArgumentException if the map is not sound; the message names the cell or shard, and what was expected */
    public CellMap {
        if (epoch.equals(Epoch.NONE)) {
            throw new IllegalArgumentException("a cell map of epoch 0: expected 1 or more");
        }
        cells = cells.stream().sorted(Comparator.comparing(Cell::name)).toList();
        assignments = List.copyOf(assignments);
        checkCells(cells);
        checkAssignments(shardFunction, cells, assignments);
    }

    private static void checkCells(List<Cell> cells) {
        if (cells.isEmpty() || cells.size() > CELLS_MAX) {
            throw new IllegalArgumentException(
                    "a cell map with " + cells.size() + " cells: expected 1 to " + CELLS_MAX);
        }
        var names = new HashSet<String>();
        Map<String, Zone> zones = new HashMap<>();
        for (var cell : cells) {
            if (!names.add(cell.name())) {
                throw new IllegalArgumentException("the cell " + cell.name() + " is in the map twice");
            }
            var zone = zones.putIfAbsent(cell.zone().name(), cell.zone());
            if (zone != null && !zone.equals(cell.zone())) {
                throw new IllegalArgumentException("the zone " + zone.name() + " is in two regions, "
                        + zone.region().name() + " and " + cell.zone().region().name());
            }
        }
    }

    private static void checkAssignments(ShardFunction function, List<Cell> cells, List<Assignment> assignments) {
        if (assignments.size() != function.shards()) {
            throw new IllegalArgumentException("a cell map with " + assignments.size()
                    + " assignments: expected one for each of " + function.shards() + " shards");
        }
        var known = new HashSet<>(cells);
        for (int shard = 0; shard < assignments.size(); shard++) {
            var owner = assignments.get(shard).owner();
            if (!known.contains(owner)) {
                throw new IllegalArgumentException("shard " + shard + " belongs to " + owner.name()
                        + ", which is not a cell of the map (in this zone, of this kind)");
            }
            if (owner.kind() != Cell.Kind.SHARDED) {
                throw new IllegalArgumentException("shard " + shard + " belongs to " + owner.name() + ", which is "
                        + owner.kind() + ": expected a SHARDED cell");
            }
        }
    }

    /** A first map, of epoch 1: the shards cut into as many even, adjoining ranges as there are SHARDED cells, in their order. */
    public static CellMap evenly(ShardFunction function, List<Cell> cells) {
        var owners =
                cells.stream().filter(cell -> cell.kind() == Cell.Kind.SHARDED).toList();
        if (owners.isEmpty()) {
            throw new IllegalArgumentException("no cell is SHARDED: expected at least one, to own the shards");
        }
        List<Assignment> assignments = new ArrayList<>(function.shards());
        for (long shard = 0; shard < function.shards(); shard++) {
            assignments.add(Assignment.open(owners.get((int) (shard * owners.size() / function.shards()))));
        }
        return new CellMap(Epoch.NONE.next(), function, cells, assignments);
    }

    /** The same map at another epoch. */
    public CellMap at(Epoch another) {
        return new CellMap(another, shardFunction, cells, assignments);
    }

    /** The map of the next epoch, in which these shards are assigned anew. */
    public CellMap next(Map<Shard, Assignment> changes) {
        List<Assignment> changed = new ArrayList<>(assignments);
        changes.forEach((shard, assignment) -> {
            checkShard(shard);
            changed.set(shard.number(), assignment);
        });
        return new CellMap(epoch.next(), shardFunction, cells, changed);
    }

    public Optional<Cell> cell(String name) {
        return cells.stream().filter(cell -> cell.name().equals(name)).findFirst();
    }

    /** The user's shard; throws as {@link ShardFunction#shardOf}. */
    public Shard shardOf(String userId) {
        return shardFunction.shardOf(userId);
    }

    public Assignment assignmentOf(Shard shard) {
        checkShard(shard);
        return assignments.get(shard.number());
    }

    /** The cell that owns the user, be the shard open or frozen; throws as {@link ShardFunction#shardOf}. */
    public Cell ownerOf(String userId) {
        return assignmentOf(shardOf(userId)).owner();
    }

    /** Where the user's request goes; throws as {@link ShardFunction#shardOf}. */
    public Route route(String userId) {
        var assignment = assignmentOf(shardOf(userId));
        return switch (assignment.state()) {
            case OPEN -> new Route.To(assignment.owner(), epoch);
            case FROZEN -> new Route.Frozen(assignment.owner(), epoch);
        };
    }

    private void checkShard(Shard shard) {
        if (shard.number() >= assignments.size()) {
            throw new IllegalArgumentException(
                    "shard " + shard.number() + ": this map's shards end at " + (assignments.size() - 1));
        }
    }
}
