package dev.plinth.transactions;

import dev.plinth.kernel.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Those who wait for a transaction's end, for a while. */
final class EndWaiters {
    /*
     * A waiter is told when the transaction ends, when an attempt at its phase two fails (then it may take long, and Seata answers
     * at once too), or when its patience is over; what to answer then, the caller looks up. Who comes when too many wait does not
     * wait at all.
     */
    static final int WAITERS_MAX = 100_000;

    private final Clock clock;
    private final AtomicInteger count = new AtomicInteger();
    private final ConcurrentHashMap<TransactionId, List<CompletableFuture<Void>>> waiting = new ConcurrentHashMap<>();

    EndWaiters(Clock clock) {
        this.clock = clock;
    }

    /** Starts to wait; called before the command whose consequences are waited for. */
    @SuppressWarnings("ReferenceEquality") // A waiter is one future, and no other.
    CompletableFuture<Void> add(TransactionId transaction) {
        var waiter = new CompletableFuture<Void>();
        if (count.incrementAndGet() > WAITERS_MAX) {
            count.decrementAndGet();
            waiter.complete(null);
            return waiter;
        }
        waiting.compute(
                transaction,
                (_, others) -> others == null
                        ? List.of(waiter)
                        : Stream.concat(others.stream(), Stream.of(waiter)).toList());
        var _ = waiter.whenComplete((_, _) -> {
            count.decrementAndGet();
            waiting.computeIfPresent(transaction, (_, others) -> {
                var left = others.stream().filter(other -> other != waiter).toList();
                return left.isEmpty() ? null : left;
            });
        });
        return waiter;
    }

    /** Ends the waiting after a while. */
    void limit(CompletableFuture<Void> waiter, Duration patience) {
        var alarm = clock.schedule(patience, () -> waiter.complete(null));
        var _ = waiter.whenComplete((_, _) -> alarm.cancel());
    }

    /** Tells those who wait for this transaction, if any, to look again. */
    void wake(TransactionId transaction) {
        waiting.getOrDefault(transaction, List.of()).forEach(waiter -> waiter.complete(null));
    }
}
