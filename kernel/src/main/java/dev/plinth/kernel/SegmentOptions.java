package dev.plinth.kernel;

/**
 * How a {@link SegmentStore} uses its disk.
 *
 * @param segmentBytes of a new segment file: a multiple of 4096, from 64 KiB to 1 GiB. Segments that exist keep their size.
 * @param segmentsMax files at once; beyond, appends are refused with {@link Refused.Code#STORAGE} until a log lets go of its past
 */
public record SegmentOptions(int segmentBytes, int segmentsMax) {
    static final int SEGMENT_BYTES_MIN = 64 << 10;
    static final int SEGMENT_BYTES_MAX = 1 << 30;

    public SegmentOptions {
        if (segmentBytes < SEGMENT_BYTES_MIN || segmentBytes > SEGMENT_BYTES_MAX || segmentBytes % 4096 != 0) {
            throw new IllegalArgumentException("segmentBytes is " + segmentBytes + "; expected a multiple of 4096 from "
                    + SEGMENT_BYTES_MIN + " to " + SEGMENT_BYTES_MAX);
        }
        if (segmentsMax < 3) {
            throw new IllegalArgumentException("segmentsMax is " + segmentsMax + "; expected 3 or more");
        }
    }

    /** 64 MiB a segment, 16 GiB in all. */
    public static SegmentOptions defaults() {
        return new SegmentOptions(64 << 20, 256);
    }

    public SegmentOptions withSegmentBytes(int bytes) {
        return new SegmentOptions(bytes, segmentsMax);
    }

    public SegmentOptions withSegmentsMax(int max) {
        return new SegmentOptions(segmentBytes, max);
    }
}
