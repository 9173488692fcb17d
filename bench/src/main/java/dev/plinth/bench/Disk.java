package dev.plinth.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Set;

/** The place where a benchmark writes. */
final class Disk {
    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs", "devtmpfs");
    private static final int PIECE_BYTES = 4096;
    private static final int FILE_BYTES = 64 << 20;

    private Disk() {}

    /**
     * Makes the directory and says what it is on.
     *
     * @throws IOException if that is memory: a sync costs nothing there, and measures nothing
     */
    static String fileSystem(Path directory) throws IOException {
        Files.createDirectories(directory);
        var store = Files.getFileStore(directory);
        if (IN_MEMORY.contains(store.type())) {
            throw new IOException(directory + " is on " + store.type()
                    + ", which is memory: a sync costs nothing there. Choose a directory on a disk with --dir");
        }
        return store.type() + " (" + store.name() + ")";
    }

    /** What a careful program without group commit gets: writes of 4 KiB into a file that is there, each synced. Per second. */
    static double syncedWrites(Path directory, Duration time) throws IOException {
        var path = directory.resolve("baseline");
        try (var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (file.size() < FILE_BYTES) {
                var zeros = ByteBuffer.allocateDirect(1 << 20);
                for (long offset = 0; offset < FILE_BYTES; offset += zeros.limit()) {
                    file.write(zeros.clear(), offset);
                }
                file.force(true);
            }
            var piece = ByteBuffer.allocateDirect(PIECE_BYTES);
            for (int at = 0; at < PIECE_BYTES; at++) {
                piece.put(at, (byte) (at * 31));
            }
            long writes = 0;
            long start = System.nanoTime();
            long elapsed;
            do {
                file.write(piece.clear(), writes * PIECE_BYTES % FILE_BYTES);
                file.force(false);
                writes++;
                elapsed = System.nanoTime() - start;
            } while (elapsed < time.toNanos());
            return writes * 1e9 / elapsed;
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
