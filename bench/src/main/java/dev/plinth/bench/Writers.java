package dev.plinth.bench;

import dev.plinth.kernel.Codec;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Entry;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Revision;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Snapshot;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.SystemClock;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

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
    private final LocalJournal<ByteBuffer> journal;

    Writers(Path directory, boolean synced) throws IOException {
        // What is never synced gains nothing by going past the page cache.
        disk = synced ? DiskStorage.openDirect(directory) : DiskStorage.open(directory);
        snapshots = DiskStorage.open(directory.resolve("snapshots"));
        Storage storage = synced ? disk : new UnsyncedStorage(disk);
        store = SegmentStore.open(storage, SegmentOptions.defaults(), clock);
        journal = LocalJournal.open(store, "bench", new Bytes(), snapshots, JournalOptions.defaults(), clock);
        journal.start(new Counter());
    }

    Round run(Duration time) throws InterruptedException {
        long syncsBefore = store.syncs();
        long start = System.nanoTime();
        long end = start + time.toNanos();
        List<Writer> writers = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            writers.add(new Writer(command(i), end));
        }
        writers.forEach(writer -> writer.thread.start());
        for (var writer : writers) {
            writer.thread.join();
        }
        long commands = 0;
        for (var writer : writers) {
            var refused = writer.refused;
            if (refused != null) {
                throw refused;
            }
            commands += writer.commands;
        }
        return new Round(commands, store.syncs() - syncsBefore, (System.nanoTime() - start) / 1e9);
    }

    /** One client: asks, waits, asks again. */
    private final class Writer implements Journal.Ticket {
        private final Thread thread = Thread.ofVirtual().unstarted(this::write);
        private final Input.Command<ByteBuffer> command;
        private final long end;
        private long commands;

        /** Written by who answers, read by the client. */
        private volatile boolean answered;

        private volatile @Nullable Refused refused;

        Writer(ByteBuffer command, long end) {
            this.command = new Input.Command<>(Optional.empty(), command);
            this.end = end;
        }

        private void write() {
            while (refused == null && System.nanoTime() < end) {
                answered = false;
                journal.propose(command, this);
                while (!answered) {
                    LockSupport.park(this);
                }
                commands++;
            }
        }

        private void answer() {
            answered = true;
            LockSupport.unpark(thread);
        }

        @Override
        public void refused(Refused reason) {
            refused = reason;
            answer();
        }
    }

    /** A member that costs nothing, so that what is measured is the journal. */
    private static final class Counter implements Journal.Member<ByteBuffer> {
        private long count;

        @Override
        public void restore(Revision revision, Instant stamp, InputStream state) throws IOException {
            count = new DataInputStream(state).readLong();
        }

        @Override
        public void apply(Entry<ByteBuffer> entry, Journal.@Nullable Ticket ticket) {
            count++;
            if (ticket instanceof Writer writer) {
                writer.answer();
            }
        }

        @Override
        public Snapshot snapshot() {
            long now = count;
            return out -> new DataOutputStream(out).writeLong(now);
        }

        @Override
        public void lead() {
            // It has nothing to do outside.
        }

        @Override
        public void follow() {
            // There is nobody to follow.
        }

        @Override
        public void stopped(Refused reason) {
            // The writers are told by their tickets.
        }
    }

    /** Commands are bytes, and are written as they are. */
    private static final class Bytes implements Codec<ByteBuffer> {
        @Override
        public byte[] encode(ByteBuffer value) {
            byte[] bytes = new byte[value.remaining()];
            value.get(value.position(), bytes);
            return bytes;
        }

        @Override
        public ByteBuffer decode(ByteBuffer bytes) {
            return ByteBuffer.wrap(encode(bytes));
        }
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
        journal.close();
        store.close();
        clock.close();
        snapshots.close();
        disk.close();
    }
}
