package dev.plinth.acceptance.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;

/** Makes one process's writes, syncs and wall clock faulty while it runs; the other half is {@code faulty_calls.c}. */
final class FaultyCalls {
    private static final int BYTES = 40;
    private static final int WRITES = 0;
    private static final int SYNCS_FAIL = 4;
    private static final int WALL_OFFSET = 8;
    private static final int WRITES_HIT = 16;
    private static final int SYNCS_HIT = 24;
    private static final int CLOCKS_HIT = 32;

    /** What becomes of a write to the journal; the numbers are the library's. */
    enum Writes {
        WHOLE(0),
        /** The call takes a part of what it is given, and says so. */
        SHORT(1),
        FAIL(2),
        /** A part of the next write reaches the disk, and it and all after it fail. */
        TORN(3);

        private final int number;

        Writes(int number) {
            this.number = number;
        }
    }

    private final Path library;
    private final Path file;
    private final MappedByteBuffer shared;

    private FaultyCalls(Path library, Path file, MappedByteBuffer shared) {
        this.library = library;
        this.file = file;
        this.shared = shared;
    }

    /**
     * Compiles the library.
     *
     * @throws IOException if there is no C compiler; it says so
     */
    static Path compile(Path directory) throws IOException {
        var source = directory.resolve("faulty_calls.c");
        var library = directory.resolve("faulty_calls.so");
        try (var text = FaultyCalls.class.getResourceAsStream("/faults/faulty_calls.c")) {
            if (text == null) {
                throw new IOException("no faults/faulty_calls.c among the test's resources");
            }
            Files.write(source, text.readAllBytes());
        }
        Shell.run("cc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString(), "-ldl");
        return library;
    }

    /** @param file which the process and this one share; made new */
    static FaultyCalls of(Path library, Path file) {
        try {
            Files.write(file, new byte[BYTES]);
            try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                var shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES);
                shared.order(ByteOrder.nativeOrder());
                return new FaultyCalls(library, file, shared);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<String, String> environment() {
        return Map.of(
                "LD_PRELOAD",
                library.toAbsolutePath().toString(),
                "PLINTH_FAULTY_CALLS",
                file.toAbsolutePath().toString());
    }

    void writes(Writes become) {
        shared.putInt(WRITES, become.number);
    }

    void syncsFail() {
        shared.putInt(SYNCS_FAIL, 1);
    }

    void wallOffset(Duration offset) {
        shared.putLong(WALL_OFFSET, offset.toSeconds());
    }

    void none() {
        wallOffset(Duration.ZERO);
        shared.putInt(SYNCS_FAIL, 0);
        writes(Writes.WHOLE);
    }

    long writesHit() {
        return shared.getLong(WRITES_HIT);
    }

    long syncsHit() {
        return shared.getLong(SYNCS_HIT);
    }

    long clocksHit() {
        return shared.getLong(CLOCKS_HIT);
    }
}
