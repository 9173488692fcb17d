package dev.plinth.bank.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The writes that the bank has acknowledged, one a line: {@code transfer <id> <cents>} or {@code external <id>}. A line is
 * with the operating system before its operation is counted.
 */
final class Acknowledgements implements AutoCloseable {
    private final Optional<FileChannel> file;

    private Acknowledgements(Optional<FileChannel> file) {
        this.file = file;
    }

    static Acknowledgements none() {
        return new Acknowledgements(Optional.empty());
    }

    /** Appends to the file. */
    static Acknowledgements to(Path path) throws IOException {
        return new Acknowledgements(
                Optional.of(FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)));
    }

    void transfer(String id, long cents) {
        append("transfer " + id + " " + cents + "\n");
    }

    void external(String id) {
        append("external " + id + "\n");
    }

    private synchronized void append(String line) {
        if (file.isEmpty()) {
            return;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                file.get().write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the file of acknowledged writes", e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (file.isPresent()) {
            file.get().close();
        }
    }
}
