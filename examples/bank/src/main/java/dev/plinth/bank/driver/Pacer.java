package dev.plinth.bank.driver;

/** Hands out the moments at which operations are to begin, evenly, whoever asks. Thread-safe; the time is the caller's. */
final class Pacer {
    /*
     * Latency is measured from these moments and not from when a client got round to it: otherwise a stall would show as one
     * slow operation instead of all those that waited for it ("coordinated omission", Gil Tene). What the clients cannot do
     * within LAG_MAX is left out and counted, so that after a long stall the latency shows the present again.
     */
    static final long LAG_NANOS_MAX = 1_000_000_000L;

    private static final long SECOND_NANOS = 1_000_000_000L;

    private double perSecond;
    private long nextNanos;
    private boolean started;
    private long leftOut;

    /** @param perSecond 0 for as fast as possible */
    Pacer(double perSecond) {
        setRate(perSecond);
    }

    synchronized void setRate(double changed) {
        if (!(changed >= 0 && changed <= 1_000_000)) {
            throw new IllegalArgumentException("rate: " + changed + " is not within 0..1000000 per second");
        }
        perSecond = changed;
        started = false;
    }

    /** When the next operation is to begin: now, in the future, or a little in the past. */
    synchronized long take(long nowNanos) {
        if (perSecond == 0) {
            return nowNanos;
        }
        double interval = SECOND_NANOS / perSecond;
        if (!started) {
            started = true;
            nextNanos = nowNanos;
        }
        long lag = nowNanos - nextNanos - LAG_NANOS_MAX;
        if (lag > 0) {
            leftOut += (long) (lag / interval);
            nextNanos += lag;
        }
        long moment = nextNanos;
        nextNanos += (long) interval;
        return moment;
    }

    /** How many operations were left out since this was last asked. */
    synchronized long takeLeftOut() {
        long count = leftOut;
        leftOut = 0;
        return count;
    }
}
