package dev.plinth.kernel;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** This machine's time. Its alarms share one daemon thread. */
public final class SystemClock implements Clock, AutoCloseable {
    private final ScheduledThreadPoolExecutor alarms = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("plinth-alarms").factory());

    public SystemClock() {
        alarms.setRemoveOnCancelPolicy(true);
    }

    @Override
    public Instant wall() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Alarm schedule(Duration delay, Runnable task) {
        var future = alarms.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    /** Drops the alarms that are still to come. */
    @Override
    public void close() {
        alarms.shutdownNow();
    }
}
