package dev.plinth.server.console;

import java.time.Instant;

/**
 * What transactions did during the second that ended at {@code time}.
 *
 * @param committedPerSecond global transactions that ended committed
 * @param rolledBackPerSecond global transactions that ended rolled back, for whatever reason
 * @param p50Micros the median time from begin to end of those that ended; 0 if none did
 * @param p99Micros as {@code p50Micros}, the 99th percentile
 * @param live global transactions under way at {@code time}
 */
public record Sample(
        Instant time, double committedPerSecond, double rolledBackPerSecond, long p50Micros, long p99Micros, int live) {
    public Sample {
        if (!(committedPerSecond >= 0 && rolledBackPerSecond >= 0)) {
            throw new IllegalArgumentException("a rate is at least 0");
        }
        if (p50Micros < 0 || p99Micros < p50Micros) {
            throw new IllegalArgumentException("0 <= p50 <= p99, not " + p50Micros + " and " + p99Micros);
        }
        if (live < 0) {
            throw new IllegalArgumentException("a number of live transactions is at least 0, not " + live);
        }
    }
}
