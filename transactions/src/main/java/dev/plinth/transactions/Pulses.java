package dev.plinth.transactions;

import dev.plinth.kernel.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/** Counts what the coordinator does, and closes the count once a second. */
final class Pulses implements AutoCloseable {
    /** Seconds that are kept. */
    static final int KEPT = 300;

    /** Longer ones count as so long. */
    private static final long LATENCY_MICROS_MAX = Duration.ofHours(1).toMillis() * 1_000;

    private final Clock clock;
    private final LongAdder begun = new LongAdder();
    private final LongAdder committed = new LongAdder();
    private final LongAdder rolledBack = new LongAdder();
    private final Recorder latencies = new Recorder(LATENCY_MICROS_MAX, 2);

    // Guarded by this.
    private final ArrayDeque<TransactionPulse> kept = new ArrayDeque<>();
    private @Nullable Histogram recycled;
    private Clock.@Nullable Alarm alarm;
    private boolean closed;

    Pulses(Clock clock) {
        this.clock = clock;
    }

    synchronized void start() {
        if (!closed) {
            var now = clock.wall();
            // A wall's clock that is slowed down has not reached the second's end when the alarm comes. Another alarm
            // for the rest
            // of it would find a rest again, and close the same second many times.
            var next = now.plusMillis(500).truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
            alarm = clock.schedule(Duration.between(now, next), this::second);
        }
    }

    private synchronized void second() {
        if (closed) {
            return;
        }
        var histogram = latencies.getIntervalHistogram(recycled);
        recycled = histogram;
        boolean any = histogram.getTotalCount() > 0;
        // The alarm comes at a second's end, or a little before or after it.
        Instant second = clock.wall().minusMillis(500).truncatedTo(ChronoUnit.SECONDS);
        kept.addLast(new TransactionPulse(
                second,
                begun.sumThenReset(),
                committed.sumThenReset(),
                rolledBack.sumThenReset(),
                any ? histogram.getValueAtPercentile(50) : 0,
                any ? histogram.getValueAtPercentile(99) : 0,
                any ? histogram.getMaxValue() : 0));
        if (kept.size() > KEPT) {
            kept.removeFirst();
        }
        start();
    }

    void begun() {
        begun.increment();
    }

    void committed(Duration sinceBegin) {
        committed.increment();
        record(sinceBegin);
    }

    void rolledBack(Duration sinceBegin) {
        rolledBack.increment();
        record(sinceBegin);
    }

    /** Nobody waited for that decision, so it has no latency. */
    void timedOut() {
        rolledBack.increment();
    }

    private void record(Duration sinceBegin) {
        latencies.recordValue(Math.clamp(sinceBegin.toNanos() / 1_000, 0, LATENCY_MICROS_MAX));
    }

    /** The seconds that are over, the newest last. */
    synchronized List<TransactionPulse> last() {
        return List.copyOf(kept);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (alarm != null) {
            alarm.cancel();
        }
    }
}
