package dev.plinth.transactions;

import java.util.HexFormat;

/**
 * Names a global transaction, for good: the number at the end of an {@link Xid}.
 *
 * @param value positive, 63 bits: 10 that name the partition, then 53 that only grow in it
 */
public record TransactionId(long value) implements Comparable<TransactionId> {
    public static final int PARTITION_BITS = 10;
    public static final int PARTITIONS_MAX = 1 << PARTITION_BITS;

    /** Bits of the number that grows inside one partition. */
    static final int SEQUENCE_BITS = 63 - PARTITION_BITS;

    public TransactionId {
        if (value < 1) {
            throw new IllegalArgumentException("a transaction id is a positive 63-bit number, not " + value);
        }
    }

    /** The partition whose engine decides about it. */
    public int partition() {
        return (int) (value >>> SEQUENCE_BITS);
    }

    /** Sixteen hexadecimal digits: in the order of the ids, as text too. */
    String hex() {
        return HexFormat.of().toHexDigits(value);
    }

    @Override
    public int compareTo(TransactionId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
