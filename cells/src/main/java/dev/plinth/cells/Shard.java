package dev.plinth.cells;

/**
 * One part of the users, the least that moves from cell to cell.
 *
 * @param number from 0 to {@link ShardFunction#shards()} - 1
 */
public record Shard(int number) implements Comparable<Shard> {
    public Shard {
        if (number < 0 || number >= ShardFunction.SHARDS_MAX) {
            throw new IllegalArgumentException(
                    "shard " + number + ": shards are numbered from 0 to at most " + (ShardFunction.SHARDS_MAX - 1));
        }
    }

    @Override
    public int compareTo(Shard other) {
        return Integer.compare(number, other.number);
    }
}
