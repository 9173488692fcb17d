package dev.plinth.kernel;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;

/** Time that passes when the test says so. Alarms run in {@link #advance}, on the caller's thread. Not for many threads. */
public final class SimulatedClock implements Clock {
    private record Moment(long nanos, long number) implements Comparable<Moment> {
        @Override
        public int compareTo(Moment other) {
            int byNanos = Long.compare(nanos, other.nanos);
            return byNanos != 0 ? byNanos : Long.compare(number, other.number);
        }
    }

    private final TreeMap<Moment, Runnable> alarms = new TreeMap<>();
    private Instant wall = Instant.parse("2026-01-01T00:00:00Z");
    private long nanos = 1;
    private long scheduled;
    private double wallRate = 1;

    @Override
    public Instant wall() {
        return wall;
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Alarm schedule(Duration delay, Runnable task) {
        scheduled++;
        var moment = new Moment(nanos + Math.max(0, delay.toNanos()), scheduled);
        alarms.put(moment, task);
        return () -> alarms.remove(moment);
    }

    /** The wall's clock is set, forwards or back. */
    public void jumpWall(Duration by) {
        wall = wall.plus(by);
    }

    /** The wall's clock runs fast or slow from now on: 1.001 gains a second in a thousand. */
    public void wallRate(double rate) {
        wallRate = rate;
    }

    /** How long until the next alarm; empty if none is set. */
    public Optional<Duration> untilNextAlarm() {
        return alarms.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(Math.max(0, alarms.firstKey().nanos() - nanos)));
    }

    /** Lets time pass, and runs what is due, each at its moment. */
    public void advance(Duration duration) {
        long end = nanos + duration.toNanos();
        while (!alarms.isEmpty() && alarms.firstKey().nanos() <= end) {
            var next = alarms.pollFirstEntry();
            pass(Math.max(0, next.getKey().nanos() - nanos));
            next.getValue().run();
        }
        pass(end - nanos);
    }

    private void pass(long elapsed) {
        nanos += elapsed;
        wall = wall.plusNanos((long) (elapsed * wallRate));
    }

    /** The process that set them is gone. */
    public void dropAlarms() {
        alarms.clear();
    }
}
