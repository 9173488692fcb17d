package dev.plinth.kernel;

import java.io.IOException;
import java.io.OutputStream;

/** An engine's state at one revision, held by references to immutable records. */
@FunctionalInterface
public interface Snapshot {

    /**
     * Writes the state. Runs off the engine's thread, while the engine goes on. Equal states give equal bytes, for members
     * compare their hashes; what has no order of its own is written sorted.
     */
    void encode(OutputStream out) throws IOException;
}
