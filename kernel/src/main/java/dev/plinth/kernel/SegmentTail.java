package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The end of a store, where records are put: the segment in use, and the batch on its way there. For the store's thread. */
final class SegmentTail {
    /*
     * Records are put into a buffer, and go to the file with one write and one sync. A segment that has no room for the next record
     * is ended and synced before the next one gets its first byte: recovery relies on it.
     *
     * Room for the last record is always kept, and before that some for truncations: on a full disk they are what makes room.
     */
    private static final int END_BYTES = SegmentFormat.size(0);
    private static final int CONTROL_RESERVE_BYTES = 2048;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final long storeId;
    private final NextSegment next;
    private final Consumer<Segment> begun;
    private final Supplier<ByteBuffer> directory;
    private final SegmentFormat.Checksum checksum = new SegmentFormat.Checksum();
    private final ByteBuffer buffer;
    private final AtomicLong syncs = new AtomicLong();
    private @Nullable Segment current;

    /** Whether the current segment has its last record. */
    private boolean ended = true;

    /** Where {@link #buffer} goes in the current segment. */
    private int bufferOffset;

    private long syncedUpTo;
    private boolean full;

    /**
     * @param bytes of one batch
     * @param begun told of each segment that comes into use, after which it asks for the next one
     * @param directory the payload of a segment's first record, as of now
     */
    SegmentTail(long storeId, int bytes, NextSegment next, Consumer<Segment> begun, Supplier<ByteBuffer> directory) {
        this.storeId = storeId;
        this.next = next;
        this.begun = begun;
        this.directory = directory;
        this.buffer = ByteBuffer.allocateDirect(bytes + END_BYTES);
    }

    /** Goes on behind what was found there, after it has made sure that what was found is on the disk. */
    void resume(Segment segment, int offset, boolean itsEnd, long vouchedFor) throws IOException {
        current = segment;
        bufferOffset = offset;
        ended = itsEnd;
        // What nobody vouches for may be in memory only, even after a sync that failed in an earlier process: once
        // more.
        long start = SegmentFormat.position(segment.sequence(), 0);
        int from = vouchedFor <= start ? 0 : SegmentFormat.offset(vouchedFor);
        var bytes = ByteBuffer.allocate(offset - from);
        if (segment.file().read(bytes, from) < offset - from) {
            throw new IOException(segment.name() + " cannot be read to offset " + offset);
        }
        segment.file().write(bytes.flip(), from);
        sync();
    }

    /** The first segment of a new store, which is ready. */
    void begin() throws IOException {
        rollOver();
        commit();
    }

    Segment current() {
        if (current == null) {
            throw new IllegalStateException("no segment is in use");
        }
        return current;
    }

    long syncs() {
        return syncs.get();
    }

    /** Whether room was missing because there is no next segment, and not because the batch was full. Until asked. */
    boolean wasFull() {
        boolean was = full;
        full = false;
        return was;
    }

    /** Adds an entry, or what else grows with the logs. Returns its position, or 0 if there is no room. */
    long entry(byte kind, int log, long index, ByteBuffer payload) throws IOException {
        return room(payload.remaining(), CONTROL_RESERVE_BYTES) ? put(kind, log, index, payload) : 0;
    }

    /** Adds a record without payload, for which some room is kept. Returns its position, or 0 if there is no room. */
    long control(byte kind, int log, long index) throws IOException {
        return room(0, 0) ? put(kind, log, index, NOTHING) : 0;
    }

    /** Says that everything so far is synced, if it can be said without another segment. */
    void mark() throws IOException {
        // A record vouches for what was synced before it was put down.
        commit();
        if (!ended && bufferOffset + 2 * END_BYTES <= current().bytes()) {
            put(SegmentFormat.MARK, 0, 0, NOTHING);
        }
    }

    /** Whether something is in the batch. */
    boolean waits() {
        return buffer.position() > 0;
    }

    /** Writes and syncs the batch, if there is anything in it. */
    void commit() throws IOException {
        if (waits()) {
            int bytes = buffer.position();
            current().file().write(buffer.flip(), bufferOffset);
            buffer.clear();
            bufferOffset += bytes;
            sync();
        }
    }

    private void sync() throws IOException {
        current().file().sync();
        syncs.incrementAndGet();
        syncedUpTo = SegmentFormat.position(current().sequence(), bufferOffset);
    }

    private boolean room(int payloadBytes, int reserve) throws IOException {
        int size = SegmentFormat.size(payloadBytes);
        if (buffer.position() + size + END_BYTES > buffer.capacity()) {
            return false;
        }
        // More than once, if the next segment was made with a smaller size than this record asks for.
        while (ended
                || bufferOffset + buffer.position() + size + END_BYTES + reserve
                        > current().bytes()) {
            next.request();
            if (next.ready().isEmpty()) {
                full = true;
                return false;
            }
            rollOver();
        }
        return true;
    }

    private long put(byte kind, int log, long index, ByteBuffer payload) {
        long position = SegmentFormat.position(current().sequence(), bufferOffset + buffer.position());
        SegmentFormat.putRecord(buffer, checksum, storeId, position, kind, log, index, syncedUpTo, payload);
        return position;
    }

    private void rollOver() throws IOException {
        var segment = next.ready().orElseThrow(() -> new IllegalStateException("no segment is ready"));
        if (!ended) {
            put(SegmentFormat.END, 0, 0, NOTHING);
            commit();
        }
        current = segment;
        ended = false;
        bufferOffset = 0;
        syncedUpTo = SegmentFormat.position(segment.sequence(), 0);
        SegmentFormat.putHeader(buffer, new SegmentFormat.Header(segment.sequence(), segment.bytes(), storeId));
        put(SegmentFormat.DIRECTORY, 0, 0, directory.get());
        begun.accept(segment);
    }
}
