package dev.plinth.trust.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** A small file with something that only its owner may know. */
public final class OwnerOnlyFile {
    private static final int BYTES_MAX = 4_096;
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private OwnerOnlyFile() {}

    /**
     * Reads it, or makes it if there is none.
     *
     * @throws IOException as of {@link #read}
     */
    static byte[] readOrMake(Path file, Supplier<byte[]> content) throws IOException {
        var there = read(file);
        if (there.isPresent()) {
            return there.get();
        }
        make(file, content.get());
        return read(file).orElseThrow(() -> new IOException(file + ": somebody has taken it away again"));
    }

    /**
     * Reads it; empty if there is none.
     *
     * @throws IOException if others than the owner may use it, or it is too large; it says which
     */
    public static Optional<byte[]> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        var permissions = Files.getPosixFilePermissions(file);
        if (permissions.stream().anyMatch(one -> !one.name().startsWith("OWNER"))) {
            throw new IOException(file + ": expected a file that only its owner may use (rw-------), found "
                    + PosixFilePermissions.toString(permissions));
        }
        if (Files.size(file) > BYTES_MAX) {
            throw new IOException(file + ": expected at most " + BYTES_MAX + " bytes, found " + Files.size(file));
        }
        return Optional.of(Files.readAllBytes(file));
    }

    /** Makes it from this content, which is wiped. The file is whole before it has its name, so a crash leaves no half of it. */
    public static void make(Path file, byte[] content) throws IOException {
        var whole = file.toAbsolutePath();
        var folder = whole.getParent();
        if (folder == null) {
            throw new IOException(file + ": expected a file in a folder");
        }
        Files.createDirectories(folder);
        if (Files.exists(whole)) {
            throw new IOException(file + ": is there already; expected a new file");
        }
        var unnamed = folder.resolve(whole.getFileName() + ".new");
        Files.deleteIfExists(unnamed);
        try (var channel = FileChannel.open(
                unnamed,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } finally {
            Arrays.fill(content, (byte) 0);
        }
        try {
            Files.move(unnamed, whole);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(file + ": another process made it at the same time", e);
        }
        force(folder);
    }

    /** The first file takes the place of the second; a crash leaves the one or the other. */
    public static void replace(Path from, Path to) throws IOException {
        var folder = to.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(to + ": expected a file in a folder");
        }
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(folder);
    }

    private static void force(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
