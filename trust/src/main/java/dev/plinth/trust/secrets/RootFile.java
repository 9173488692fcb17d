package dev.plinth.trust.secrets;

import dev.plinth.trust.control.OwnerOnlyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A root key in a file that only its owner may read, and beside it the next one while they change. */
record RootFile(Path file, SecureRandom random) implements RootPlace {
    /** Where the next root key is. */
    static Path next(Path file) {
        return file.resolveSibling(file.getFileName() + ".next");
    }

    @Override
    public List<Found> find(Root root) throws IOException {
        List<Found> found = new ArrayList<>();
        if (hasNext()) {
            found.add(new Found(read(next(file)), true));
        }
        if (found.isEmpty() || Files.exists(file)) {
            found.add(new Found(read(file), false));
        }
        return found;
    }

    @Override
    public Optional<RootKey> findNext(Root next) throws IOException {
        return hasNext() ? Optional.of(read(next(file))) : Optional.empty();
    }

    @Override
    public boolean hasNext() {
        return Files.exists(next(file));
    }

    @Override
    public void promote() throws IOException {
        OwnerOnlyFile.replace(next(file), file);
    }

    @Override
    public RootKey make(long number, boolean alone) throws IOException {
        if (number == Root.FIRST) {
            return readOrMake(file, random);
        }
        if (!alone && !hasNext()) {
            throw new IOException(next(file) + ": there is no such file; expected the same next root key on all servers"
                    + " of the cluster: plinth trust root-key makes one");
        }
        return readOrMake(next(file), random);
    }

    private static RootKey read(Path file) throws IOException {
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
    static RootKey readOrMake(Path file, SecureRandom random) throws IOException {
        if (Files.notExists(file)) {
            OwnerOnlyFile.make(file, Envelope.newKey(random));
        }
        return read(file);
    }
}
