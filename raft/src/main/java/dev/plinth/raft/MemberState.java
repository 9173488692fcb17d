package dev.plinth.raft;

import com.alipay.sofa.jraft.entity.EnumOutter;
import dev.plinth.kernel.Envelope;
import dev.plinth.kernel.Rehearsal;
import dev.plinth.kernel.Revision;
import dev.plinth.kernel.SegmentStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a member that does not run has on its disk of a group: its newest snapshot, and the inputs after it.
 *
 * <p>The last of them need not be committed: whoever proposed them was not answered, or was told that it is not known whether they took
 * place. And the newest that were acknowledged need not be there, for it takes most members and not every one.
 */
public final class MemberState implements Rehearsal.PastReader {
    private static final Pattern SNAPSHOT = Pattern.compile("snapshot_(\\d+)");

    private final SegmentLogStorage entries;
    private final long firstIndex;
    private final long lastIndex;
    private final Optional<Path> file;

    private MemberState(SegmentLogStorage entries, long firstIndex, long lastIndex, Optional<Path> file) {
        this.entries = entries;
        this.firstIndex = firstIndex;
        this.lastIndex = lastIndex;
        this.file = file;
    }

    /**
     * Looks for it.
     *
     * @param directory where the groups' snapshots are, as in {@link RaftOptions}
     * @return empty if the group stored nothing here
     * @throws IOException if what is there is damaged, or does not make a whole
     */
    public static Optional<Rehearsal.Past> find(String group, SegmentStore store, Path directory) throws IOException {
        if (!RaftNode.hasPast(group, store)) {
            return Optional.empty();
        }
        var log = store.log(RaftNode.log(group));
        var snapshot = newest(directory.resolve(group));
        long included = snapshot.map(MemberState::index).orElse(0L);
        if (log.lastIndex() >= log.firstIndex() && log.firstIndex() > included + 1) {
            throw new IOException("the log of group " + group + " begins at " + log.firstIndex()
                    + ", and its newest snapshot ends at " + included);
        }
        var state = new MemberState(
                new SegmentLogStorage(log, _ -> {}, () -> {}),
                included + 1,
                log.lastIndex(),
                snapshot.map(folder -> folder.resolve(StateFile.NAME)));
        return Optional.of(state.past(log.incarnation()));
    }

    private static Optional<Path> newest(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (var folders = Files.list(directory)) {
            return folders.filter(folder ->
                            SNAPSHOT.matcher(folder.getFileName().toString()).matches())
                    .max(Comparator.comparingLong(MemberState::index));
        }
    }

    private static long index(Path folder) {
        var name = SNAPSHOT.matcher(folder.getFileName().toString());
        return name.matches() ? Long.parseLong(name.group(1)) : 0;
    }

    private Rehearsal.Past past(long incarnation) throws IOException {
        if (file.isEmpty()) {
            return new Rehearsal.Past(new Revision(incarnation, 0), Instant.EPOCH, "", this);
        }
        StateFile.Head[] head = new StateFile.Head[1];
        byte[] hash = StateFile.read(file.get(), (found, _) -> head[0] = found);
        return new Rehearsal.Past(
                head[0].revision(), head[0].stamp(), HexFormat.of().formatHex(hash), this);
    }

    @Override
    public InputStream state() throws IOException {
        byte[][] bytes = {new byte[0]};
        if (file.isPresent()) {
            StateFile.read(file.get(), (_, state) -> bytes[0] = state.readAllBytes());
        }
        return new ByteArrayInputStream(bytes[0]);
    }

    @Override
    public void entries(Rehearsal.EntryReader each) throws IOException {
        for (long index = firstIndex; index <= lastIndex; index++) {
            var entry = entries.getEntry(index);
            if (entry == null) {
                throw new IOException("entry " + index + " cannot be read: " + entries.failure());
            }
            if (entry.getType() == EnumOutter.EntryType.ENTRY_TYPE_DATA
                    && Batch.read(entry.getData()) instanceof Batch.Inputs inputs) {
                for (var envelope : inputs.envelopes()) {
                    var stamped = ByteBuffer.allocate(envelope.remaining())
                            .put(envelope.duplicate())
                            .flip();
                    Envelope.stamp(stamped, inputs.stamp());
                    each.take(stamped);
                }
            }
        }
    }
}
