package dev.plinth.sdk;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt at something that failed: twice as long each time, up to a limit, with jitter, so
 * that those who failed together do not come back together.
 *
 * @param first upper bound of the first delay
 * @param max upper bound of any delay
 */
public record Backoff(Duration first, Duration max) {
    /*
     * "Equal jitter": between a half and the whole of the bound. Full jitter (between nothing and the whole) spreads better,
     * but now and then tries again at once, and a server that is just starting gains nothing from that.
     */
    private static final int DOUBLINGS_MAX = 30;

    public Backoff {
        if (first.isNegative() || first.isZero() || max.compareTo(first) < 0) {
            throw new IllegalArgumentException("0 < first <= max is expected, not " + first + " and " + max);
        }
    }

    /**
     * The delay before the next attempt.
     *
     * @param failures so far, one after another; 1 or more
     */
    public Duration delay(int failures, RandomGenerator random) {
        int doublings = Math.min(Math.max(failures - 1, 0), DOUBLINGS_MAX);
        long bound = Math.min(max.toNanos(), saturatingShift(first.toNanos(), doublings));
        return Duration.ofNanos(bound / 2 + random.nextLong(bound / 2 + 1));
    }

    private static long saturatingShift(long value, int bits) {
        return value > (Long.MAX_VALUE >> bits) ? Long.MAX_VALUE : value << bits;
    }
}
