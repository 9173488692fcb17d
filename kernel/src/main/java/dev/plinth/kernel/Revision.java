package dev.plinth.kernel;

/**
 * A position in a partition's history.
 *
 * @param incarnation which history: a journal keeps its own for life, an inbox gets a new one with every start. Revisions of
 *     different incarnations cannot be compared.
 * @param index the entry's number in it, from 1; 0 is the beginning, before any entry
 */
public record Revision(long incarnation, long index) {
    public Revision {
        if (index < 0) {
            throw new IllegalArgumentException("a revision's index counts from 0, not " + index);
        }
    }

    /** The next position in the same history. */
    public Revision next() {
        return new Revision(incarnation, index + 1);
    }
}
