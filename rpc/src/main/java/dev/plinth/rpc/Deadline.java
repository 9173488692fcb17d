package dev.plinth.rpc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A moment by which something must be over, by this process's monotonic clock; or none. */
final class Deadline {
    static final Deadline NONE = new Deadline(false, 0);

    private final boolean set;
    private final long nanoTime;

    private Deadline(boolean set, long nanoTime) {
        this.set = set;
        this.nanoTime = nanoTime;
    }

    static Deadline in(Duration time) {
        return inMillis(time.toMillis());
    }

    static Deadline inMillis(long millis) {
        return new Deadline(true, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** The one that comes first. */
    Deadline or(Deadline other) {
        if (!set) {
            return other;
        }
        return other.set && other.nanoTime - nanoTime < 0 ? other : this;
    }

    boolean isSet() {
        return set;
    }

    boolean hasPassed() {
        return set && System.nanoTime() - nanoTime >= 0;
    }

    /** Nanoseconds that are left, never negative; {@link Long#MAX_VALUE} without a deadline. */
    long remainingNanos() {
        return set ? Math.max(0, nanoTime - System.nanoTime()) : Long.MAX_VALUE;
    }

    Optional<Duration> remaining() {
        return set ? Optional.of(Duration.ofNanos(remainingNanos())) : Optional.empty();
    }

    /** Milliseconds that are left, for a wire that knows no finer: at least 1 unless it has passed. */
    int remainingMillis() {
        long millis = TimeUnit.NANOSECONDS.toMillis(remainingNanos() + 999_999);
        return (int) Math.min(Integer.MAX_VALUE, millis);
    }
}
