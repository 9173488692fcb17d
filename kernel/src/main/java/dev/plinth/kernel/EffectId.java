package dev.plinth.kernel;

/**
 * Names one open effect in its partition.
 *
 * @param value counts from 1 in the order of opening; never used twice in a partition's life
 */
public record EffectId(long value) implements Comparable<EffectId> {
    public EffectId {
        if (value < 1) {
            throw new IllegalArgumentException("an effect id counts from 1, not " + value);
        }
    }

    @Override
    public int compareTo(EffectId other) {
        return Long.compare(value, other.value);
    }
}
