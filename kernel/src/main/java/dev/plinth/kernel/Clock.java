package dev.plinth.kernel;

import java.time.Duration;
import java.time.Instant;

/** The machine's time, behind an interface so that a simulation can skew it, let it jump, and make it pass at will. */
public interface Clock {

    /** The wall's time, as far as the machine knows it; may jump either way. */
    Instant wall();

    /** Nanoseconds since an arbitrary moment; never goes back. */
    long nanoTime();

    /** Runs {@code task} once, {@code delay} from now by {@link #nanoTime()}, on a thread of the clock's: it must not wait. */
    Alarm schedule(Duration delay, Runnable task);

    /** A task that is still to come. */
    interface Alarm {
        /** Makes sure that it does not run, if it has not begun. */
        void cancel();
    }
}
