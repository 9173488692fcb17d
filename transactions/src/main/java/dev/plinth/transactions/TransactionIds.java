package dev.plinth.transactions;

import java.time.Instant;

/** Gives out the ids of one partition's transactions and branches: each greater than the one before. */
final class TransactionIds {
    /*
     * An id starts with the millisecond of its entry's stamp, so ids go on growing even if a partition starts again with an empty
     * disk: participants keep undo records and fences under old ids, and a counter from 1 would meet them again. The entry's index
     * in the journal was the alternative, and has just that flaw.
     *
     * 53 bits: 41 of milliseconds, which last until 2094, and 12 that count within one; in a busier millisecond the ids run ahead.
     */
    private static final long EPOCH_MILLIS =
            Instant.parse("2025-01-01T00:00:00Z").toEpochMilli();

    private static final int COUNT_BITS = 12;
    private static final long SEQUENCE_MAX = (1L << TransactionId.SEQUENCE_BITS) - 1;

    private final long partition;
    private long last;

    TransactionIds(int partition) {
        if (partition < 0 || partition >= TransactionId.PARTITIONS_MAX) {
            throw new IllegalArgumentException(
                    "a partition is 0 to " + (TransactionId.PARTITIONS_MAX - 1) + ", not " + partition);
        }
        this.partition = (long) partition << TransactionId.SEQUENCE_BITS;
    }

    long next(Instant now) {
        long millis = Math.max(0, now.toEpochMilli() - EPOCH_MILLIS);
        last = Math.max(last + 1, millis << COUNT_BITS);
        if (last > SEQUENCE_MAX) {
            throw new IllegalStateException("the ids of this partition are used up: the clock says " + now);
        }
        return partition | last;
    }

    /** The last sequence given out, for snapshots. */
    long last() {
        return last;
    }

    void restore(long newLast) {
        last = newLast;
    }
}
