package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All logs of a process, in one row of files, so that whatever waits in any of them becomes durable with one sync.
 *
 * <p>A failed write or sync ends the store: everything that waits is refused with {@link Refused.Code#STORAGE}, and nothing more
 * is taken until the process has started anew. (A sync that failed must not be tried again: the system may have dropped the bytes
 * and report success the next time.) A disk that is full is another matter: what needs room is refused until there is some, and
 * in both cases what is durable stays readable.
 */
public final class SegmentStore implements AutoCloseable {
    /*
     * Group commit: the store's thread asks everyone who waits to put down what they have, writes it all at once, syncs once, and
     * tells them. Meanwhile the next ones gather; see Gathering. There is no timer and no batch size to tune: the slower the disk,
     * the larger the groups.
     *
     * A log's data and the changes to it (truncations) go the same way and in one order, so what is found after a crash is a state
     * that once was. Files are only ever appended to, and leave as a whole when no log needs them.
     *
     * A file is filled with zeros and synced before it is used. So an append never changes a file's size or its blocks, and a sync
     * is one flush of the disk instead of two and a commit of the file system's own journal.
     */
    /** Bytes of one entry. */
    static final int RECORD_BYTES_MAX = Limits.COMMAND_BYTES_MAX + (64 << 10);

    /** Bytes that one sync covers. */
    static final int BATCH_BYTES_MAX = 4 << 20;

    /** A log that still needs the file so far back is asked to truncate: it may be idle, and keep the others' past alive. */
    public static final int SEGMENTS_HELD_MAX = 8;

    /** Somebody who has records to write. All calls come on the store's thread. */
    interface Write {

        /** Puts down what it has. Returns false if the batch took not all of it: asked again for the next one. */
        boolean write(Batch batch) throws IOException;

        /** Everything that it put down is durable. */
        void synced();

        /** It is not asked again. What it put down and was not told of as synced may be found after a restart, or not. */
        void failed(Refused reason);
    }

    /** What goes to the disk with the next sync. */
    interface Batch {

        /** Adds an entry. Returns false if there is no room. */
        boolean append(SegmentLog log, long index, ByteBuffer payload) throws IOException;

        /** Adds a change of a log's bounds. Returns false if there is no room. */
        boolean control(SegmentLog log, byte kind, long index) throws IOException;
    }

    private record Change(SegmentLog log, byte kind, long index, long position) {}

    private final Storage storage;
    private final Clock clock;
    private final Executor disk;
    private final Executor background;
    private final Consumer<String> report;
    private final List<SerialThread> ownThreads;
    private final long storeId;
    private final int payloadBytesMax;

    /** Segments that were begun, by sequence. Changed on the store's thread, read by readers. */
    private final ConcurrentSkipListMap<Long, Segment> segments = new ConcurrentSkipListMap<>();

    private final LogDirectory logs;
    private final Gathering gathering;
    private final NextSegment nextSegment;
    private final ConcurrentLinkedQueue<Write> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /** Set once, on the store's thread or at the end; read where writes come in. */
    private volatile @Nullable Refused ended;

    /** Set when the store is closed: what comes after that has no thread to run on. */
    private volatile boolean threadsEnded;

    private final AtomicBoolean closed = new AtomicBoolean();

    /** Written and read in the background only, once the store is open. */
    private boolean deletionFailed;

    // Below: the store's thread only.
    private final Records records = new Records();
    private final SegmentTail tail;
    private final List<Change> changes = new ArrayList<>();
    private final List<Write> writers = new ArrayList<>();
    private @Nullable Write carried;
    private boolean mayDelete;

    /** Opens the store in {@code storage} with threads of its own, or makes a new one there. */
    public static SegmentStore open(Storage storage, SegmentOptions options, Clock clock) throws IOException {
        var logger = System.getLogger("dev.plinth.kernel.SegmentStore");
        var disk = SerialThread.named("plinth-store");
        var background = SerialThread.named("plinth-store-files");
        try {
            return open(
                    storage,
                    options,
                    clock,
                    disk,
                    background,
                    message -> logger.log(System.Logger.Level.WARNING, message),
                    List.of(disk, background));
        } catch (IOException | RuntimeException e) {
            disk.close();
            background.close();
            throw e;
        }
    }

    /**
     * Opens the store with the caller's threads, which must outlive it.
     *
     * @param disk writes and syncs: one task after the other
     * @param background makes and deletes files: one task after the other
     * @param report told, in a sentence, of what a person should know
     * @throws IOException if the files are damaged: it says file, offset and reason, and nothing was changed
     */
    public static SegmentStore open(
            Storage storage,
            SegmentOptions options,
            Clock clock,
            Executor disk,
            Executor background,
            Consumer<String> report)
            throws IOException {
        return open(storage, options, clock, disk, background, report, List.of());
    }

    private static SegmentStore open(
            Storage storage,
            SegmentOptions options,
            Clock clock,
            Executor disk,
            Executor background,
            Consumer<String> report,
            List<SerialThread> ownThreads)
            throws IOException {
        List<Segment> files = new ArrayList<>();
        try {
            for (var name : storage.list()) {
                var sequence = Segment.sequence(name);
                if (sequence.isPresent()) {
                    files.add(Segment.open(storage, sequence.getAsLong()));
                }
            }
            var found = Recovery.read(files);
            var store = new SegmentStore(storage, options, clock, disk, background, report, ownThreads, found);
            store.begin(found, files, options.segmentBytes());
            return store;
        } catch (IOException | RuntimeException e) {
            for (var file : files) {
                try {
                    file.file().close();
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw e;
        }
    }

    private SegmentStore(
            Storage storage,
            SegmentOptions options,
            Clock clock,
            Executor disk,
            Executor background,
            Consumer<String> report,
            List<SerialThread> ownThreads,
            Recovery.Found found) {
        this.storage = storage;
        this.clock = clock;
        this.disk = disk;
        this.background = background;
        this.report = report;
        this.ownThreads = ownThreads;
        this.storeId = found.current() == null ? LogDirectory.newId(clock) : found.storeId();
        this.payloadBytesMax = Math.min(RECORD_BYTES_MAX, options.segmentBytes() / 4);
        this.gathering = new Gathering(!ownThreads.isEmpty(), clock);
        this.logs = new LogDirectory(clock);
        this.nextSegment = new NextSegment(
                storage, options, clock, background, report, segments, logs::holderOfOldestSegment, this::schedule);
        this.tail = new SegmentTail(
                storeId, Math.min(BATCH_BYTES_MAX, options.segmentBytes()), nextSegment, this::begun, logs::encode);
        found.segments().forEach(segment -> segments.put(segment.sequence(), segment));
        found.logs()
                .values()
                .forEach(log -> logs.found(
                        new SegmentLog(this, log.id(), log.name(), log.incarnation(), log.positions(), true)));
    }

    /** Makes sure that what was found stays, and that what was not stays away. */
    private void begin(Recovery.Found found, List<Segment> files, int segmentBytes) throws IOException {
        for (var torn : found.torn()) {
            var zeros = ByteBuffer.allocate(torn.to() - torn.from());
            torn.segment().file().write(zeros, torn.from());
            torn.segment().file().sync();
            report.accept(torn.segment().name() + " ended in " + (torn.to() - torn.from()) + " bytes at offset "
                    + torn.from() + " that were never acknowledged; they are gone");
        }
        if (!found.spares().isEmpty()) {
            nextSegment.found(found.spares().getFirst());
        }
        var last = found.current();
        if (last != null) {
            tail.resume(last, found.offset(), found.ended(), found.syncedUpTo());
            nextSegment.request();
            return;
        }
        if (found.spares().isEmpty()) {
            var first = Segment.create(storage, 1, segmentBytes);
            files.add(first);
            nextSegment.found(first);
        }
        tail.begin();
    }

    /** A segment comes into use. */
    private void begun(Segment segment) {
        segments.put(segment.sequence(), segment);
        mayDelete = true;
        nextSegment.taken();
        nextSegment.request();
    }

    /**
     * The log of this name; made if it is not there.
     *
     * @param name lower-case letters, digits, '-' and '.', starting with a letter
     */
    public SegmentLog log(String name) {
        return logs.get(this, name);
    }

    /** Bytes of the largest entry that this store takes. */
    public int payloadBytesMax() {
        return payloadBytesMax;
    }

    /** Whoever has records to write counts them here, before he submits, and after they are in a batch or refused. */
    Gathering gathering() {
        return gathering;
    }

    /** How often this store has asked the disk to sync appended records, since it was opened. */
    public long syncs() {
        return tail.syncs();
    }

    CompletableFuture<Void> submit(OneWrite write) {
        submit((Write) write);
        return write.future();
    }

    /** As {@link #submit(OneWrite)}, for a caller who would do nothing but wait: if the store is at rest, he does its work himself. */
    CompletableFuture<Void> submitHere(OneWrite write) {
        submit(write, this::scheduleHere);
        return write.future();
    }

    void submit(Write write) {
        submit(write, this::schedule);
    }

    private void submit(Write write, Runnable schedule) {
        queue.add(write);
        schedule.run();
        if (threadsEnded) {
            // Nobody else will.
            for (var left = queue.poll(); left != null; left = queue.poll()) {
                left.failed(stopped());
            }
        }
    }

    private static Refused stopped() {
        return new Refused(Refused.Code.STOPPED, "the store is closed");
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            disk.execute(this::commit);
        }
    }

    private void scheduleHere() {
        if (!(disk instanceof SerialThread thread)) {
            schedule();
        } else if (scheduled.compareAndSet(false, true)) {
            thread.executeHere(this::commit);
        }
    }

    /** Writes and syncs once for everyone who waits. */
    private void commit() {
        scheduled.set(false);
        var reason = ended;
        if (reason != null) {
            refuseWaiting(reason);
            return;
        }
        gathering.await();
        long before = tail.current().sequence();
        try {
            for (var write = next(); write != null; write = next()) {
                writers.add(write);
                if (!write.write(records)) {
                    carried = write;
                    break;
                }
            }
            if (tail.waits()) {
                long start = clock.nanoTime();
                tail.commit();
                gathering.synced(changes.size(), clock.nanoTime() - start);
            }
        } catch (IOException | RuntimeException | Error e) {
            poison(e);
            return;
        }
        for (var change : changes) {
            change.log().synced(change.kind(), change.index(), change.position());
        }
        changes.clear();
        var told = List.copyOf(writers);
        writers.clear();
        told.forEach(write -> tell(write::synced));
        if (mayDelete) {
            mayDelete = false;
            deleteUnneeded();
        }
        if (tail.current().sequence() != before) {
            askToLetGo();
        }
        if (tail.wasFull()) {
            // Or a segment is being made, and who makes it will schedule.
            nextSegment.failure().ifPresent(this::refuseWaiting);
        } else if (carried != null || !queue.isEmpty()) {
            schedule();
        }
    }

    private @Nullable Write next() {
        var first = carried;
        if (first != null) {
            carried = null;
            return first;
        }
        return queue.poll();
    }

    private void refuseWaiting(Refused reason) {
        for (var write = next(); write != null; write = next()) {
            var refused = write;
            tell(() -> refused.failed(reason));
        }
    }

    /** What one writer does with the news is no reason to keep it from the others. */
    private void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            report.accept("a writer could not take the news: " + e);
        }
    }

    private void poison(Throwable cause) {
        var reason = new Refused(
                Refused.Code.STORAGE, "the disk failed, nothing more is written until a restart: " + cause, cause);
        ended = reason;
        report.accept(reason.getMessage());
        changes.clear();
        var told = List.copyOf(writers);
        writers.clear();
        carried = null;
        told.forEach(write -> tell(() -> write.failed(reason)));
        refuseWaiting(reason);
    }

    /** The batch, as those see it who write into it. */
    private final class Records implements Batch {

        @Override
        public boolean append(SegmentLog log, long index, ByteBuffer payload) throws IOException {
            return declared(log)
                    && added(
                            log,
                            SegmentFormat.APPEND,
                            index,
                            tail.entry(SegmentFormat.APPEND, log.id(), index, payload));
        }

        @Override
        public boolean control(SegmentLog log, byte kind, long index) throws IOException {
            mayDelete = true;
            return declared(log) && added(log, kind, index, tail.control(kind, log.id(), index));
        }

        private boolean declared(SegmentLog log) throws IOException {
            if (!log.declared() && tail.entry(SegmentFormat.LOG, log.id(), 0, LogDirectory.declaration(log)) > 0) {
                log.declare();
            }
            return log.declared();
        }

        private boolean added(SegmentLog log, byte kind, long index, long position) {
            if (position == 0) {
                return false;
            }
            changes.add(new Change(log, kind, index, position));
            log.written(kind, index);
            return true;
        }
    }

    /** Lets go of the segments before the first that some log needs. */
    private void deleteUnneeded() {
        long needed = logs.oldestSegment(tail.current().sequence());
        while (segments.firstKey() < needed) {
            var segment = segments.pollFirstEntry().getValue();
            background.execute(() -> delete(segment));
        }
    }

    /** Asks the logs that hold the oldest segments to let go of them. */
    private void askToLetGo() {
        long current = tail.current().sequence();
        for (var log : logs.all()) {
            if (log.oldestSegment(current) <= current - SEGMENTS_HELD_MAX) {
                log.holdsBack();
            }
        }
    }

    private void delete(Segment segment) {
        // From the oldest on, each durable before the next: a gap would look like a lost file.
        if (deletionFailed) {
            return;
        }
        try {
            storage.delete(segment.name());
            storage.syncDirectory();
            segment.file().close();
        } catch (IOException e) {
            deletionFailed = true;
            report.accept(segment.name() + " is not needed any more and cannot be deleted: " + e.getMessage());
        }
    }

    ByteBuffer read(SegmentLog log, long index, long position) throws IOException {
        long sequence = SegmentFormat.sequence(position);
        var segment = segments.get(sequence);
        if (segment == null) {
            throw gone(log, index, sequence);
        }
        int offset = SegmentFormat.offset(position);
        return payload(log, index, segment.read(offset, storeId), segment, offset);
    }

    private static IOException gone(SegmentLog log, long index, long sequence) {
        return new IOException(
                "entry " + index + " of log " + log.name() + " stood in " + Segment.name(sequence) + ", which is gone");
    }

    private static ByteBuffer payload(
            SegmentLog log, long index, SegmentFormat.@Nullable Found record, Segment segment, int offset)
            throws IOException {
        if (record == null
                || record.kind() != SegmentFormat.APPEND
                || record.log() != log.id()
                || record.index() != index) {
            throw new IOException(segment.name() + " is damaged at offset " + offset + ": entry " + index + " of log "
                    + log.name() + " was written there");
        }
        return record.payload();
    }

    /** Goes through a log's entries from one on; see {@link SegmentLog#scan}. */
    void scan(SegmentLog log, long from, long last, SegmentLog.Entries to) throws IOException {
        var checksum = new SegmentFormat.Checksum();
        SegmentWindow window = null;
        for (long index = from; index <= last; index++) {
            long position = log.position(index);
            long sequence = SegmentFormat.sequence(position);
            if (window == null || window.segment().sequence() != sequence) {
                var segment = segments.get(sequence);
                if (segment == null) {
                    throw gone(log, index, sequence);
                }
                window = new SegmentWindow(segment);
            }
            int offset = SegmentFormat.offset(position);
            var record = window.record(offset, SegmentFormat.size(RECORD_BYTES_MAX), storeId, checksum);
            to.take(index, payload(log, index, record, window.segment(), offset));
        }
    }

    /** Takes no more writes, and completes when the last sync is done and the files are closed. Does not wait. */
    CompletableFuture<Void> end() {
        var done = new CompletableFuture<Void>();
        submit(new Write() {
            @Override
            public boolean write(Batch batch) throws IOException {
                tail.mark();
                return true;
            }

            @Override
            public void synced() {
                close(stopped());
            }

            @Override
            public void failed(Refused reason) {
                close(reason);
            }

            private void close(Refused reason) {
                if (ended == null) {
                    ended = reason;
                }
                refuseWaiting(reason);
                background.execute(() -> {
                    closeFiles();
                    done.complete(null);
                });
            }
        });
        return done;
    }

    private void closeFiles() {
        List<Segment> open = new ArrayList<>(segments.values());
        nextSegment.ready().ifPresent(open::add);
        for (var segment : open) {
            try {
                segment.file().close();
            } catch (IOException e) {
                report.accept("closing " + segment.name() + " failed: " + e.getMessage());
            }
        }
    }

    /** Takes no more writes, waits for the last sync, and closes the files. A second call does nothing. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        end().join();
        threadsEnded = true;
        ownThreads.forEach(SerialThread::close);
    }
}
