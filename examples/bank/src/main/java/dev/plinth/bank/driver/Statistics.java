package dev.plinth.bank.driver;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Counts and latencies of one interval, as one line. Thread-safe. */
final class Statistics {
    private static final int DIGITS = 3;
    private static final double MICROS_OF_MILLI = 1_000;

    private final Histogram transferMicros = new Histogram(DIGITS);
    private final Map<String, Long> refused = new TreeMap<>();
    private final Map<String, Long> failed = new TreeMap<>();
    private long others;
    private long gaveUp;

    synchronized void transferred(long nanos) {
        transferMicros.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(nanos)));
    }

    /** Another operation than a transfer was done. */
    synchronized void done() {
        others++;
    }

    /** The bank understood, and said no. */
    synchronized void refused(String why) {
        refused.merge(why, 1L, Long::sum);
    }

    /** An attempt failed; there may be another. */
    synchronized void failed(String why) {
        failed.merge(why, 1L, Long::sum);
    }

    /** The last attempt failed too. */
    synchronized void gaveUp() {
        gaveUp++;
    }

    synchronized long transfers() {
        return transferMicros.getTotalCount();
    }

    /** Moves everything that was counted here to a new one. */
    synchronized Statistics take() {
        Statistics taken = new Statistics();
        taken.add(this);
        transferMicros.reset();
        refused.clear();
        failed.clear();
        others = 0;
        gaveUp = 0;
        return taken;
    }

    /** Adds the other's; nobody else may be counting there any more. */
    synchronized void add(Statistics other) {
        transferMicros.add(other.transferMicros);
        others += other.others;
        gaveUp += other.gaveUp;
        other.refused.forEach((why, count) -> refused.merge(why, count, Long::sum));
        other.failed.forEach((why, count) -> failed.merge(why, count, Long::sum));
    }

    /** {@code transfers=311 p50_ms=3.1 p99_ms=12.4 others=420 gave_up=0 refused.INSUFFICIENT_FUNDS=3 failed.TIMEOUT=1}. */
    synchronized String line() {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "transfers=%d p50_ms=%.1f p99_ms=%.1f others=%d gave_up=%d",
                transferMicros.getTotalCount(),
                transferMicros.getValueAtPercentile(50) / MICROS_OF_MILLI,
                transferMicros.getValueAtPercentile(99) / MICROS_OF_MILLI,
                others,
                gaveUp));
        refused.forEach(
                (why, count) -> line.append(" refused.").append(why).append('=').append(count));
        failed.forEach(
                (why, count) -> line.append(" failed.").append(why).append('=').append(count));
        return line.toString();
    }
}
