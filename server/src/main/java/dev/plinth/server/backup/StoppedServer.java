package dev.plinth.server.backup;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.LocalState;
import dev.plinth.kernel.Rehearsal;
import dev.plinth.kernel.Revision;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.SystemClock;
import dev.plinth.raft.MemberState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The data of a server that does not run: a backup of it, and what a backup makes of an empty folder. */
public final class StoppedServer {
    private static final String JOURNAL = "journal";
    private static final String SNAPSHOTS = "snapshots";
    private static final String HISTORY = "transactions";

    private final Path data;

    /** @param data the server's folder */
    public StoppedServer(Path data) {
        this.data = data;
    }

    // ---- out

    /**
     * Writes an archive of what is there. No engine is needed for it, and nothing is changed.
     *
     * @throws IOException if there is nothing, it is damaged, or its server runs
     */
    public void backup(Path to, String release, Consumer<String> report) throws IOException {
        if (!Files.isDirectory(data.resolve(JOURNAL))) {
            throw new IOException(data + ": is no data of a server: expected a folder " + JOURNAL + " in it");
        }
        try (var clock = new SystemClock();
                var segments = DiskStorage.openDirect(data.resolve(JOURNAL));
                var snapshots = DiskStorage.open(data.resolve(SNAPSHOTS));
                var store = SegmentStore.open(segments, SegmentOptions.defaults(), clock)) {
            whole(to, out -> {
                var archive =
                        new Archive.Writer(out, release, data.toAbsolutePath().toString());
                for (var name : Partitions.names(PartitionNames.read(data).size())) {
                    archive.partition(name, past(name, store, snapshots, report));
                }
                RunningServer.copyHistory(data.resolve(HISTORY), archive);
                var _ = archive.finish();
            });
        }
    }

    /** Writes an archive. */
    public interface Content {
        void write(OutputStream out) throws IOException;
    }

    /** Has a file written under another name, and gives it its own when it is whole. */
    public static void whole(Path to, Content content) throws IOException {
        var name = to.toAbsolutePath();
        if (Files.exists(name)) {
            throw new IOException(to + ": is there already; expected a new file");
        }
        var temporary = name.resolveSibling(name.getFileName() + ".part");
        try {
            try (var out = Files.newOutputStream(temporary)) {
                content.write(out);
            }
            Files.move(temporary, name, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private Rehearsal.Past past(String name, SegmentStore store, Storage snapshots, Consumer<String> report)
            throws IOException {
        var member = MemberState.find(name, store, data.resolve("raft"));
        if (member.isPresent()) {
            return member.get();
        }
        var local = LocalState.find(store, name, snapshots, report);
        return local.map(StoppedServer::past)
                .orElseGet(() -> new Rehearsal.Past(new Revision(0, 0), Instant.EPOCH, "", NOTHING));
    }

    private static final Rehearsal.PastReader NOTHING = new Rehearsal.PastReader() {
        @Override
        public InputStream state() {
            return InputStream.nullInputStream();
        }

        @Override
        public void entries(Rehearsal.EntryReader each) {
            // There are none.
        }
    };

    private static Rehearsal.Past past(LocalState local) {
        return new Rehearsal.Past(local.revision(), local.stamp(), "", new Rehearsal.PastReader() {
            @Override
            public InputStream state() throws IOException {
                return local.state().orElseGet(InputStream::nullInputStream);
            }

            @Override
            public void entries(Rehearsal.EntryReader each) throws IOException {
                for (long index = local.revision().index() + 1; index <= local.lastIndex(); index++) {
                    each.take(local.entry(index));
                }
            }
        });
    }

    // ---- in

    /**
     * Makes an archive into the data of a server that is alone, which may begin a cluster with it. Everything in it is looked at, and
     * loaded into its engine, before the folder has its name.
     *
     * @throws IOException if the archive is damaged or foreign, or the folder is not empty; then nothing was changed
     */
    public void restore(Archive archive) throws IOException {
        demandEmpty();
        var names = archive.manifest().partitions().stream()
                .map(Manifest.PartitionPast::name)
                .toList();
        if (!Partitions.whole(names)) {
            throw new IOException("the archive holds the partitions " + names + "; expected " + Partitions.NAMES
                    + ", and those of more partitions of the transactions");
        }
        var name = data.toAbsolutePath().normalize();
        var parent = Optional.ofNullable(name.getParent()).orElse(name);
        Files.createDirectories(parent);
        var temporary = Files.createTempDirectory(parent, ".restoring-");
        try {
            rehearse(archive, temporary.resolve("rehearsal"));
            plant(archive, temporary.resolve("data"));
            Files.deleteIfExists(name);
            Files.move(temporary.resolve("data"), name, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            deleteAll(temporary);
        }
    }

    private void demandEmpty() throws IOException {
        if (!Files.exists(data)) {
            return;
        }
        if (!Files.isDirectory(data)) {
            throw new IOException(data + ": is no folder");
        }
        try (var files = Files.list(data)) {
            var first = files.findFirst();
            if (first.isPresent()) {
                throw new IOException(data + ": is not empty, it has "
                        + first.get().getFileName() + "; expected an empty folder, or none");
            }
        }
    }

    private static void rehearse(Archive archive, Path directory) throws IOException {
        try (var clock = new SystemClock();
                var history = DiskStorage.open(directory)) {
            for (var partition : archive.manifest().partitions()) {
                Partitions.rehearse(partition.name(), archive.past(partition), history, clock);
            }
        }
    }

    private static void plant(Archive archive, Path directory) throws IOException {
        try (var clock = new SystemClock();
                var segments = DiskStorage.open(directory.resolve(JOURNAL));
                var snapshots = DiskStorage.open(directory.resolve(SNAPSHOTS));
                var store = SegmentStore.open(segments, SegmentOptions.defaults(), clock)) {
            for (var partition : archive.manifest().partitions()) {
                plant(partition, archive.past(partition), store, snapshots);
            }
        }
        var history = Files.createDirectories(directory.resolve(HISTORY));
        for (var file : archive.history()) {
            try (var from = archive.history(file);
                    var to = Files.newOutputStream(history.resolve(file))) {
                from.transferTo(to);
            }
        }
    }

    private static void plant(
            Manifest.PartitionPast partition, Rehearsal.Past past, SegmentStore store, Storage snapshots)
            throws IOException {
        List<ByteBuffer> entries = new ArrayList<>();
        past.reader().entries(entries::add);
        LocalState.plant(
                store,
                partition.name(),
                snapshots,
                partition.index(),
                past.stamp(),
                out -> {
                    try (var state = past.reader().state()) {
                        state.transferTo(out);
                    }
                },
                entries);
    }

    private static void deleteAll(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
