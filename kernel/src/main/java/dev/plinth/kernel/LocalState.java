package dev.plinth.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
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
