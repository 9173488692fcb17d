package dev.plinth.rpc;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes of frames that have not come whole yet, of all connections of a server. */
final class PartialFrames {
    /*
     * A frame counts among a server's requests only when it is whole. Before that it is kept for its connection, which may never
     * send the rest: ten thousand such connections would hold ten thousand times the largest frame.
     */
    static final PartialFrames UNBOUNDED = new PartialFrames(Long.MAX_VALUE);

    private final long bytesMax;
    private final AtomicLong bytes = new AtomicLong();

    PartialFrames(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** A connection keeps so many more bytes, or fewer; false if all connections together keep too many now. */
    boolean add(long more) {
        return bytes.addAndGet(more) <= bytesMax || more <= 0;
    }

    long bytesMax() {
        return bytesMax;
    }
}
