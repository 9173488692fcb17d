package dev.plinth.kernel;

import java.time.Instant;

/** The time that a leader stamps its entries with: it never goes back, never jumps, and finds its way to the wall's. */
final class LeaderTime {
    /*
     * The stamp advances with nanoTime, from the wall's time at the election or the last stamp before it, whichever is later. A
     * wall clock that is found elsewhere is followed by at most 1 % of the time that passes: an hour's jump of the wall is made
     * good in four days, and no lease or time-out in the log ever sees it jump.
     */
    private static final long SLEW_DIVISOR = 100;

    private final Clock clock;
    private Instant time;
    private long lastNanos;

    /** @param last the last stamp in the log, which no new one may undercut */
    LeaderTime(Clock clock, Instant last) {
        this.clock = clock;
        this.lastNanos = clock.nanoTime();
        var wall = clock.wall();
        this.time = wall.isAfter(last) ? wall : last;
    }

    /** The stamp of the next entry. */
    synchronized Instant stamp() {
        long nanos = clock.nanoTime();
        long elapsed = Math.max(0, nanos - lastNanos);
        lastNanos = Math.max(nanos, lastNanos);
        var unslewed = time.plusNanos(elapsed);
        long slewMax = elapsed / SLEW_DIVISOR;
        var wall = clock.wall();
        if (wall.isAfter(unslewed.plusNanos(slewMax))) {
            time = unslewed.plusNanos(slewMax);
        } else if (wall.isBefore(unslewed.minusNanos(slewMax))) {
            time = unslewed.minusNanos(slewMax);
        } else if (wall.isAfter(time)) {
            time = wall;
        }
        return time;
    }

    Instant now() {
        return stamp();
    }
}
