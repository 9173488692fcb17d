package dev.plinth.kernel;

import java.io.IOException;
import java.time.Duration;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The segment that comes after the one in use: made in the background, ahead of need. */
final class NextSegment {
    /*
     * One ahead is enough: it is asked for when the one before it is begun, and filling a file with zeros takes less time than
     * filling it with records. If it cannot be made, because the disk is full or the store has as many files as it may, whoever
     * needs room is refused; it is tried again when somebody asks, but not more often than once in RETRY.
     */
    static final Duration RETRY = Duration.ofSeconds(1);

    private sealed interface State {
        record None() implements State {}

        record Preparing() implements State {}

        record Ready(Segment segment) implements State {}

        record Failed(String reason, long atNanos) implements State {}
    }

    private final Storage storage;
    private final SegmentOptions options;
    private final Clock clock;
    private final Executor background;
    private final Consumer<String> report;
    private final NavigableMap<Long, Segment> inUse;
    private final Supplier<String> holder;
    private final Runnable settled;

    /** Written by one thread at a time: the background's while it prepares, else the store's. */
    private volatile State state = new State.None();

    /**
     * @param inUse segments that were begun and are still needed, by sequence
     * @param holder the name of the log that needs the oldest, for people
     * @param settled called in the background when a segment is ready, or could not be made
     */
    NextSegment(
            Storage storage,
            SegmentOptions options,
            Clock clock,
            Executor background,
            Consumer<String> report,
            NavigableMap<Long, Segment> inUse,
            Supplier<String> holder,
            Runnable settled) {
        this.storage = storage;
        this.options = options;
        this.clock = clock;
        this.background = background;
        this.report = report;
        this.inUse = inUse;
        this.holder = holder;
        this.settled = settled;
    }

    /** Found when the store was opened. */
    void found(Segment segment) {
        state = new State.Ready(segment);
    }

    /** The segment, if it is ready. */
    Optional<Segment> ready() {
        return state instanceof State.Ready(Segment segment) ? Optional.of(segment) : Optional.empty();
    }

    /** It is begun: it is the next one no more. */
    void taken() {
        state = new State.None();
    }

    /** Why there is none, unless it is being made. */
    Optional<Refused> failure() {
        return state instanceof State.Failed failed
                ? Optional.of(new Refused(Refused.Code.STORAGE, failed.reason(), Optional.of(RETRY)))
                : Optional.empty();
    }

    /** Sees to it that it is made, if nobody does yet. */
    void request() {
        switch (state) {
            case State.Ready _, State.Preparing _ -> {
                return;
            }
            case State.Failed failed -> {
                if (clock.nanoTime() - failed.atNanos() < RETRY.toNanos()) {
                    return;
                }
            }
            case State.None _ -> {
                // Nobody does.
            }
        }
        if (inUse.size() >= options.segmentsMax()) {
            fail(inUse.size() + " segments are in use, the limit; log " + holder.get() + " holds the oldest");
            return;
        }
        long sequence = inUse.lastKey() + 1;
        state = new State.Preparing();
        background.execute(() -> {
            try {
                state = new State.Ready(Segment.create(storage, sequence, options.segmentBytes()));
            } catch (IOException e) {
                fail("no room for the next segment: " + e.getMessage());
            }
            settled.run();
        });
    }

    private void fail(String reason) {
        report.accept(reason);
        state = new State.Failed(reason, clock.nanoTime());
    }
}
