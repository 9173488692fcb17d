package dev.plinth.trust.secrets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumSet;

/** A root key in a file that only its owner may read. */
final class RootFile {
    private RootFile() {}

    /** @throws IOException if there is none, others than the owner may use it, or it is no such key; it says which */
    static byte[] read(Path file) throws IOException {
        byte[] key;
        try {
            var permissions = Files.getPosixFilePermissions(file);
            if (permissions.stream().anyMatch(one -> !one.name().startsWith("OWNER"))) {
                throw new IOException(file + ": expected a file that only its owner may use (rw-------), found "
                        + PosixFilePermissions.toString(permissions));
            }
            if (Files.size(file) != Envelope.KEY_BYTES) {
                throw new IOException(
                        file + ": expected a root key of " + Envelope.KEY_BYTES + " bytes, found " + Files.size(file));
            }
            key = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": there is no such file; expected the root key that was made", e);
        }
        return key;
    }

    /** The file is whole before it has its name, so a crash leaves no half of it. */
    static byte[] readOrMake(Path file, SecureRandom random) throws IOException {
        if (Files.exists(file)) {
            return read(file);
        }
        var whole = file.toAbsolutePath();
        var folder = whole.getParent();
        if (folder == null) {
            throw new IOException(file + ": expected a file in a folder");
        }
        Files.createDirectories(folder);
        var unnamed = folder.resolve(whole.getFileName() + ".new");
        Files.deleteIfExists(unnamed);
        var key = Envelope.newKey(random);
        try (var channel = FileChannel.open(
                unnamed,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(
                        EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE)))) {
            var buffer = ByteBuffer.wrap(key);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
        try {
            Files.move(unnamed, whole);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(file + ": another process made it at the same time", e);
        }
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
        return read(file);
    }
}
