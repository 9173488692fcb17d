package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One file of a store, full of zeros until records are written. */
record Segment(long sequence, String name, Storage.File file, int bytes) {
    /** The file that is being filled with zeros; not yet a segment. */
    static final String SPARE = "spare.tmp";

    private static final String SUFFIX = ".segment";
    private static final int DIGITS = 10;

    /** A first guess at a record's size: one read does for most. */
    private static final int READ_BYTES = 4096;

    static String name(long sequence) {
        return String.format(Locale.ROOT, "%0" + DIGITS + "d%s", sequence, SUFFIX);
    }

    /** The sequence in a segment's name; empty for any other name. */
    static OptionalLong sequence(String name) {
        if (name.length() != DIGITS + SUFFIX.length() || !name.endsWith(SUFFIX)) {
            return OptionalLong.empty();
        }
        var digits = name.substring(0, DIGITS);
        return digits.chars().allMatch(c -> c >= '0' && c <= '9')
                ? OptionalLong.of(Long.parseLong(digits))
                : OptionalLong.empty();
    }

    static Segment open(Storage storage, long sequence) throws IOException {
        var name = name(sequence);
        var file = storage.open(name);
        long bytes = file.size();
        if (bytes > SegmentOptions.SEGMENT_BYTES_MAX || bytes < SegmentOptions.SEGMENT_BYTES_MIN) {
            file.close();
            throw new IOException(name + " has " + bytes + " bytes; a segment has from "
                    + SegmentOptions.SEGMENT_BYTES_MIN + " to " + SegmentOptions.SEGMENT_BYTES_MAX);
        }
        return new Segment(sequence, name, file, (int) bytes);
    }

    /** Makes a segment that is all zeros on the disk, under its name only when it is whole. */
    static Segment create(Storage storage, long sequence, int bytes) throws IOException {
        if (storage.list().contains(SPARE)) {
            storage.delete(SPARE);
        }
        try {
            try (var file = storage.create(SPARE)) {
                var zeros = ByteBuffer.allocateDirect(Math.min(bytes, 1 << 20));
                for (int offset = 0; offset < bytes; offset += zeros.limit()) {
                    zeros.clear().limit(Math.min(zeros.capacity(), bytes - offset));
                    file.write(zeros, offset);
                }
                file.sync();
            }
            storage.rename(SPARE, name(sequence));
            storage.syncDirectory();
            return open(storage, sequence);
        } catch (IOException e) {
            discardSpare(storage, e);
            throw e;
        }
    }

    /** Gives back the room that a spare took on a disk that is full. */
    private static void discardSpare(Storage storage, IOException reason) {
        try {
            if (storage.list().contains(SPARE)) {
                storage.delete(SPARE);
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    /** The record at {@code offset}, or null if none is there, or a damaged one. */
    SegmentFormat.@Nullable Found read(int offset, long storeId) throws IOException {
        int guess = Math.min(READ_BYTES, bytes - offset);
        if (guess < SegmentFormat.RECORD_HEADER_BYTES) {
            return null;
        }
        var buffer = ByteBuffer.allocate(guess);
        int read = file.read(buffer, offset);
        if (read < guess) {
            return null;
        }
        int size = SegmentFormat.plausibleSize(buffer.flip(), bytes - offset);
        if (size == 0) {
            return null;
        }
        if (size > guess) {
            buffer = ByteBuffer.allocate(size);
            if (file.read(buffer, offset) < size) {
                return null;
            }
            buffer.flip();
        }
        return SegmentFormat.record(
                buffer.limit(size), new SegmentFormat.Checksum(), storeId, SegmentFormat.position(sequence, offset));
    }
}
