package dev.plinth.trust.secrets;

import dev.plinth.trust.control.OwnerOnlyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;

/** A root key in a file that only its owner may read, and beside it the next one while they change. */
final class RootFile {
    private final Path file;

    RootFile(Path file) {
        this.file = file;
    }

    /** Where the next root key is. */
    static Path next(Path file) {
        return file.resolveSibling(file.getFileName() + ".next");
    }

    Path file() {
        return file;
    }

    Path next() {
        return next(file);
    }

    /** @throws IOException if there is none, others than the owner may use it, or it is no such key; it says which */
    static RootKey.InMemory read(Path file) throws IOException {
        var bytes = OwnerOnlyFile.read(file)
                .orElseThrow(
                        () -> new IOException(file + ": there is no such file; expected the root key that was made"));
        if (bytes.length != Envelope.KEY_BYTES) {
            Arrays.fill(bytes, (byte) 0);
            throw new IOException(
                    file + ": expected a root key of " + Envelope.KEY_BYTES + " bytes, found " + bytes.length);
        }
        return new RootKey.InMemory(bytes);
    }

    /** The file is whole before it has its name, so a crash leaves no half of it. */
    static RootKey.InMemory readOrMake(Path file, SecureRandom random) throws IOException {
        if (Files.notExists(file)) {
            OwnerOnlyFile.make(file, Envelope.newKey(random));
        }
        return read(file);
    }

    /** The next root key takes the place of the one that was. */
    void promote() throws IOException {
        OwnerOnlyFile.replace(next(), file);
    }
}
