package dev.plinth.transactions;

import dev.plinth.kernel.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Registrations of branches that wait for a row, in the order in which they came. */
final class LockWaiters {
    /*
     * Soft: who waits is known to the server that he asked, and nobody else. When a row is let go, the one that waits longest for it
     * has his registration proposed again; who gets the row, the engine decides as ever, and somebody who comes at that moment may
     * be faster. So a queue that is lost with its server costs its clients a question, and nothing else.
     *
     * In the engine such a queue would be durable, and the same everywhere; but then to wait, to give up and to be served would each
     * be an entry, and a client that is gone would be served all the same. Without a queue, clients ask again and again: a row that
     * everybody wants lies idle between two questions, and goes to whoever asks at the right moment.
     */
    static final int WAITERS_MAX = 100_000;

    /** After so long a waiter looks again, whatever he was told. */
    static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    /** What is waited for. */
    record Row(String resourceId, LockKey key) {}

    private final Clock clock;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong tickets = new AtomicLong();
    private final ConcurrentHashMap<Row, TreeMap<Long, CompletableFuture<Void>>> waiting = new ConcurrentHashMap<>();

    LockWaiters(Clock clock) {
        this.clock = clock;
    }

    /** A place in the order, for all the waiting of one registration. */
    long ticket() {
        return tickets.incrementAndGet();
    }

    /**
     * Waits for a row. Who was let in looks at the row once more after this, for it may have been let go just before.
     *
     * @return completes when the row is let go and it is this ticket's turn, or after a while; empty if too many wait already
     */
    Optional<CompletableFuture<Void>> await(Row row, long ticket, Duration patience) {
        if (count.incrementAndGet() > WAITERS_MAX) {
            count.decrementAndGet();
            return Optional.empty();
        }
        var turn = new CompletableFuture<Void>();
        waiting.compute(row, (_, others) -> {
            var all = others == null ? new TreeMap<Long, CompletableFuture<Void>>() : others;
            all.put(ticket, turn);
            return all;
        });
        var alarm =
                clock.schedule(patience.compareTo(LOOK_AGAIN) < 0 ? patience : LOOK_AGAIN, () -> turn.complete(null));
        var _ = turn.whenComplete((_, _) -> {
            alarm.cancel();
            count.decrementAndGet();
            waiting.computeIfPresent(row, (_, others) -> {
                others.remove(ticket, turn);
                return others.isEmpty() ? null : others;
            });
        });
        return Optional.of(turn);
    }

    /** A row is free: it is the turn of whoever waits longest. On any thread, the engine's too, which does not do the waiter's work. */
    void released(Row row) {
        if (count.get() == 0) {
            return;
        }
        waiting.computeIfPresent(row, (_, others) -> {
            var first = others.pollFirstEntry();
            if (first != null) {
                var _ = clock.schedule(Duration.ZERO, () -> first.getValue().complete(null));
            }
            return others.isEmpty() ? null : others;
        });
    }
}
