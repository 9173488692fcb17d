package dev.plinth.bench;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** Sixty-four clients, each of which appends a command of 128 bytes and waits for its outcome before the next. */
final class Writers implements AutoCloseable {
    static final int COUNT = 64;
    static final int COMMAND_BYTES = 128;

    /** What one round did. */
    record Round(long commands, long syncs, double seconds) {
        double rate() {
            return commands / seconds;
        }
    }

    private final SystemClock clock = new SystemClock();
    private final DiskStorage disk;
    private final DiskStorage snapshots;
    private final SegmentStore store;
    private final Partition<Tally, ByteBuffer, Long, Void, Long> partition;

    Writers(Path directory, boolean synced) throws IOException {
        disk = DiskStorage.open(directory);
        snapshots = DiskStorage.open(directory.resolve("snapshots"));
        Storage storage = synced ? disk : new UnsyncedStorage(disk);
        store = SegmentStore.open(storage, SegmentOptions.defaults(), clock);
        var journal =
                LocalJournal.open(store, "bench", Tally.CODECS.commands(), snapshots, JournalOptions.defaults(), clock);
        partition = Partition.durable(new Tally(), journal, Tally.CODECS, Tally.NO_EFFECTS, clock);
    }

    Round run(Duration time) throws InterruptedException {
        var commands = new LongAdder();
        var failure = new AtomicReference<Throwable>();
        long syncsBefore = store.syncs();
        long start = System.nanoTime();
        long end = start + time.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            var command = command(i);
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    while (System.nanoTime() < end) {
                        partition.submit(command).join();
                        commands.increment();
                    }
                } catch (RuntimeException e) {
                    failure.set(e);
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        var problem = failure.get();
        if (problem != null) {
            throw new IllegalStateException("a writer failed", problem);
        }
        return new Round(commands.sum(), store.syncs() - syncsBefore, (System.nanoTime() - start) / 1e9);
    }

    private static ByteBuffer command(int writer) {
        byte[] bytes = new byte[COMMAND_BYTES];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) (writer * 31 + at * 7);
        }
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    /** Closes from the outside in. */
    @Override
    public void close() throws IOException {
        partition.close();
        store.close();
        clock.close();
        snapshots.close();
        disk.close();
    }
}
