package dev.plinth.server.console;

import java.util.ArrayList;
import java.util.List;

/**
 * The cell map as a tree of regions, zones and cells.
 *
 * @param epoch 0 if no map was ever put
 * @param shardFunction how a user id becomes a shard, in a few words: {@code last 2 digits of the user id}
 * @param shards how many shards there are; those that no cell names have no owner
 */
public record CellMapState(long epoch, String shardFunction, int shards, List<Region> regions) {
    public CellMapState {
        regions = List.copyOf(regions);
    }

    /** No map was ever put. */
    public static CellMapState none() {
        return new CellMapState(0, "", 0, List.of());
    }

    public record Region(String name, List<Zone> zones) {
        public Region {
            zones = List.copyOf(zones);
        }
    }

    public record Zone(String name, List<Cell> cells) {
        public Zone {
            cells = List.copyOf(cells);
        }
    }

    public enum CellKind {
        SHARDED,
        GLOBAL,
        LOCAL
    }

    /**
     * A cell and the shards that it owns.
     *
     * @param shardCount how many, those that are frozen included
     * @param shards as ranges, ascending
     * @param frozen those of them that are frozen, as ranges, ascending
     */
    public record Cell(String name, CellKind kind, int shardCount, List<ShardRange> shards, List<ShardRange> frozen) {
        public Cell {
            shards = List.copyOf(shards);
            frozen = List.copyOf(frozen);
        }

        /** A cell by its owned and its frozen shards, each in ascending order. */
        public static Cell of(String name, CellKind kind, List<Integer> owned, List<Integer> frozen) {
            return new Cell(name, kind, owned.size(), ShardRange.of(owned), ShardRange.of(frozen));
        }
    }

    /** The shards {@code from} to {@code to}, both included. */
    public record ShardRange(int from, int to) {
        public ShardRange {
            if (from < 0 || to < from) {
                throw new IllegalArgumentException("0 <= from <= to, not " + from + " and " + to);
            }
        }

        /** Ascending shard numbers, drawn together. */
        static List<ShardRange> of(List<Integer> shards) {
            List<ShardRange> ranges = new ArrayList<>();
            for (int shard : shards) {
                if (!ranges.isEmpty() && ranges.getLast().to == shard - 1) {
                    ranges.set(ranges.size() - 1, new ShardRange(ranges.getLast().from, shard));
                } else {
                    ranges.add(new ShardRange(shard, shard));
                }
            }
            return ranges;
        }
    }
}
