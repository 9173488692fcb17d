package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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

    /** Logs in one store, and bytes of a log's name: the directory of all has its place in each segment. */
    static final int LOGS_MAX = 256;

    static final int LOG_NAME_BYTES_MAX = 48;

    /** A log that still needs the file so far back is asked to truncate: it may be idle, and keep the others' past alive. */
    public static final int SEGMENTS_HELD_MAX = 8;

    /** At the end of each segment, kept free for truncations: on a full disk they are what makes room. */
    private static final int CONTROL_RESERVE_BYTES = 2048;

    private static final int END_BYTES = SegmentFormat.size(0);

    /** After a failure to make a segment the next try waits so long, and so do those who are refused meanwhile. */
    private static final Duration SPARE_RETRY = Duration.ofSeconds(1);

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

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

    /** A write with a future. */
    abstract static class Once implements Write {
        final CompletableFuture<Void> future = new CompletableFuture<>();
        private final Gathering gathering;

        /** Of its records, those that are in no batch yet. */
        private int waiting;

        private @Nullable RuntimeException wrong;
        private boolean finished;

        Once(Gathering gathering, int records) {
            this.gathering = gathering;
            this.waiting = records;
            gathering.came(records);
        }

        /** One record is put down. */
        final void put() {
            waiting--;
            gathering.went(1);
        }

        private void goAway() {
            gathering.went(waiting);
            waiting = 0;
        }

        /** The caller asked for what cannot be. */
        final void wrong(String message) {
            wrong = new IllegalArgumentException(message);
            finished = true;
            goAway();
        }

        /** All of it is put down. */
        final void finished() {
            finished = true;
        }

        @Override
        public void synced() {
            if (wrong != null) {
                future.completeExceptionally(wrong);
            } else if (finished) {
                future.complete(null);
            }
        }

        @Override
        public void failed(Refused reason) {
            goAway();
            future.completeExceptionally(reason);
        }
    }

    /** Where the next segment stands: written by one thread at a time, the store's or the background's. */
    private sealed interface Spare {
        record None() implements Spare {}

        record Preparing() implements Spare {}

        record Ready(Segment segment) implements Spare {}

        record Failed(String reason, long atNanos) implements Spare {}
    }

    private record Change(SegmentLog log, byte kind, long index, long position) {}

    private final Storage storage;
    private final SegmentOptions options;
    private final Clock clock;
    private final Executor disk;
    private final Executor background;
    private final Consumer<String> report;
    private final List<SerialThread> ownThreads;
    private final long storeId;

    /** Segments that were begun, by sequence. Changed on the store's thread, read by readers. */
    private final ConcurrentSkipListMap<Long, Segment> segments = new ConcurrentSkipListMap<>();

    /** Guarded by itself. */
    private final TreeMap<Integer, SegmentLog> logs = new TreeMap<>();

    private final Gathering gathering;
    private final ConcurrentLinkedQueue<Write> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /** Handed between the store's thread and the background's. */
    private volatile Spare spare = new Spare.None();

    /** Set once, on the store's thread or at the end; read where writes come in. */
    private volatile @Nullable Refused ended;

    /** Set when the store is closed: what comes after that has no thread to run on. */
    private volatile boolean threadsEnded;

    private final AtomicLong syncs = new AtomicLong();

    /** Written and read in the background only, once the store is open. */
    private boolean deletionFailed;

    // Below: the store's thread only.
    private final Records records = new Records();
    private final ByteBuffer buffer;
    private final SegmentFormat.Checksum checksum = new SegmentFormat.Checksum();
    private final List<Change> changes = new ArrayList<>();
    private final List<Write> writers = new ArrayList<>();
    private @Nullable Write carried;
    private @Nullable Segment current;
    private boolean currentEnded;

    /** Where {@link #buffer} goes in the current segment. */
    private int bufferOffset;

    private long syncedUpTo;
    private boolean noRoom;
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
            store.begin(found, files);
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
        this.options = options;
        this.clock = clock;
        this.disk = disk;
        this.background = background;
        this.report = report;
        this.ownThreads = ownThreads;
        this.gathering = new Gathering(!ownThreads.isEmpty(), clock);
        this.buffer = ByteBuffer.allocateDirect(Math.min(BATCH_BYTES_MAX, options.segmentBytes()) + END_BYTES);
        this.storeId = found.current() == null ? newId(clock) : found.storeId();
        this.syncedUpTo = found.syncedUpTo();
        found.segments().forEach(segment -> segments.put(segment.sequence(), segment));
        found.logs()
                .forEach((id, log) ->
                        logs.put(id, new SegmentLog(this, id, log.name(), log.incarnation(), log.positions(), true)));
    }

    /** A number that no store, and no log, of this machine was ever given. */
    private static long newId(Clock clock) {
        var now = clock.wall();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** Makes sure that what was found stays, and that what was not stays away. */
    private void begin(Recovery.Found found, List<Segment> files) throws IOException {
        for (var torn : found.torn()) {
            var zeros = ByteBuffer.allocate(torn.to() - torn.from());
            torn.segment().file().write(zeros, torn.from());
            torn.segment().file().sync();
            report.accept(torn.segment().name() + " ended in " + (torn.to() - torn.from()) + " bytes at offset "
                    + torn.from() + " that were never acknowledged; they are gone");
        }
        current = found.current();
        bufferOffset = found.offset();
        currentEnded = found.ended();
        if (current != null) {
            rewriteUnsynced(current, found.offset());
            syncedUpTo = SegmentFormat.position(current.sequence(), bufferOffset);
        }
        if (found.spares().isEmpty()) {
            if (current == null) {
                var first = Segment.create(storage, 1, options.segmentBytes());
                files.add(first);
                spare = new Spare.Ready(first);
            }
        } else {
            spare = new Spare.Ready(found.spares().getFirst());
        }
        if (current == null) {
            rollOver();
            flush();
            sync();
        } else {
            requestSpare();
        }
    }

    /** What nobody vouches for may be in memory only, even after a sync that failed before this process: written once more. */
    private void rewriteUnsynced(Segment segment, int end) throws IOException {
        long start = SegmentFormat.position(segment.sequence(), 0);
        int from = syncedUpTo <= start ? 0 : SegmentFormat.offset(syncedUpTo);
        var bytes = ByteBuffer.allocate(end - from);
        if (segment.file().read(bytes, from) < end - from) {
            throw new IOException(segment.name() + " cannot be read to offset " + end);
        }
        segment.file().write(bytes.flip(), from);
        segment.file().sync();
        syncs.incrementAndGet();
    }

    /**
     * The log of this name; made if it is not there.
     *
     * @param name lower-case letters, digits, '-' and '.', starting with a letter
     */
    public SegmentLog log(String name) {
        if (!name.matches("[a-z][a-z0-9.-]*") || name.length() > LOG_NAME_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "log name '" + name + "': expected lower-case letters, digits, '-' and '.', "
                            + "starting with a letter, at most " + LOG_NAME_BYTES_MAX + " in all");
        }
        synchronized (logs) {
            for (var log : logs.values()) {
                if (log.name().equals(name)) {
                    return log;
                }
            }
            if (logs.size() >= LOGS_MAX) {
                throw Refused.overloaded("the store has " + LOGS_MAX + " logs", Duration.ofHours(1));
            }
            int id = logs.isEmpty() ? 1 : logs.lastKey() + 1;
            // Written down with its first record; until then nobody was told anything of it.
            var log = new SegmentLog(this, id, name, newId(clock), new Positions(1, 1), false);
            logs.put(id, log);
            return log;
        }
    }

    /** Bytes of the largest entry that this store takes. */
    public int payloadBytesMax() {
        return Math.min(RECORD_BYTES_MAX, options.segmentBytes() / 4);
    }

    /** Whoever has records to write counts them here, before he submits, and after they are in a batch or refused. */
    Gathering gathering() {
        return gathering;
    }

    /** How often this store has asked the disk to sync appended records, since it was opened. */
    public long syncs() {
        return syncs.get();
    }

    CompletableFuture<Void> submit(Once write) {
        submit((Write) write);
        return write.future;
    }

    void submit(Write write) {
        queue.add(write);
        schedule();
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

    /** Writes and syncs once for everyone who waits. */
    private void commit() {
        scheduled.set(false);
        var reason = ended;
        if (reason != null) {
            refuseWaiting(reason);
            return;
        }
        gathering.await();
        noRoom = false;
        long before = begun().sequence();
        try {
            for (var write = next(); write != null; write = next()) {
                writers.add(write);
                if (!write.write(records)) {
                    carried = write;
                    break;
                }
            }
            if (buffer.position() > 0) {
                flush();
                long start = clock.nanoTime();
                sync();
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
        if (begun().sequence() != before) {
            askToLetGo();
        }
        if (carried == null || !noRoom) {
            if (carried != null || !queue.isEmpty()) {
                schedule();
            }
        } else if (spare instanceof Spare.Failed failed) {
            refuseWaiting(new Refused(Refused.Code.STORAGE, failed.reason(), Optional.of(SPARE_RETRY)));
        }
        // Else a segment is being made, and who makes it will schedule.
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
            return add(log, SegmentFormat.APPEND, index, payload, CONTROL_RESERVE_BYTES);
        }

        @Override
        public boolean control(SegmentLog log, byte kind, long index) throws IOException {
            mayDelete = true;
            return add(log, kind, index, NOTHING, 0);
        }

        private boolean add(SegmentLog log, byte kind, long index, ByteBuffer payload, int reserve) throws IOException {
            if (!log.declared()) {
                var declaration = declaration(log);
                if (!room(declaration.remaining(), CONTROL_RESERVE_BYTES)) {
                    return false;
                }
                put(SegmentFormat.LOG, log.id(), 0, declaration);
                log.declare();
            }
            if (!room(payload.remaining(), reserve)) {
                return false;
            }
            changes.add(new Change(log, kind, index, put(kind, log.id(), index, payload)));
            log.written(kind, index);
            return true;
        }
    }

    private static ByteBuffer declaration(SegmentLog log) {
        byte[] name = log.name().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + name.length)
                .putLong(log.incarnation())
                .put(name)
                .flip();
    }

    /** Puts one record into the buffer, where there is room for it, and returns its position. */
    private long put(byte kind, int log, long index, ByteBuffer payload) {
        long position = SegmentFormat.position(begun().sequence(), bufferOffset + buffer.position());
        SegmentFormat.putRecord(buffer, checksum, storeId, position, kind, log, index, syncedUpTo, payload);
        return position;
    }

    private boolean room(int payloadBytes, int reserve) throws IOException {
        int size = SegmentFormat.size(payloadBytes);
        if (buffer.position() + size + END_BYTES > buffer.capacity()) {
            return false;
        }
        // More than once, if the next segment was made with a smaller size than this record asks for.
        while (currentEnded || bufferOffset + buffer.position() + size + END_BYTES + reserve > begun().bytes()) {
            requestSpare();
            if (!(spare instanceof Spare.Ready)) {
                noRoom = true;
                return false;
            }
            rollOver();
        }
        return true;
    }

    private Segment begun() {
        if (current == null) {
            throw new IllegalStateException("no segment was begun");
        }
        return current;
    }

    /** Ends the current segment, if there is one, and begins the spare one. */
    private void rollOver() throws IOException {
        if (!(spare instanceof Spare.Ready(Segment next))) {
            throw new IllegalStateException("no segment is ready");
        }
        if (current != null) {
            if (!currentEnded) {
                put(SegmentFormat.END, 0, 0, NOTHING);
            }
            // Synced to its end before the next one has its first byte: recovery relies on it.
            flush();
            sync();
        }
        spare = new Spare.None();
        current = next;
        currentEnded = false;
        bufferOffset = 0;
        syncedUpTo = SegmentFormat.position(next.sequence(), 0);
        segments.put(next.sequence(), next);
        SegmentFormat.putHeader(buffer, new SegmentFormat.Header(next.sequence(), next.bytes(), storeId));
        put(SegmentFormat.DIRECTORY, 0, 0, directory());
        mayDelete = true;
        requestSpare();
    }

    private ByteBuffer directory() {
        var to = ByteBuffer.allocate(Integer.BYTES + LOGS_MAX * (30 + LOG_NAME_BYTES_MAX));
        to.putInt(0);
        int count = 0;
        synchronized (logs) {
            for (var log : logs.values()) {
                if (log.declared()) {
                    byte[] name = log.name().getBytes(StandardCharsets.UTF_8);
                    to.putInt(log.id()).putLong(log.incarnation());
                    to.putLong(log.writtenFirst()).putLong(log.writtenNext());
                    to.putShort((short) name.length).put(name);
                    count++;
                }
            }
        }
        return to.putInt(0, count).flip();
    }

    private void flush() throws IOException {
        int bytes = buffer.position();
        begun().file().write(buffer.flip(), bufferOffset);
        buffer.clear();
        bufferOffset += bytes;
    }

    private void sync() throws IOException {
        begun().file().sync();
        syncs.incrementAndGet();
        syncedUpTo = SegmentFormat.position(begun().sequence(), bufferOffset);
    }

    /** Sees to it that the next segment is made, if nobody does yet. */
    private void requestSpare() {
        switch (spare) {
            case Spare.Ready _, Spare.Preparing _ -> {
                return;
            }
            case Spare.Failed failed -> {
                if (clock.nanoTime() - failed.atNanos() < SPARE_RETRY.toNanos()) {
                    return;
                }
            }
            case Spare.None _ -> {
                // Nobody does.
            }
        }
        if (segments.size() >= options.segmentsMax()) {
            spare = new Spare.Failed(
                    segments.size() + " segments are in use, the limit; log " + oldestLog() + " holds the oldest",
                    clock.nanoTime());
            return;
        }
        long sequence = begun().sequence() + 1;
        spare = new Spare.Preparing();
        background.execute(() -> prepare(sequence));
    }

    private String oldestLog() {
        long oldest = Long.MAX_VALUE;
        var name = "(none)";
        for (var log : logsNow()) {
            long segment = log.oldestSegment(Long.MAX_VALUE);
            if (segment < oldest) {
                oldest = segment;
                name = log.name();
            }
        }
        return name;
    }

    private Collection<SegmentLog> logsNow() {
        synchronized (logs) {
            return List.copyOf(logs.values());
        }
    }

    private void prepare(long sequence) {
        try {
            spare = new Spare.Ready(Segment.create(storage, sequence, options.segmentBytes()));
        } catch (IOException e) {
            var reason = "no room for the next segment: " + e.getMessage();
            report.accept(reason);
            spare = new Spare.Failed(reason, clock.nanoTime());
        }
        schedule();
    }

    /** Lets go of the segments before the first that some log needs. */
    private void deleteUnneeded() {
        long needed = begun().sequence();
        for (var log : logsNow()) {
            needed = Math.min(needed, log.oldestSegment(needed));
        }
        while (segments.firstKey() < needed) {
            var segment = segments.pollFirstEntry().getValue();
            background.execute(() -> delete(segment));
        }
    }

    /** Asks the logs that hold the oldest segments to let go of them. */
    private void askToLetGo() {
        long current = begun().sequence();
        for (var log : logsNow()) {
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
        var segment = segments.get(SegmentFormat.sequence(position));
        int offset = SegmentFormat.offset(position);
        if (segment == null) {
            throw new IOException("entry " + index + " of log " + log.name() + " stood in "
                    + Segment.name(SegmentFormat.sequence(position)) + ", which is gone");
        }
        var record = segment.read(offset, storeId);
        if (record == null
                || record.kind() != SegmentFormat.APPEND
                || record.log() != log.id()
                || record.index() != index) {
            throw new IOException(segment.name() + " is damaged at offset " + offset + ": entry " + index + " of log "
                    + log.name() + " was written there");
        }
        return record.payload();
    }

    /** Takes no more writes, and completes when the last sync is done and the files are closed. Does not wait. */
    CompletableFuture<Void> end() {
        var done = new CompletableFuture<Void>();
        submit(new Write() {
            @Override
            public boolean write(Batch batch) throws IOException {
                if (buffer.position() > 0) {
                    // A record vouches for what was synced before it was written: so first the rest, then the mark.
                    flush();
                    sync();
                }
                if (!currentEnded && bufferOffset + buffer.position() + 2 * END_BYTES <= begun().bytes()) {
                    put(SegmentFormat.MARK, 0, 0, NOTHING);
                }
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
        if (spare instanceof Spare.Ready(Segment segment)) {
            open.add(segment);
        }
        for (var segment : open) {
            try {
                segment.file().close();
            } catch (IOException e) {
                report.accept("closing " + segment.name() + " failed: " + e.getMessage());
            }
        }
    }

    /** Takes no more writes, waits for the last sync, and closes the files. */
    @Override
    public void close() {
        end().join();
        threadsEnded = true;
        ownThreads.forEach(SerialThread::close);
    }
}
