package dev.plinth.cells;

/**
 * Which version of the cell map. It only grows, by one with every change, so of two maps the one with the greater epoch holds.
 *
 * @param number from 1; 0 is {@link #NONE}
 */
public record Epoch(long number) implements Comparable<Epoch> {

    /** Before the first map. */
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        if (number < 0) {
            throw new IllegalArgumentException("epoch " + number + ": epochs count from 1, and 0 is before the first");
        }
    }

    public Epoch next() {
        return new Epoch(Math.addExact(number, 1));
    }

    public boolean isAfter(Epoch other) {
        return number > other.number;
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(number, other.number);
    }
}
