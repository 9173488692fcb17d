package dev.plinth.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Has that ordered which the configuration wants from the start on: in a cluster it takes a leader, and the server does not wait for one. */
final class Settling {
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final AtomicBoolean closed;

    /** @param closed whether the server has closed, and nothing is asked any more */
    Settling(AtomicBoolean closed) {
        this.closed = closed;
    }

    /**
     * Asks until there is an answer.
     *
     * @param ask may fail any number of times, so what it asks for does no harm when it is asked again
     * @param answered told of the answer, on any thread
     */
    <T> void settle(Supplier<CompletableFuture<T>> ask, Consumer<T> answered) {
        var _ = ask.get().whenComplete((answer, failure) -> {
            if (failure == null) {
                answered.accept(answer);
            } else if (!closed.get()) {
                CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> settle(ask, answered));
            }
        });
    }
}
