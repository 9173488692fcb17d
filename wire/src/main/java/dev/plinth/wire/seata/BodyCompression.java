package dev.plinth.wire.seata;

import java.io.IOException;

/** One way to make a frame's body smaller. Stateless; may be used on any thread. */
public interface BodyCompression {

    /** Its code in a frame's header, 1 to 127. */
    int code();

    /** Makes a body small. */
    byte[] compress(byte[] body) throws IOException;

    /**
     * Makes it whole again.
     *
     * @param bytesMax stops before it makes more than this: a few bytes can stand for gigabytes
     * @throws IOException if the bytes are not of this format, or stand for more than {@code bytesMax}
     */
    byte[] decompress(byte[] compressed, int bytesMax) throws IOException;
}
