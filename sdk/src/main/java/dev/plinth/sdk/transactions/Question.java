package dev.plinth.sdk.transactions;

import dev.plinth.sdk.Backoff;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.SeataMessage.Request;
import dev.plinth.wire.seata.SeataMessage.Response;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/** One request to the coordinator that is asked until it is answered, and remembers what may have arrived. For one thread. */
final class Question {

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));

    private final CoordinatorChannel channel;
    private final Request request;
    private final Duration attemptTimeout;
    private final long deadlineNanos;
    private long askedNanos;
    private boolean earlierMayHaveArrived;
    private boolean mayHaveArrived;

    /** @param patience for all attempts together, from now */
    Question(CoordinatorChannel channel, Request request, Duration attemptTimeout, Duration patience) {
        this.channel = channel;
        this.request = request;
        this.attemptTimeout = attemptTimeout;
        this.askedNanos = System.nanoTime();
        this.deadlineNanos = askedNanos + patience.toNanos();
    }

    /**
     * @param answered whether a response is an answer; after another one it asks again
     * @throws PlinthException why the last attempt failed, when patience is at its end
     */
    Response ask(Predicate<Response> answered) {
        for (int failures = 1; ; failures++) {
            PlinthException failure;
            earlierMayHaveArrived = mayHaveArrived;
            askedNanos = System.nanoTime();
            try {
                Duration left = Duration.ofNanos(Math.max(0, deadlineNanos - askedNanos));
                Response response =
                        channel.request(request, left.compareTo(attemptTimeout) < 0 ? left : attemptTimeout);
                mayHaveArrived = true;
                if (answered.test(response)) {
                    return response;
                }
                failure =
                        new PlinthException(Code.REFUSED, "the coordinator answered " + request + " with " + response);
            } catch (PlinthException e) {
                mayHaveArrived |= e.code() == Code.TIMEOUT;
                failure = e;
            }
            if (failure.code() == Code.CLOSED || !pause(BACKOFF.delay(failures, ThreadLocalRandom.current()))) {
                throw failure;
            }
        }
    }

    /** When the last attempt began, on {@link System#nanoTime}. */
    long askedNanos() {
        return askedNanos;
    }

    /** Whether the coordinator may have got any attempt. */
    boolean mayHaveArrived() {
        return mayHaveArrived;
    }

    /** Whether the coordinator may have got an attempt before the one that was answered. */
    boolean earlierMayHaveArrived() {
        return earlierMayHaveArrived;
    }

    /** False if there is no time for another attempt, or the thread was interrupted. */
    private boolean pause(Duration delay) {
        if (Thread.currentThread().isInterrupted() || deadlineNanos - System.nanoTime() <= delay.toNanos()) {
            return false;
        }
        try {
            Thread.sleep(delay);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
