package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One log of a {@link SegmentStore}: entries of bytes under consecutive indices.
 *
 * <p>Changes take place in the order in which they are asked for, and are durable when their future completes; it fails with
 * {@link Refused} and nothing else, and is completed on the store's thread, so what hangs on it hands its work on. Reads see what
 * is durable. All methods may be called from any thread.
 */
public final class SegmentLog {
    private final SegmentStore store;
    private final int id;
    private final String name;
    private final long incarnation;

    /** Where the durable entries stand. Guarded by this. */
    private final Positions positions;

    /** Set by the log's owner, called on the store's thread. */
    private volatile Runnable holdingBack = () -> {};

    // The store's thread only: where the log stands once all that was written is synced.
    private boolean declared;
    private long writtenFirst;
    private long writtenNext;

    SegmentLog(SegmentStore store, int id, String name, long incarnation, Positions positions, boolean declared) {
        this.store = store;
        this.id = id;
        this.name = name;
        this.incarnation = incarnation;
        this.positions = positions;
        this.declared = declared;
        this.writtenFirst = positions.first();
        this.writtenNext = positions.next();
    }

    public String name() {
        return name;
    }

    /** Which history this is: given when the log was made, and kept for its life. */
    public long incarnation() {
        return incarnation;
    }

    /** The index of the first entry that is kept; if there is none, the index that comes next. */
    public synchronized long firstIndex() {
        return positions.first();
    }

    /** The index of the last entry; one less than {@link #firstIndex} if there is none. */
    public synchronized long lastIndex() {
        return positions.next() - 1;
    }

    /**
     * The bytes of one entry; empty if the log does not have it (any more).
     *
     * @throws IOException if it cannot be read or is damaged: it says file, offset and reason
     */
    public Optional<ByteBuffer> read(long index) throws IOException {
        long position;
        synchronized (this) {
            if (index < positions.first() || index >= positions.next()) {
                return Optional.empty();
            }
            position = positions.get(index);
        }
        try {
            return Optional.of(store.read(this, index, position));
        } catch (IOException e) {
            if (index < firstIndex()) {
                // Forgotten while it was read, and its file with it.
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Takes entries one after the other. */
    public interface Entries {
        /**
         * Takes the next one.
         *
         * @param bytes valid until this returns
         */
        void take(long index, ByteBuffer bytes) throws IOException;
    }

    /**
     * Hands on the entries from {@code from} to the last that is durable now, in their order. Reads in large pieces, and so much faster
     * than {@link #read} does; nobody may truncate the log meanwhile.
     *
     * @throws IOException if one is not there, cannot be read or is damaged: it says file, offset and reason; or the taker's
     */
    public void scan(long from, Entries to) throws IOException {
        store.scan(this, from, lastIndex(), to);
    }

    /** Where an entry stands. */
    synchronized long position(long index) throws IOException {
        if (index < positions.first() || index >= positions.next()) {
            throw new IOException("entry " + index + " of log " + name + " is not there");
        }
        return positions.get(index);
    }

    /**
     * Adds entries at the end.
     *
     * @param first the index of the first of them: the log's next, or the future fails with {@link IllegalArgumentException}
     * @param payloads not touched by the caller until the future completes
     */
    public CompletableFuture<Void> append(long first, List<ByteBuffer> payloads) {
        return store.submit(new AppendWrite(first, List.copyOf(payloads)));
    }

    /**
     * As {@link #append}, for a caller who waits for it and does nothing else: if the store is at rest, this very thread writes and
     * syncs, and no other has to be woken. It must not be interrupted, for that would close the store's file.
     */
    public CompletableFuture<Void> appendHere(long first, List<ByteBuffer> payloads) {
        return store.submitHere(new AppendWrite(first, List.copyOf(payloads)));
    }

    /** Forgets the entries before {@code firstKept}. If that is past the end, the log is empty and goes on there. */
    public CompletableFuture<Void> truncatePrefix(long firstKept) {
        return store.submit(new ControlWrite(SegmentFormat.TRUNCATE_PREFIX, firstKept));
    }

    /** Forgets the entries after {@code lastKept}. */
    public CompletableFuture<Void> truncateSuffix(long lastKept) {
        return store.submit(new ControlWrite(SegmentFormat.TRUNCATE_SUFFIX, lastKept));
    }

    /** Forgets everything and goes on at {@code next}. */
    public CompletableFuture<Void> reset(long next) {
        return store.submit(new ControlWrite(SegmentFormat.RESET, next));
    }

    /**
     * Has {@code task} called, on the store's thread, whenever the store grows while this log's oldest entries lie {@link
     * SegmentStore#SEGMENTS_HELD_MAX} files back: time to truncate. It must not wait.
     */
    public void onHoldingBack(Runnable task) {
        holdingBack = task;
    }

    void holdsBack() {
        holdingBack.run();
    }

    /** Has {@code write} asked, on the store's thread, to put down what it has. */
    Gathering gathering() {
        return store.gathering();
    }

    void submit(SegmentStore.Write write) {
        store.submit(write);
    }

    int id() {
        return id;
    }

    boolean declared() {
        return declared;
    }

    void declare() {
        declared = true;
    }

    long writtenFirst() {
        return writtenFirst;
    }

    /** The index that the next entry gets. */
    long writtenNext() {
        return writtenNext;
    }

    /** A record is in the batch. On the store's thread. */
    void written(byte kind, long index) {
        switch (kind) {
            case SegmentFormat.APPEND -> writtenNext = index + 1;
            case SegmentFormat.TRUNCATE_PREFIX -> {
                writtenFirst = Math.max(writtenFirst, index);
                writtenNext = Math.max(writtenNext, index);
            }
            case SegmentFormat.TRUNCATE_SUFFIX -> {
                writtenNext = Math.min(writtenNext, index + 1);
                writtenFirst = Math.min(writtenFirst, writtenNext);
            }
            case SegmentFormat.RESET -> {
                writtenFirst = index;
                writtenNext = index;
            }
            default -> throw new IllegalArgumentException("kind " + kind);
        }
    }

    /** The record is durable. On the store's thread. */
    synchronized void synced(byte kind, long index, long position) {
        apply(positions, kind, index, position);
    }

    static void apply(Positions positions, byte kind, long index, long position) {
        switch (kind) {
            case SegmentFormat.APPEND -> positions.add(position);
            case SegmentFormat.TRUNCATE_PREFIX -> positions.truncatePrefix(index);
            case SegmentFormat.TRUNCATE_SUFFIX -> positions.truncateSuffix(index);
            case SegmentFormat.RESET -> positions.reset(index);
            default -> throw new IllegalArgumentException("kind " + kind);
        }
    }

    /** The oldest segment that this log needs; {@code none} if it is empty. */
    synchronized long oldestSegment(long none) {
        return positions.first() == positions.next() ? none : SegmentFormat.sequence(positions.get(positions.first()));
    }

    /** Entries as they are. */
    private final class AppendWrite extends OneWrite {
        private final long first;
        private final List<ByteBuffer> payloads;
        private int done;

        AppendWrite(long first, List<ByteBuffer> payloads) {
            super(gathering(), payloads.size());
            this.first = first;
            this.payloads = payloads;
        }

        @Override
        public boolean write(SegmentStore.Batch batch) throws IOException {
            if (done == 0) {
                if (first != writtenNext) {
                    wrong("entry " + first + " of log " + name + " was to be appended; the next is " + writtenNext);
                    return true;
                }
                for (var payload : payloads) {
                    if (payload.remaining() > store.payloadBytesMax()) {
                        wrong("an entry of " + payload.remaining() + " bytes; the limit is " + store.payloadBytesMax());
                        return true;
                    }
                }
            }
            while (done < payloads.size()) {
                if (!batch.append(
                        SegmentLog.this, first + done, payloads.get(done).duplicate())) {
                    return false;
                }
                done++;
                put();
            }
            finished();
            return true;
        }
    }

    private final class ControlWrite extends OneWrite {
        private final byte kind;
        private final long index;

        ControlWrite(byte kind, long index) {
            super(gathering(), 1);
            this.kind = kind;
            this.index = index;
        }

        @Override
        public boolean write(SegmentStore.Batch batch) throws IOException {
            if (index < 0 || (kind == SegmentFormat.TRUNCATE_SUFFIX && index < writtenFirst - 1)) {
                wrong("log " + name + " begins at " + writtenFirst + "; it cannot end at " + index);
                return true;
            }
            if (!batch.control(SegmentLog.this, kind, index)) {
                return false;
            }
            put();
            finished();
            return true;
        }
    }
}
