package dev.plinth.server.backup;

import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Rehearsal;
import dev.plinth.kernel.Tapped;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;

/** Takes backups of the partitions of a server that runs, alone or in a cluster. */
public final class RunningServer {
    /*
     * A partition's state is taken as its snapshots are: by reference, on its engine's thread, and behind a read, so that everything
     * that was acknowledged is in it. Writing it out holds nobody up. Partitions share next to nothing, so each may stand where it stands;
     * only the homes of resources, which the first partition of the transactions keeps, must not be older than the locks there, so it is
     * taken after the others. A row that a transaction holds in another partition may be free in the one and held in the other; the
     * restored partitions ask each other about what is held for nobody.
     * What the engine has forgotten is in the history, which is copied afterwards for that reason.
     */
    private final Map<String, Tapped<?>> partitions = new LinkedHashMap<>();
    private final Path history;
    private final String release;

    /** @param history the folder with the history of transactions */
    public RunningServer(Path history, String release) {
        this.history = history;
        this.release = release;
    }

    /** The journal of a partition, with a tap for backups in it. Called before anybody asks for one. */
    public <C> Journal<C> tapped(String name, Journal<C> journal) {
        var tapped = new Tapped<>(journal);
        partitions.put(name, tapped);
        return tapped;
    }

    /**
     * Writes an archive of everything as it is now.
     *
     * @throws Refused if a partition cannot be read now
     */
    Manifest write(OutputStream out, String server) throws IOException {
        var archive = new Archive.Writer(out, release, server);
        for (var partition : partitions.entrySet()) {
            archive.partition(partition.getKey(), past(partition.getValue()));
        }
        copyHistory(history, archive);
        return archive.finish();
    }

    private static Rehearsal.Past past(Tapped<?> journal) throws IOException {
        Tapped.State state;
        try {
            state = journal.state().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Refused refused ? refused : e;
        }
        var bytes = new ByteArrayOutputStream();
        if (state.revision().index() > 0) {
            state.snapshot().encode(bytes);
        }
        return new Rehearsal.Past(state.revision(), state.stamp(), "", new Rehearsal.PastReader() {
            @Override
            public InputStream state() {
                return new ByteArrayInputStream(bytes.toByteArray());
            }

            @Override
            public void entries(Rehearsal.EntryReader each) {
                // All of them are in the state.
            }
        });
    }

    /** What the history consists of, and whose partitions it is of. */
    private static boolean ofTransactions(Path file) {
        var name = file.getFileName().toString();
        return name.startsWith("ended-") || name.equals(PartitionNames.FILE);
    }

    /** Files are only added to at their ends, and whoever reads them stops at what is not whole. */
    static void copyHistory(Path history, Archive.Writer archive) throws IOException {
        if (!Files.isDirectory(history)) {
            return;
        }
        try (var files = Files.list(history)) {
            for (var file : files.filter(RunningServer::ofTransactions).sorted().toList()) {
                byte[] bytes;
                try {
                    bytes = Files.readAllBytes(file);
                } catch (NoSuchFileException e) {
                    // The oldest one goes when there are too many.
                    continue;
                }
                archive.history(file.getFileName().toString(), out -> out.write(bytes));
            }
        }
    }
}
