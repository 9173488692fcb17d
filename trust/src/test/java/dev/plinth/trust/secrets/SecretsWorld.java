package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** Keys and secrets on a real journal in a folder, which may be closed and opened again; the wall's time is the test's. */
public final class SecretsWorld implements AutoCloseable {
    private final Path folder;
    private Secrets.Options options;
    private final SystemClock machine = new SystemClock();
    public final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private DiskStorage segments;
    private DiskStorage snapshots;
    private SegmentStore store;
    public Secrets secrets;
    private volatile Instant wall;
    private volatile boolean goesOn;
    private final AtomicLong ticks = new AtomicLong();
    private final AtomicLong ahead = new AtomicLong();

    /** Time as the machine has it, but for the wall's, and what the test lets pass. */
    public final Clock clock = new Clock() {
        @Override
        public Instant wall() {
            if (goesOn) {
                ticks.incrementAndGet();
            }
            return wall.plusNanos(ticks.get());
        }

        @Override
        public long nanoTime() {
            return machine.nanoTime() + ahead.get();
        }

        @Override
        public Alarm schedule(Duration delay, Runnable task) {
            return machine.schedule(delay, task);
        }
    };

    private SecretsWorld(Path folder, Secrets.Options options, Instant wall) {
        this.wall = wall;
        this.folder = folder;
        this.options = options;
    }

    public static SecretsWorld open(Path folder, RootKeeper keeper) throws IOException {
        return open(folder, Secrets.Options.of(keeper));
    }

    public static SecretsWorld open(Path folder, Secrets.Options options) throws IOException {
        return open(folder, options, Instant.parse("2026-06-01T00:00:00Z"));
    }

    /** At this time of the wall. */
    public static SecretsWorld open(Path folder, Secrets.Options options, Instant now) throws IOException {
        var world = new SecretsWorld(folder, options, now);
        world.start();
        return world;
    }

    public static SecretsWorld inFile(Path folder) throws IOException {
        return open(folder, new RootKeeper.InFile(folder.resolve("root.key")));
    }

    /** Time passes until it is so late; or the wall's clock is set back. */
    public void wall(Instant now) {
        ahead.addAndGet(Math.max(0, Duration.between(wall, now).toNanos()));
        wall = now;
    }

    /** From now on the wall's time is a little later whenever somebody asks, as a real one's is. */
    public void goOn() {
        goesOn = true;
    }

    private void start() throws IOException {
        segments = DiskStorage.open(folder.resolve("journal"));
        snapshots = DiskStorage.open(folder.resolve("snapshots"));
        store = SegmentStore.open(segments, SegmentOptions.defaults(), machine);
        secrets = Secrets.open(
                LocalJournal.open(
                        store, "secrets", Secrets.commandCodec(), snapshots, JournalOptions.defaults(), machine),
                options,
                clock,
                workers,
                new SecureRandom());
    }

    private void stop() throws IOException {
        secrets.close();
        store.close();
        snapshots.close();
        segments.close();
    }

    /** As another configuration has it. */
    public void restart(Secrets.Options others) throws IOException {
        options = others;
        restart();
    }

    public void restart() throws IOException {
        stop();
        start();
    }

    @Override
    public void close() throws IOException {
        stop();
        workers.shutdown();
        machine.close();
    }
}
