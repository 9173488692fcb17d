package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The coordinator of transactions with a million of them in its engine: how long its clients get no outcome while a snapshot is taken,
 * and how long a new process takes to load it.
 *
 * <p>Sixty-four clients begin transactions all the time. The pause is the longest time between one outcome and the next, of all clients
 * together, from a little before the snapshot is begun until it is whole; it holds all that a client can notice: the references that the
 * engine hands over, the collector's work, and the disk that both share. Beside it the same without a snapshot.
 */
final class SnapshotBenchmark {
    private static final int ENTRIES = 1_000_000;

    /** A snapshot every so many entries from then on. */
    private static final int SNAPSHOT_ENTRIES = 250_000;

    private static final double LOAD_TARGET_SECONDS = 3;
    private static final double PAUSE_TARGET_MILLIS = 50;

    /** The engine is asked for its snapshot before the file is there. */
    private static final Duration BEFORE = Duration.ofMillis(100);

    private static final Duration AFTER = Duration.ofMillis(20);
    private static final Command.Begin BEGIN =
            new Command.Begin("transfer", Duration.ofDays(30), "bench", "default_tx_group");

    /** No transaction has a branch, so nobody is asked. */
    private static final Participants NOBODY = phaseTwo ->
            CompletableFuture.failedFuture(new IllegalStateException("there is no branch, and so no " + phaseTwo));

    private SnapshotBenchmark() {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("snapshot");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 3 : 5;
        System.out.printf(
                Locale.ROOT,
                "snapshot: %,d transactions in the coordinator's engine, %d clients, heap %,d MiB, in %s on %s; %d processors, JDK %s%n",
                ENTRIES,
                Writers.COUNT,
                Runtime.getRuntime().maxMemory() >> 20,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            double[] pauses = new double[rounds];
            double[] usual = new double[rounds];
            double[] loads = new double[rounds];
            try (var node = new Node(directory)) {
                node.fill(ENTRIES - (rounds + 1) * SNAPSHOT_ENTRIES / 2);
                for (int i = 0; i < rounds; i++) {
                    var gaps = node.gapsDuringOneSnapshot();
                    pauses[i] = gaps.during();
                    usual[i] = gaps.usual();
                    System.out.printf(
                            Locale.ROOT,
                            "  snapshot %d took %.2f s; longest pause %.1f ms, without a snapshot %.1f ms%n",
                            i + 1,
                            gaps.seconds(),
                            pauses[i],
                            usual[i]);
                }
            }
            for (int i = 0; i < rounds; i++) {
                try (var node = new Node(directory)) {
                    loads[i] = node.loadSeconds;
                }
            }
            System.out.println("medians and ranges of " + rounds + " rounds:");
            System.out.println("  longest pause during a snapshot, ms   "
                    + Figures.of(pauses).precise());
            System.out.println("  longest pause without one, ms         "
                    + Figures.of(usual).precise());
            System.out.println("  load, s                               "
                    + Figures.of(loads).precise());
            var promises = List.of(
                    Promise.atMost("snapshot.pause", Figures.of(pauses).median(), "ms", PAUSE_TARGET_MILLIS),
                    Promise.atMost("snapshot.load", Figures.of(loads).median(), "s", LOAD_TARGET_SECONDS));
            promises.forEach(promise -> System.out.println(promise.line()));
            return promises.stream().allMatch(Promise::kept);
        } finally {
            Disk.delete(directory);
        }
    }

    /** Longest times without an outcome, in milliseconds. */
    private record Gaps(double during, double usual, double seconds) {}

    /** A time without an outcome. */
    private record Gap(long fromNanos, long toNanos) {
        double millis() {
            return (toNanos - fromNanos) / 1e6;
        }
    }

    /** One coordinator on its journal. */
    private static final class Node implements AutoCloseable {
        private static final long GAP_NANOS_MIN = 1_000_000;

        private final SystemClock clock = new SystemClock();
        private final DiskStorage disk;
        private final DiskStorage snapshots;
        private final DiskStorage history;
        private final WatchedStorage watched;
        private final SegmentStore store;
        private final Coordinator coordinator;
        private final double loadSeconds;
        private final AtomicLong lastOutcomeNanos = new AtomicLong(System.nanoTime());
        private final ConcurrentLinkedQueue<Gap> gaps = new ConcurrentLinkedQueue<>();

        Node(Path directory) throws IOException {
            disk = DiskStorage.openDirect(directory.resolve("journal"));
            snapshots = DiskStorage.open(directory.resolve("snapshots"));
            history = DiskStorage.open(directory.resolve("history"));
            watched = new WatchedStorage(snapshots);
            store = SegmentStore.open(disk, SegmentOptions.defaults(), clock);
            // One at the end: so what is loaded next is the snapshot alone.
            var options = new JournalOptions(SNAPSHOT_ENTRIES, Long.MAX_VALUE, true);
            var journal = LocalJournal.open(store, "transactions", Coordinator.codec(), watched, options, clock);
            long start = System.nanoTime();
            coordinator = Coordinator.open(journal, history, NOBODY, clock, 0);
            loadSeconds = (System.nanoTime() - start) / 1e9;
        }

        /** Begins so many, about. */
        void fill(int count) throws InterruptedException {
            var left = new AtomicLong(count);
            Clients.run(List.of(this::begin), Writers.COUNT, Duration.ofHours(1), () -> left.decrementAndGet() > 0);
        }

        Gaps gapsDuringOneSnapshot() throws InterruptedException {
            gaps.clear();
            int before = watched.whole();
            // Until the next one is whole, and a little longer.
            Clients.run(
                    List.of(this::begin),
                    Writers.COUNT,
                    Duration.ofMinutes(2),
                    () -> watched.whole() <= before || System.nanoTime() - watched.wholeNanos() < AFTER.toNanos() * 2);
            long from = watched.begunNanos() - BEFORE.toNanos();
            long to = watched.wholeNanos() + AFTER.toNanos();
            double during = 0;
            double usual = 0;
            for (var gap : new ArrayList<>(gaps)) {
                if (gap.toNanos() > from && gap.fromNanos() < to) {
                    during = Math.max(during, gap.millis());
                } else {
                    usual = Math.max(usual, gap.millis());
                }
            }
            return new Gaps(during, usual, (watched.wholeNanos() - watched.begunNanos()) / 1e9);
        }

        private void begin(ByteBuffer command, Clients.Client client) {
            var _ = coordinator.begin(BEGIN).whenComplete((_, problem) -> {
                // In the engine's turn: one at a time.
                long now = System.nanoTime();
                long last = lastOutcomeNanos.getAndSet(now);
                if (now - last > GAP_NANOS_MIN) {
                    gaps.add(new Gap(last, now));
                }
                if (problem == null) {
                    client.answer();
                } else {
                    var cause = problem instanceof CompletionException ? problem.getCause() : problem;
                    client.refused(
                            cause instanceof Refused refused
                                    ? refused
                                    : new Refused(Refused.Code.UNKNOWN, String.valueOf(cause)));
                }
            });
        }

        @Override
        public void close() throws IOException {
            coordinator.close();
            store.close();
            clock.close();
            history.close();
            snapshots.close();
            disk.close();
        }
    }
}
