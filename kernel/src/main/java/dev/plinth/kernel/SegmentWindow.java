package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A segment's bytes, read in large pieces: for who goes through it from front to back, one entry after the other. */
final class SegmentWindow {
    private static final int BYTES = 1 << 20;

    private final Segment segment;
    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private int start;

    SegmentWindow(Segment segment) {
        this.segment = segment;
    }

    Segment segment() {
        return segment;
    }

    /** {@code length} bytes from {@code offset} on, which the segment has; valid until the next call. */
    ByteBuffer at(int offset, int length) throws IOException {
        if (offset < start || offset + length > start + bytes.limit()) {
            int wanted = Math.min(Math.max(BYTES, length), segment.bytes() - offset);
            if (bytes.capacity() < wanted) {
                bytes = ByteBuffer.allocate(wanted);
            }
            bytes.clear().limit(wanted);
            start = offset;
            int read = segment.file().read(bytes, offset);
            bytes.flip();
            if (read < length) {
                throw new IOException(segment.name() + " ends at offset " + (offset + read) + "; " + segment.bytes()
                        + " bytes were expected");
            }
        }
        return bytes.slice(offset - start, length);
    }

    /** The first aligned offset from {@code offset} on where not all eight bytes are zero, or the segment's end. */
    int nonZero(int offset) throws IOException {
        int at = offset;
        while (at < segment.bytes()) {
            if (at >= start && at + Long.BYTES <= start + bytes.limit()) {
                if (bytes.getLong(at - start) != 0) {
                    return at;
                }
                at += SegmentFormat.ALIGNMENT;
            } else {
                at(at, Long.BYTES);
            }
        }
        return segment.bytes();
    }

    /** The record at {@code offset}, of at most {@code sizeMax} bytes, or null if none is there, or a damaged one. */
    SegmentFormat.@Nullable Found record(int offset, int sizeMax, long storeId, SegmentFormat.Checksum checksum)
            throws IOException {
        int left = Math.min(segment.bytes() - offset, sizeMax);
        if (left < SegmentFormat.RECORD_HEADER_BYTES) {
            return null;
        }
        int size = SegmentFormat.plausibleSize(at(offset, SegmentFormat.RECORD_HEADER_BYTES), left);
        return size == 0
                ? null
                : SegmentFormat.record(
                        at(offset, size), checksum, storeId, SegmentFormat.position(segment.sequence(), offset));
    }
}
