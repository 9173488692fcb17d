package dev.plinth.rpc;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How many calls a server has taken on, and how many of them run. */
final class Admission {
    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    private final ServerOptions options;
    private final Semaphore turns;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    Admission(ServerOptions options) {
        this.options = options;
        this.turns = new Semaphore(options.runningMax());
    }

    /** Takes a request on, or throws {@code OVERLOADED}; one that was taken on has to {@link #leave}. */
    void enter(int requestBytes) {
        if (requests.incrementAndGet() > options.requestsMax()) {
            requests.decrementAndGet();
            throw RpcException.overloaded(
                    "the server runs or keeps requestsMax = " + options.requestsMax() + " requests", RETRY_AFTER);
        }
        // One request alone always fits.
        if (bytes.addAndGet(requestBytes) > options.requestBytesMax() && requests.get() > 1) {
            leave(requestBytes);
            throw RpcException.overloaded(
                    "the server keeps requestBytesMax = " + options.requestBytesMax() + " bytes of requests",
                    RETRY_AFTER);
        }
    }

    void leave(int requestBytes) {
        bytes.addAndGet(-requestBytes);
        requests.decrementAndGet();
    }

    boolean isEmpty() {
        return requests.get() == 0;
    }

    /** Waits until this call may run; false if its deadline passed first. After true it has to {@link #endTurn}. */
    boolean awaitTurn(Deadline deadline) throws InterruptedException {
        if (deadline.hasPassed()) {
            return false;
        }
        if (!turns.tryAcquire(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        if (deadline.hasPassed()) {
            turns.release();
            return false;
        }
        return true;
    }

    void endTurn() {
        turns.release();
    }
}
