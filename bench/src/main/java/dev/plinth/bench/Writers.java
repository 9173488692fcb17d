package dev.plinth.bench;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A journal on one machine, and sixty-four clients of it. */
final class Writers implements AutoCloseable {
    static final int COUNT = 64;

    /** Who fills a log. */
    static final int FILLERS = 1_024;

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
    private final LocalJournal<ByteBuffer> journal;
    private final Counter counter = new Counter();

    Writers(Path directory, boolean synced) throws IOException {
        this(directory, synced, JournalOptions.defaults());
    }

    /** @param options when there are snapshots */
    Writers(Path directory, boolean synced, JournalOptions options) throws IOException {
        // What is never synced gains nothing by going past the page cache.
        disk = synced ? DiskStorage.openDirect(directory) : DiskStorage.open(directory);
        snapshots = DiskStorage.open(directory.resolve("snapshots"));
        Storage storage = synced ? disk : new UnsyncedStorage(disk);
        store = SegmentStore.open(storage, SegmentOptions.defaults(), clock);
        journal = LocalJournal.open(store, "bench", Counter.CODEC, snapshots, options, clock);
        journal.start(counter);
    }

    /** How many commands the member has had since the log began. */
    long applied() {
        return counter.count();
    }

    /** Has so many commands appended, by more clients than a round has. */
    void fill(int commands) throws InterruptedException {
        var left = new AtomicLong(commands);
        Clients.run(List.of(this::append), FILLERS, Duration.ofHours(1), () -> left.getAndDecrement() > 0);
    }

    private void append(ByteBuffer command, Clients.Client client) {
        propose(command, client);
    }

    void propose(ByteBuffer command, Journal.Ticket ticket) {
        journal.propose(new Input.Command<>(Optional.empty(), command), ticket);
    }

    Round run(Duration time) throws InterruptedException {
        long syncsBefore = store.syncs();
        var round = Clients.run(List.of(this::append), COUNT, time);
        return new Round(round.commands(), store.syncs() - syncsBefore, round.seconds());
    }

    /** Closes from the outside in. */
    @Override
    public void close() throws IOException {
        journal.close();
        store.close();
        clock.close();
        snapshots.close();
        disk.close();
    }
}
