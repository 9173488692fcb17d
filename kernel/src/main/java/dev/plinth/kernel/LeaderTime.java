package dev.plinth.kernel;

import java.time.Duration;
import java.time.Instant;

/** The time that a leader stamps its entries with: it never goes back, never jumps, and finds its way to the wall's. */
public final class LeaderTime {
    /*
     * The stamp advances with nanoTime, from the wall's time at the election or the last stamp before it, whichever is later. A
     * wall clock that is found elsewhere is followed by at most 1 % of the time that passes: an hour's jump of the wall is made
     * good in four days, and no lease or time-out in the log ever sees it jump.
     *
     * The drift is measured once a millisecond and made good until the next measurement. Measured at every stamp, the hundredth
     * part of the nanoseconds between two stamps would be rounded to nothing just when the load is highest.
     */
    private static final long SLEW_DIVISOR = 100;

    private static final long MEASURE_EVERY_NANOS = 1_000_000;

    private final Clock clock;
    private Instant anchor;
    private long anchorNanos;
    private long driftNanos;

    /** @param last the last stamp in the log, which no new one may undercut */
    public LeaderTime(Clock clock, Instant last) {
        this.clock = clock;
        var wall = clock.wall();
        anchor = wall.isAfter(last) ? wall : last;
        anchorNanos = clock.nanoTime();
        driftNanos = drift(wall);
    }

    /** The stamp of an entry that is ordered now. */
    public synchronized Instant now() {
        long nanos = clock.nanoTime();
        long elapsed = Math.max(0, nanos - anchorNanos);
        long slewMax = elapsed / SLEW_DIVISOR;
        var now = anchor.plusNanos(elapsed + Math.clamp(driftNanos, -slewMax, slewMax));
        if (elapsed >= MEASURE_EVERY_NANOS) {
            anchor = now;
            anchorNanos = nanos;
            driftNanos = drift(clock.wall());
        }
        return now;
    }

    /** How far the wall is ahead; capped at a year either way, which is slewed like an hour. */
    private long drift(Instant wall) {
        long yearMillis = Duration.ofDays(365).toMillis();
        long millis = Math.clamp(wall.toEpochMilli() - anchor.toEpochMilli(), -yearMillis, yearMillis);
        return Math.abs(millis) > 1_000
                ? millis * 1_000_000
                : Duration.between(anchor, wall).toNanos();
    }
}
