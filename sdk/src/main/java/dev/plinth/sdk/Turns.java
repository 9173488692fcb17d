package dev.plinth.sdk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One thread that does one thing after the other: whoever touches state only in turns needs no locks. */
@SuppressWarnings("FutureReturnValueIgnored") // what fails is logged here
final class Turns implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Turns.class.getName());

    private final ScheduledExecutorService thread;

    Turns(String name) {
        thread = Executors.newSingleThreadScheduledExecutor(
                task -> Thread.ofPlatform().daemon().name(name).unstarted(task));
    }

    /** Takes a turn as soon as those before are done; not at all after the end. */
    void take(Runnable task) {
        later(Duration.ZERO, task);
    }

    void later(Duration delay, Runnable task) {
        try {
            thread.schedule(
                    () -> {
                        try {
                            task.run();
                        } catch (RuntimeException e) {
                            LOG.log(Level.ERROR, "a turn failed; going on with the next one", e);
                        }
                    },
                    delay.toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.log(Level.DEBUG, "a turn came after the end");
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
