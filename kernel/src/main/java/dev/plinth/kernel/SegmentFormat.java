package dev.plinth.kernel;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The bytes of a segment file: one header, then records, then zeros. All numbers big-endian. */
final class SegmentFormat {
    /*
     * Header, 64 bytes:  magic 8 | format 4 | 0 4 | sequence 8 | file size 8 | store id 8 | 0 20 | crc32c 4
     * Record, 32 bytes:  crc32c 4 | payload length 4 | magic 2 | kind 1 | 0 1 | log id 4 | index 8 | synced up to 8
     * and its payload, padded with zeros to a multiple of 8.
     *
     * A record's checksum starts with the store's id and the record's own position, and ends with the padding. So bytes are a
     * record only where they were written as one: neither a copy inside some payload, nor a write that the disk put elsewhere,
     * nor a file of another store can pass for one.
     *
     * A position is a segment's sequence (upper half) and an offset in it (lower half): positions grow with the log.
     */
    static final int HEADER_BYTES = 64;
    static final int RECORD_HEADER_BYTES = 32;
    static final int ALIGNMENT = 8;
    static final int FORMAT = 1;

    private static final long MAGIC = 0x504C494E_54485347L; // PLINTHSG
    private static final short RECORD_MAGIC = 0x5052; // PR
    private static final int HEADER_CRC_OFFSET = HEADER_BYTES - 4;

    /** An entry of a log. */
    static final byte APPEND = 1;
    /** The log forgets what comes before index. */
    static final byte TRUNCATE_PREFIX = 2;
    /** The log forgets what comes after index. */
    static final byte TRUNCATE_SUFFIX = 3;
    /** The log forgets everything and goes on at index. */
    static final byte RESET = 4;
    /** All logs there are, and where each stands; the first record of every segment. */
    static final byte DIRECTORY = 5;
    /** A new log: its incarnation and name. */
    static final byte LOG = 6;
    /** The last record of a segment that another one follows. */
    static final byte END = 7;
    /** Says that everything before it is synced: the last record of a store that was closed. */
    static final byte MARK = 8;

    private static final byte KIND_MIN = APPEND;
    private static final byte KIND_MAX = MARK;

    private SegmentFormat() {}

    static long position(long sequence, long offset) {
        return sequence << 32 | offset;
    }

    static long sequence(long position) {
        return position >>> 32;
    }

    static int offset(long position) {
        return (int) position;
    }

    /** Bytes that a record takes in its segment. */
    static int size(int payloadBytes) {
        return (RECORD_HEADER_BYTES + payloadBytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    record Header(long sequence, long fileBytes, long storeId) {}

    static void putHeader(ByteBuffer to, Header header) {
        int start = to.position();
        to.putLong(MAGIC).putInt(FORMAT).putInt(0);
        to.putLong(header.sequence()).putLong(header.fileBytes()).putLong(header.storeId());
        to.putLong(0).putLong(0).putInt(0);
        var crc = new CRC32C();
        crc.update(to.duplicate().position(start).limit(start + HEADER_CRC_OFFSET));
        to.putInt((int) crc.getValue());
    }

    /** The header at the start of {@code from}, or null if no such bytes are there. */
    static @Nullable Header header(ByteBuffer from) {
        int start = from.position();
        var crc = new CRC32C();
        crc.update(from.duplicate().limit(start + HEADER_CRC_OFFSET));
        if (from.getLong(start) != MAGIC || from.getInt(start + HEADER_CRC_OFFSET) != (int) crc.getValue()) {
            return null;
        }
        return new Header(from.getLong(start + 16), from.getLong(start + 24), from.getLong(start + 32));
    }

    /** The release's format that {@code from}, which starts with a valid header, was written in. */
    static int format(ByteBuffer from) {
        return from.getInt(from.position() + 8);
    }

    /** A record as it was found. {@code payload} is valid until the next record is read. */
    record Found(byte kind, int log, long index, long syncedUpTo, ByteBuffer payload, int size) {}

    /** Computes checksums; for one thread. */
    static final class Checksum {
        private final CRC32C crc = new CRC32C();
        private final byte[] salt = new byte[16];
        private final ByteBuffer saltBuffer = ByteBuffer.wrap(salt);

        int of(ByteBuffer record, long storeId, long position) {
            saltBuffer.putLong(0, storeId).putLong(8, position);
            crc.reset();
            crc.update(salt);
            crc.update(record);
            return (int) crc.getValue();
        }
    }

    /** Writes one record at {@code to}'s position, where there is room for it. */
    static void putRecord(
            ByteBuffer to,
            Checksum checksum,
            long storeId,
            long position,
            byte kind,
            int log,
            long index,
            long syncedUpTo,
            ByteBuffer payload) {
        int start = to.position();
        int length = payload.remaining();
        to.putInt(0).putInt(length).putShort(RECORD_MAGIC).put(kind).put((byte) 0);
        to.putInt(log).putLong(index).putLong(syncedUpTo);
        to.put(payload);
        int end = start + size(length);
        while (to.position() < end) {
            to.put((byte) 0);
        }
        to.putInt(start, checksum.of(to.duplicate().position(start + 4).limit(end), storeId, position));
    }

    /** Bytes that the record at {@code from}'s position says it takes, if these may be a record of at most {@code max}; else 0. */
    static int plausibleSize(ByteBuffer from, int max) {
        int start = from.position();
        int length = from.getInt(start + 4);
        if (length < 0 || length > max - RECORD_HEADER_BYTES || from.getShort(start + 8) != RECORD_MAGIC) {
            return 0;
        }
        byte kind = from.get(start + 10);
        if (kind < KIND_MIN || kind > KIND_MAX || from.get(start + 11) != 0) {
            return 0;
        }
        int size = size(length);
        return size > max ? 0 : size;
    }

    /** The record in {@code from}, which holds exactly its {@link #plausibleSize}, or null if its checksum is wrong. */
    static @Nullable Found record(ByteBuffer from, Checksum checksum, long storeId, long position) {
        int start = from.position();
        int size = from.remaining();
        if (from.getInt(start) != checksum.of(from.duplicate().position(start + 4), storeId, position)) {
            return null;
        }
        int length = from.getInt(start + 4);
        return new Found(
                from.get(start + 10),
                from.getInt(start + 12),
                from.getLong(start + 16),
                from.getLong(start + 24),
                from.slice(start + RECORD_HEADER_BYTES, length),
                size);
    }
}
