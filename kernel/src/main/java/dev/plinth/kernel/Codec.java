package dev.plinth.kernel;

import java.nio.ByteBuffer;

/**
 * Maps a feature's records to bytes on disk and back: Protocol Buffers, package-private in the feature, with round-trip tests and
 * golden bytes of every release. Called from many threads at once.
 */
public interface Codec<T> {

    /** The bytes of {@code value}: the same for equal values, on every machine. */
    byte[] encode(T value);

    /**
     * Reads what {@link #encode} wrote, in this release or any before it.
     *
     * @param bytes from its position to its limit; not kept
     * @throws IllegalArgumentException if they are not such bytes; the message says what was expected
     */
    T decode(ByteBuffer bytes);
}
