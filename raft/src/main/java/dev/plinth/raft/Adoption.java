package dev.plinth.raft;

import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.RaftOutter;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotStorage;
import dev.plinth.kernel.Envelope;
import dev.plinth.kernel.LocalState;
import dev.plinth.kernel.SegmentLog;
import dev.plinth.kernel.SegmentStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes the past of a journal of one machine into the beginning of a group. */
final class Adoption {
    /*
     * The old snapshot becomes the group's first one, at Raft index 1, and the entries after it Raft entries of term 1; no engine is needed
     * for that. The group has one member to begin with: had it three, of which two know nothing, those two would be a majority, elect one
     * of themselves and begin anew.
     *
     * The old log is forgotten when all that is on the disk, and before the group starts for the first time. So if the old log is still
     * there, whatever the group has is the work of an adoption that was interrupted, and is done again from the start. Unless the group
     * has voted: then it has lived, and there are two pasts.
     */
    private static final long TERM = 1;

    private static final long SNAPSHOT_INDEX = 1;

    private static final int APPEND_ENTRIES = 256;

    private final String group;
    private final RaftOptions options;
    private final SegmentStore store;
    private final Consumer<String> report;

    Adoption(String group, RaftOptions options, SegmentStore store, Consumer<String> report) {
        this.group = group;
        this.options = options;
        this.store = store;
        this.report = report;
    }

    void adopt(LocalState old) throws IOException {
        var vote = store.log(RaftNode.voteLog(group));
        if (vote.lastIndex() > 0) {
            throw new IOException("group " + group + " cannot take over what was there before it, entries up to "
                    + old.lastIndex() + ": it has a past of its own");
        }
        var log = store.log(RaftNode.log(group));
        var entries = new SegmentLogStorage(log, report, () -> {});
        boolean snapshot = old.revision().index() > 0;
        deleteSnapshots();
        begin(entries, log, snapshot ? SNAPSHOT_INDEX + 1 : 1);
        if (snapshot) {
            writeSnapshot(old);
        }
        var writer = new Writer(entries, snapshot ? SNAPSHOT_INDEX + 1 : 1);
        if (!snapshot) {
            writer.add(members());
            writer.add(data(Batch.term(old.revision().incarnation(), options.self())));
        }
        writeEntries(old, writer);
        writer.flush();
        old.forget();
        report.accept("group " + group + " begins with the state of one server, up to its entry "
                + old.revision().index() + " and " + writer.written + " entries after it");
    }

    private Path directory() {
        return options.directory().resolve(group).toAbsolutePath();
    }

    private void deleteSnapshots() throws IOException {
        if (!Files.exists(directory())) {
            return;
        }
        try (var files = Files.walk(directory())) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private void begin(SegmentLogStorage entries, SegmentLog log, long first) throws IOException {
        if ((log.firstIndex() != first || log.lastIndex() >= first) && !entries.reset(first)) {
            throw failed(entries);
        }
    }

    private void writeSnapshot(LocalState old) throws IOException {
        var snapshots =
                new LocalSnapshotStorage(directory().toString(), "", new com.alipay.sofa.jraft.option.RaftOptions());
        if (!snapshots.init(null)) {
            throw new IOException("the folder " + directory() + " cannot be made");
        }
        try (var writer = snapshots.create()) {
            var head = new StateFile.Head(old.revision(), old.stamp(), Checkpoints.Since.START, Optional.empty());
            StateFile.write(Path.of(writer.getPath(), StateFile.NAME), head, out -> {
                try (var state = old.state().orElseThrow()) {
                    state.transferTo(out);
                }
            });
            writer.addFile(StateFile.NAME);
            writer.saveMeta(RaftOutter.SnapshotMeta.newBuilder()
                    .setLastIncludedIndex(SNAPSHOT_INDEX)
                    .setLastIncludedTerm(TERM)
                    .addPeers(options.self().toString())
                    .build());
        }
    }

    /** Entries that one sync had covered, and so have one stamp, become one batch. */
    private void writeEntries(LocalState old, Writer writer) throws IOException {
        int bytesMax = store.payloadBytesMax() / 2;
        List<ByteBuffer> together = new ArrayList<>();
        Instant stamp = Instant.EPOCH;
        int bytes = 0;
        for (long index = old.revision().index() + 1; index <= old.lastIndex(); index++) {
            var envelope = old.entry(index);
            var its = Envelope.stamp(envelope);
            if (!together.isEmpty() && (!its.equals(stamp) || bytes + envelope.remaining() > bytesMax)) {
                writer.add(inputs(together, stamp));
                together = new ArrayList<>();
                bytes = 0;
            }
            stamp = its;
            together.add(envelope);
            bytes += envelope.remaining() + Batch.INPUT_BYTES;
        }
        if (!together.isEmpty()) {
            writer.add(inputs(together, stamp));
        }
    }

    private static LogEntry inputs(List<ByteBuffer> envelopes, Instant stamp) {
        var batch = Batch.inputs(0, 0, envelopes);
        Batch.stamp(batch, stamp);
        return data(batch);
    }

    private static LogEntry data(ByteBuffer batch) {
        var entry = new LogEntry(EnumOutter.EntryType.ENTRY_TYPE_DATA);
        entry.setData(batch);
        return entry;
    }

    private LogEntry members() {
        var entry = new LogEntry(EnumOutter.EntryType.ENTRY_TYPE_CONFIGURATION);
        entry.setPeers(List.of(options.self().peer()));
        return entry;
    }

    private IOException failed(SegmentLogStorage entries) {
        return new IOException("the log of group " + group + " cannot be written: " + entries.failure());
    }

    /** Gives entries their indices and appends them, many at once. */
    private final class Writer {
        private final SegmentLogStorage to;
        private final List<LogEntry> waiting = new ArrayList<>();
        private long next;
        private long written;

        Writer(SegmentLogStorage to, long first) {
            this.to = to;
            this.next = first;
        }

        void add(LogEntry entry) throws IOException {
            entry.setId(new LogId(next, TERM));
            entry.setChecksum(entry.checksum());
            next++;
            waiting.add(entry);
            if (waiting.size() >= APPEND_ENTRIES) {
                flush();
            }
        }

        void flush() throws IOException {
            if (!waiting.isEmpty() && to.appendEntries(waiting) != waiting.size()) {
                throw failed(to);
            }
            written += waiting.size();
            waiting.clear();
        }
    }
}
