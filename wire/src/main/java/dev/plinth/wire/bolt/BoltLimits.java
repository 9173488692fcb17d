package dev.plinth.wire.bolt;

/**
 * How much one frame may hold. Checked when the frame's fixed part has come, before anything is kept for the rest.
 *
 * @param contentBytesMax bytes of content
 */
public record BoltLimits(int contentBytesMax) {
    /** Bytes of a class name: as far as the protocol's signed 16-bit length reaches in the original. */
    public static final int CLASS_NAME_BYTES_MAX = Short.MAX_VALUE;

    /** Bytes of a header: as far as the protocol's signed 16-bit length reaches in the original. */
    public static final int HEADER_BYTES_MAX = Short.MAX_VALUE;

    public static final BoltLimits DEFAULT = new BoltLimits(16 << 20);

    public BoltLimits {
        if (contentBytesMax < 1) {
            throw new IllegalArgumentException("contentBytesMax: " + contentBytesMax + " is less than 1");
        }
    }
}
