package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Clock;
import java.time.Duration;
import java.time.Instant;

/** A clock that runs a hundred times as fast, so that a test need not wait out what people would. */
record HurriedClock(Clock clock) implements Clock {
    private static final int HURRY = 100;

    @Override
    public Instant wall() {
        return clock.wall();
    }

    @Override
    public long nanoTime() {
        return clock.nanoTime() * HURRY;
    }

    @Override
    public Alarm schedule(Duration delay, Runnable task) {
        return clock.schedule(delay.dividedBy(HURRY), task);
    }
}
