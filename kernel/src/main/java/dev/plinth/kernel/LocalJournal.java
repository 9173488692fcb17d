package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The journal of one machine: one log of a {@link SegmentStore}, and snapshots beside it.
 *
 * @param <C> the engine's commands
 */
public final class LocalJournal<C> implements Journal<C> {
    /*
     * An input's way: encoded on its proposer's thread and put into a queue; taken from there on the store's thread when the disk
     * is free, stamped, written and synced with all the others; applied on the engine's thread, while the disk syncs the next
     * ones. A batch that takes less time than waking a thread does not wait for that, but is applied at once on the store's
     * thread, in the engine's turn: clients that wait for it to ask again come the sooner. Under load batches grow, and are handed
     * over again. What is between the first step and the last counts as pending, so PENDING_INPUTS_MAX and PENDING_BYTES_MAX bound the
     * whole way.
     *
     * When the store refuses, an input that was not written is refused with the store's reason; one that was written and not
     * synced may be found after a restart, so its proposer is told UNKNOWN.
     */
    private static final Duration RETRY_HINT = Duration.ofMillis(20);

    /** Above the bytes that can be pending at any time, those included that are about to be refused. */
    private static final long ONE_INPUT = 1L << 42;

    /** Twice what it takes a thread to be woken, or so. */
    private static final long APPLIED_HERE_NANOS_MAX = 100_000;

    /** Bytes that one journal takes of a sync: the others shall have their share. */
    private static final int SHARE_BYTES_MAX = SegmentStore.BATCH_BYTES_MAX / 4;

    /** An input on its way. */
    private record Waiting<C>(
            Input<C> input, ByteBuffer envelope, @Nullable Ticket ticket) {}

    /** Inputs that one sync covers: consecutive indices, one stamp. */
    private record Batch<C>(long first, Instant stamp, List<Waiting<C>> inputs) {}

    private final SegmentLog log;
    private final Codec<C> codec;
    private final SnapshotStore snapshots;
    private final JournalOptions options;
    private final Executor engine;
    private final Executor background;
    private final Clock clock;
    private final Consumer<String> report;
    private final List<SerialThread> ownThreads;
    private final int commandBytesMax;

    private final ConcurrentLinkedQueue<Waiting<C>> queue = new ConcurrentLinkedQueue<>();

    /** Inputs between their proposal and their application, and their bytes: one number, for each is changed with the other. */
    private final AtomicLong pending = new AtomicLong();

    private final AtomicInteger pendingReads = new AtomicInteger();
    private final AtomicBoolean submitted = new AtomicBoolean();
    private final Object gate = new Object();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** Why nothing more is taken; set once, read where inputs come in. */
    private volatile @Nullable Refused closed;

    // Written by start, before any task that reads them is handed to a thread.
    private @Nullable Member<C> member;
    private @Nullable LeaderTime time;

    // The store's thread only.
    private final Write write = new Write();

    /** How long an entry takes to be applied, about; written in the engine's turn. */
    private volatile long applyNanosEach;

    // The engine's thread only.
    private Revision applied;
    private Instant appliedStamp = Instant.EPOCH;
    private long entriesSinceSnapshot;
    private long bytesSinceSnapshot;
    private boolean snapshotUnderWay;
    private boolean snapshotWanted;
    private @Nullable Refused broken;
    private boolean silent;

    /**
     * Opens a journal with threads of its own: the engine's, called {@code plinth-<log>}, and one for snapshots.
     *
     * @param log its log in the store; made if it is not there
     * @param snapshots where its snapshots are; journals may share it
     */
    public static <C> LocalJournal<C> open(
            SegmentStore store, String log, Codec<C> codec, Storage snapshots, JournalOptions options, Clock clock) {
        var logger = System.getLogger("dev.plinth.kernel.LocalJournal");
        var engine = SerialThread.named("plinth-" + log);
        var background = SerialThread.named("plinth-" + log + "-snapshots");
        return new LocalJournal<>(
                store,
                store.log(log),
                codec,
                snapshots,
                options,
                engine,
                background,
                clock,
                message -> logger.log(System.Logger.Level.WARNING, message),
                List.of(engine, background));
    }

    /**
     * Opens a journal with the caller's threads, which must outlive it.
     *
     * @param engine the member's thread: one task after the other
     * @param background writes snapshots: one task after the other
     * @param report told, in a sentence, of what a person should know
     */
    public static <C> LocalJournal<C> open(
            SegmentStore store,
            String log,
            Codec<C> codec,
            Storage snapshots,
            JournalOptions options,
            Executor engine,
            Executor background,
            Clock clock,
            Consumer<String> report) {
        return new LocalJournal<>(
                store, store.log(log), codec, snapshots, options, engine, background, clock, report, List.of());
    }

    private LocalJournal(
            SegmentStore store,
            SegmentLog log,
            Codec<C> codec,
            Storage snapshots,
            JournalOptions options,
            Executor engine,
            Executor background,
            Clock clock,
            Consumer<String> report,
            List<SerialThread> ownThreads) {
        this.log = log;
        this.codec = codec;
        this.snapshots = new SnapshotStore(snapshots, log.name(), report);
        this.options = options;
        this.engine = engine;
        this.background = background;
        this.clock = clock;
        this.report = report;
        this.ownThreads = ownThreads;
        this.commandBytesMax = Math.min(Limits.COMMAND_BYTES_MAX, store.payloadBytesMax() - Envelope.BYTES_MAX);
        this.applied = new Revision(log.incarnation(), 0);
    }

    @Override
    public void start(Member<C> consumer) throws IOException {
        if (member != null) {
            throw new IllegalStateException("journal " + log.name() + " was started before");
        }
        restore(consumer);
        replay(consumer);
        time = new LeaderTime(clock, appliedStamp);
        member = consumer;
        log.onHoldingBack(() -> engine.execute(this::letGo));
        engine.execute(consumer::lead);
    }

    private void restore(Member<C> consumer) throws IOException {
        snapshots.open();
        var newest = snapshots.newest();
        if (newest.isEmpty()) {
            if (log.firstIndex() > 1) {
                throw new IOException("log " + log.name() + " begins at " + log.firstIndex() + ", and none of its "
                        + snapshots.count() + " snapshots can be read");
            }
            return;
        }
        var snapshot = newest.get();
        var revision = snapshot.revision();
        if (revision.incarnation() != log.incarnation()) {
            throw new IOException("snapshot " + snapshot.name() + " is of incarnation " + revision.incarnation()
                    + " of log " + log.name() + ", which is " + log.incarnation());
        }
        if (revision.index() > log.lastIndex() || revision.index() + 1 < log.firstIndex()) {
            throw new IOException("snapshot " + snapshot.name() + " does not meet log " + log.name()
                    + ", which has entries " + log.firstIndex() + " to " + log.lastIndex());
        }
        try (var state = snapshots.read(snapshot)) {
            consumer.restore(revision, snapshot.stamp(), state);
        } catch (RuntimeException e) {
            throw new IOException("snapshot " + snapshot.name() + " cannot be restored: " + e, e);
        }
        applied = revision;
        appliedStamp = snapshot.stamp();
    }

    private void replay(Member<C> consumer) throws IOException {
        log.scan(applied.index() + 1, (index, bytes) -> {
            int size = bytes.remaining();
            Entry<C> entry;
            try {
                entry = Envelope.decode(bytes, applied.next(), codec);
            } catch (RuntimeException e) {
                throw new IOException("entry " + index + " of log " + log.name() + " cannot be decoded: " + e, e);
            }
            consumer.apply(entry, null);
            applied = entry.revision();
            appliedStamp = entry.stamp();
            entriesSinceSnapshot++;
            bytesSinceSnapshot += size;
        });
    }

    @Override
    public void propose(Input<C> input, @Nullable Ticket ticket) {
        var reason = closed;
        if (reason != null) {
            refuse(ticket, reason);
            return;
        }
        time();
        var envelope = ByteBuffer.wrap(Envelope.encode(input, codec));
        int size = envelope.limit();
        int commandBytes = Envelope.commandBytes(input, size);
        if (commandBytes > commandBytesMax) {
            refuse(ticket, Refused.tooLarge(commandBytes, commandBytesMax));
            return;
        }
        long now = pending.addAndGet(ONE_INPUT + size);
        if (now / ONE_INPUT > Limits.PENDING_INPUTS_MAX || now % ONE_INPUT > Limits.PENDING_BYTES_MAX) {
            release(size);
            refuse(ticket, Refused.overloaded("journal " + log.name() + " has enough to do", RETRY_HINT));
            return;
        }
        queue.add(new Waiting<>(input, envelope, ticket));
        log.gathering().came(1);
        if (submitted.compareAndSet(false, true)) {
            log.submit(write);
        }
        if (ended.isDone()) {
            refuseQueue(stopped());
        }
    }

    /** Whether everything that was proposed is applied, or refused. */
    boolean idle() {
        return pending.get() == 0;
    }

    private void release(int bytes) {
        pending.addAndGet(-(ONE_INPUT + bytes));
    }

    @Override
    public void read(Runnable query, Ticket ticket) {
        var reason = askToRead(query, ticket);
        if (reason != null) {
            ticket.refused(reason);
        }
    }

    /** Hands the query to the engine's thread, or returns why not. */
    private @Nullable Refused askToRead(Runnable query, Ticket ticket) {
        if (pendingReads.incrementAndGet() > Limits.PENDING_INPUTS_MAX) {
            pendingReads.decrementAndGet();
            return Refused.overloaded("journal " + log.name() + " has enough to read", RETRY_HINT);
        }
        // So that none is handed over after the last task, and never answered.
        synchronized (gate) {
            var reason = closed;
            if (reason != null) {
                pendingReads.decrementAndGet();
                return reason;
            }
            // What was acknowledged was applied on the engine's thread before: nothing to wait for.
            engine.execute(() -> {
                pendingReads.decrementAndGet();
                if (broken != null) {
                    ticket.refused(broken);
                } else {
                    query.run();
                }
            });
            return null;
        }
    }

    @Override
    public void execute(Runnable task) {
        engine.execute(() -> {
            if (!silent) {
                task.run();
            }
        });
    }

    @Override
    public Instant now() {
        return time().now();
    }

    private LeaderTime time() {
        if (time == null) {
            throw new IllegalStateException("journal " + log.name() + " was not started");
        }
        return time;
    }

    private Member<C> member() {
        if (member == null) {
            throw new IllegalStateException("journal " + log.name() + " was not started");
        }
        return member;
    }

    /** Takes what waits into the store's batch. All on the store's thread. */
    private final class Write implements SegmentStore.Write {
        private List<Waiting<C>> taken = new ArrayList<>();
        private long first;
        private Instant stamp = Instant.EPOCH;

        @Override
        public boolean write(SegmentStore.Batch batch) throws IOException {
            // First, so that who comes from now on asks again.
            submitted.set(false);
            var reason = closed;
            if (reason != null) {
                refuseQueue(reason);
                return true;
            }
            if (taken.isEmpty()) {
                // It may be asked twice for one sync.
                stamp = time().now();
                first = log.writtenNext();
            }
            int bytes = 0;
            for (var next = queue.peek(); next != null && bytes < SHARE_BYTES_MAX; next = queue.peek()) {
                bytes += next.envelope().limit();
                Envelope.stamp(next.envelope(), stamp);
                if (!batch.append(log, log.writtenNext(), next.envelope().duplicate())) {
                    return false;
                }
                taken.add(next);
                queue.remove();
                log.gathering().went(1);
            }
            return true;
        }

        @Override
        public void synced() {
            if (!queue.isEmpty() && submitted.compareAndSet(false, true)) {
                log.submit(this);
            }
            if (taken.isEmpty()) {
                return;
            }
            var batch = new Batch<>(first, stamp, taken);
            taken = new ArrayList<>();
            hand(batch);
        }

        @Override
        public void failed(Refused reason) {
            submitted.set(false);
            var written = taken;
            taken = new ArrayList<>();
            if (!written.isEmpty()) {
                var unknown = new Refused(
                        Refused.Code.UNKNOWN, "written, and not known to be on the disk: " + reason.getMessage());
                engine.execute(() -> written.forEach(waiting -> refuse(waiting, unknown)));
            }
            refuseQueue(reason);
        }
    }

    /** To the engine's thread; or, if it is short, applied here and now. */
    private void hand(Batch<C> batch) {
        if (engine instanceof SerialThread thread
                && applyNanosEach * batch.inputs().size() <= APPLIED_HERE_NANOS_MAX) {
            thread.executeHere(() -> {
                apply(batch);
                if (snapshotDue()) {
                    engine.execute(this::takeSnapshotIfDue);
                }
            });
        } else {
            engine.execute(() -> {
                apply(batch);
                takeSnapshotIfDue();
            });
        }
    }

    private void apply(Batch<C> batch) {
        long start = clock.nanoTime();
        long index = batch.first();
        for (var waiting : batch.inputs()) {
            if (broken != null) {
                refuse(
                        waiting,
                        new Refused(
                                Refused.Code.UNKNOWN,
                                "written, and not applied: the engine stopped before: " + broken.getMessage()));
                continue;
            }
            var entry = new Entry<>(new Revision(log.incarnation(), index), batch.stamp(), waiting.input());
            try {
                member().apply(entry, waiting.ticket());
                applied = entry.revision();
                appliedStamp = entry.stamp();
            } catch (Throwable e) {
                breakDown(e);
            }
            release(waiting.envelope().limit());
            entriesSinceSnapshot++;
            bytesSinceSnapshot += waiting.envelope().limit();
            index++;
        }
        long each = (clock.nanoTime() - start) / batch.inputs().size();
        applyNanosEach = (3 * applyNanosEach + each) / 4;
    }

    private boolean snapshotDue() {
        return broken == null
                && !snapshotUnderWay
                && (snapshotWanted
                        || entriesSinceSnapshot >= options.snapshotEntries()
                        || bytesSinceSnapshot >= options.snapshotBytes());
    }

    private void takeSnapshotIfDue() {
        if (snapshotDue()) {
            takeSnapshot();
        }
    }

    /** The member threw: it cannot be trusted with another entry. */
    private void breakDown(Throwable cause) {
        var reason =
                new Refused(Refused.Code.STOPPED, "journal " + log.name() + " stopped: " + cause.getMessage(), cause);
        broken = reason;
        closed = reason;
        report.accept(reason.getMessage());
        // The queue is the store's thread's, until the end.
        log.submit(write);
        member().stopped(reason);
    }

    /** The store cannot delete its oldest files because this log, which may be idle, still has entries there. */
    private void letGo() {
        if (broken != null || silent || snapshotUnderWay) {
            return;
        }
        if (entriesSinceSnapshot > 0) {
            takeSnapshot();
        } else {
            // Two snapshots are kept, and the log from the older one on: it takes a newer entry for a newer snapshot.
            snapshotWanted = true;
            propose(new Input.Tick<>(), null);
        }
    }

    private void takeSnapshot() {
        snapshotUnderWay = true;
        snapshotWanted = false;
        entriesSinceSnapshot = 0;
        bytesSinceSnapshot = 0;
        var revision = applied;
        var stamp = appliedStamp;
        Snapshot snapshot = member().snapshot();
        background.execute(() -> {
            save(revision, stamp, snapshot);
            engine.execute(() -> snapshotUnderWay = false);
        });
    }

    private void save(Revision revision, Instant stamp, Snapshot snapshot) {
        try {
            long forgettable = snapshots.save(revision, stamp, snapshot);
            if (forgettable > 0) {
                log.truncatePrefix(forgettable + 1).exceptionally(reason -> {
                    boolean closing = reason instanceof Refused refused && refused.code() == Refused.Code.STOPPED;
                    if (!closing) {
                        report.accept("log " + log.name() + " could not forget entries up to " + forgettable + ": "
                                + reason.getMessage());
                    }
                    return null;
                });
            }
        } catch (IOException | RuntimeException e) {
            report.accept("no snapshot of " + log.name() + " at " + revision.index() + ": " + e.getMessage());
        }
    }

    /** Stops taking inputs, and completes when the member will be called no more. Does not wait. */
    CompletableFuture<Void> end() {
        if (!ending.compareAndSet(false, true)) {
            return ended;
        }
        synchronized (gate) {
            if (closed == null) {
                closed = stopped();
            }
        }
        log.submit(new SegmentStore.Write() {
            @Override
            public boolean write(SegmentStore.Batch batch) {
                return true;
            }

            @Override
            public void synced() {
                // What was written before is with the engine by now.
                refuseQueue(stopped());
                engine.execute(LocalJournal.this::silence);
            }

            @Override
            public void failed(Refused reason) {
                synced();
            }
        });
        return ended;
    }

    private void silence() {
        if (member != null && broken == null) {
            if (options.snapshotOnClose() && entriesSinceSnapshot > 0 && !snapshotUnderWay) {
                takeSnapshot();
            }
            member.stopped(stopped());
        }
        silent = true;
        background.execute(() -> ended.complete(null));
    }

    /** Must not be called on the engine's thread, for it waits for that. */
    @Override
    public void close() {
        end().join();
        ownThreads.forEach(SerialThread::close);
    }

    private Refused stopped() {
        return new Refused(Refused.Code.STOPPED, "journal " + log.name() + " is closed");
    }

    private void refuseQueue(Refused reason) {
        for (var waiting = queue.poll(); waiting != null; waiting = queue.poll()) {
            log.gathering().went(1);
            refuse(waiting, reason);
        }
    }

    private void refuse(Waiting<C> waiting, Refused reason) {
        release(waiting.envelope().limit());
        refuse(waiting.ticket(), reason);
    }

    private static void refuse(@Nullable Ticket ticket, Refused reason) {
        if (ticket != null) {
            ticket.refused(reason);
        }
    }
}
