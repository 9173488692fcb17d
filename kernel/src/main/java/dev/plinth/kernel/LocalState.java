package dev.plinth.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link LocalJournal} left on the disk, for the journal that takes its place: its newest snapshot, and the entries after it.
 * The journal must not be open.
 */
public final class LocalState {
    private final SegmentLog log;
    private final SnapshotStore snapshots;
    private final SnapshotStore.@Nullable Kept newest;

    private LocalState(SegmentLog log, SnapshotStore snapshots, SnapshotStore.@Nullable Kept newest) {
        this.log = log;
        this.snapshots = snapshots;
        this.newest = newest;
    }

    /**
     * Looks for it.
     *
     * @param log the journal's log in the store
     * @param storage where its snapshots are
     * @param report told of snapshots that are damaged and passed over
     * @return empty if the journal never stored anything, or was forgotten
     * @throws IOException if what is there does not make a whole
     */
    public static Optional<LocalState> find(SegmentStore store, String log, Storage storage, Consumer<String> report)
            throws IOException {
        var entries = store.log(log);
        var snapshots = new SnapshotStore(storage, log, report);
        if (entries.lastIndex() < entries.firstIndex()) {
            // Whatever snapshot there is belongs to what was forgotten.
            snapshots.deleteAll();
            return Optional.empty();
        }
        snapshots.open();
        var newest = snapshots.newest();
        long from = newest.map(kept -> kept.revision().index()).orElse(0L) + 1;
        if (from < entries.firstIndex() || from > entries.lastIndex() + 1) {
            throw new IOException("log " + log + " has entries " + entries.firstIndex() + " to " + entries.lastIndex()
                    + ", and its newest snapshot ends before " + from);
        }
        return Optional.of(new LocalState(entries, snapshots, newest.orElse(null)));
    }

    /**
     * Puts a past where a {@link LocalJournal} will find it when it starts. It is a new history: what came after the past, and was
     * known under the old one's incarnation, is not in it.
     *
     * @param log the journal's log in the store, which must never have had an entry
     * @param index of the last entry in the state; 0 if there is no state, and every entry is among those that follow
     * @param state as {@link Journal.Member#snapshot()} wrote it
     */
    public static void plant(
            SegmentStore store,
            String log,
            Storage storage,
            long index,
            Instant stamp,
            Snapshot state,
            List<ByteBuffer> entries)
            throws IOException {
        var to = store.log(log);
        if (to.firstIndex() != 1 || to.lastIndex() != 0) {
            throw new IOException("log " + log + " has a past already; expected none");
        }
        List<ByteBuffer> rest = entries;
        if (index > 0) {
            var _ = new SnapshotStore(storage, log, _ -> {}).save(new Revision(to.incarnation(), index), stamp, state);
            if (entries.isEmpty()) {
                // A log without entries is one that was forgotten. A tick changes nothing that its stamp had not
                // changed.
                var tick = ByteBuffer.wrap(Envelope.tick());
                Envelope.stamp(tick, stamp);
                rest = List.of(tick);
            }
        }
        try {
            if (index > 0) {
                to.reset(index + 1).join();
            }
            if (!rest.isEmpty()) {
                to.append(index + 1, rest).join();
            }
        } catch (CompletionException e) {
            throw new IOException("log " + log + " could not be written: " + e.getCause(), e);
        }
    }

    /** Where the snapshot stands; index 0 if there is none. */
    public Revision revision() {
        return newest == null ? new Revision(log.incarnation(), 0) : newest.revision();
    }

    /** The stamp of the snapshot's entry. */
    public Instant stamp() {
        return newest == null ? Instant.EPOCH : newest.stamp();
    }

    /** The state in the snapshot, as {@link Journal.Member#snapshot()} wrote it; empty if there is none. */
    public Optional<InputStream> state() throws IOException {
        return newest == null ? Optional.empty() : Optional.of(snapshots.read(newest));
    }

    /** The index of the last entry; those after the snapshot's are there, up to this one. */
    public long lastIndex() {
        return log.lastIndex();
    }

    /** One entry after the snapshot's: its {@link Envelope}, with its stamp. */
    public ByteBuffer entry(long index) throws IOException {
        return log.read(index)
                .orElseThrow(() -> new IOException("entry " + index + " of log " + log.name() + " is not there"));
    }

    /** Forgets all of it, once somebody else has it: a {@link LocalJournal} will not start there again. */
    public void forget() throws IOException {
        try {
            log.truncatePrefix(log.lastIndex() + 1).join();
        } catch (CompletionException e) {
            throw new IOException("log " + log.name() + " could not be forgotten: " + e.getCause(), e);
        }
        snapshots.deleteAll();
    }
}
