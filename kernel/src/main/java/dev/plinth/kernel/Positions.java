package dev.plinth.kernel;

/** Where each entry of one log stands: eight bytes an entry, from the first that is kept to the last. */
final class Positions {
    /*
     * A ring of positions. Entries before `known` are counted but their place is not known: while a store is opened, its oldest
     * segment speaks of entries that a later record forgets again.
     */
    private static final int CAPACITY_MIN = 16;
    private static final int SHRINK_FROM = 4096;

    private long[] ring = new long[CAPACITY_MIN];
    private long first;
    private long known;
    private long next;

    Positions(long first, long next) {
        this.first = first;
        this.known = next;
        this.next = next;
    }

    long first() {
        return first;
    }

    long next() {
        return next;
    }

    /** The first entry whose place is known; the same as {@link #first} unless some are missing. */
    long known() {
        return known;
    }

    long get(long index) {
        return ring[slot(index)];
    }

    void add(long position) {
        if (next - known == ring.length) {
            resize(Math.multiplyExact(ring.length, 2));
        }
        ring[slot(next)] = position;
        next++;
    }

    void truncatePrefix(long firstKept) {
        if (firstKept > next) {
            reset(firstKept);
        } else {
            first = Math.max(first, firstKept);
            known = Math.max(known, firstKept);
            if (ring.length > SHRINK_FROM && next - known < ring.length / 8) {
                resize(ring.length / 4);
            }
        }
    }

    void truncateSuffix(long lastKept) {
        next = Math.min(next, lastKept + 1);
        first = Math.min(first, next);
        known = Math.min(known, next);
    }

    void reset(long newNext) {
        first = newNext;
        known = newNext;
        next = newNext;
        ring = new long[CAPACITY_MIN];
    }

    private void resize(int capacity) {
        long[] resized = new long[capacity];
        for (long index = known; index < next; index++) {
            resized[(int) (index & (capacity - 1))] = ring[slot(index)];
        }
        ring = resized;
    }

    private int slot(long index) {
        return (int) (index & (ring.length - 1));
    }
}
