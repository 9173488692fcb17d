package dev.plinth.trust.control.door.spiffe;

import dev.plinth.kernel.Clock;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One open stream of the Workload API: looks again whenever it is told to, and sends what is new. */
final class PushStream<R> implements AutoCloseable {
    /*
     * A client that does not read is sent nothing: when it reads again, it gets what holds then. So it costs one answer, however much
     * has changed meanwhile.
     */

    /**
     * What a look came to.
     *
     * @param send empty: nothing is new
     * @param standing what the next look compares itself with
     * @param due when to look again though nothing changed
     */
    record Answer<R>(Optional<R> send, Object standing, Optional<Duration> due) {
        static <R> Answer<R> same(Object standing) {
            return new Answer<>(Optional.empty(), standing, Optional.empty());
        }

        /** An answer that never grows old: it is sent when it differs from the one before. */
        static <R> Answer<R> of(R response, Optional<Object> before) {
            return new Answer<>(
                    before.filter(response::equals).isPresent() ? Optional.empty() : Optional.of(response),
                    response,
                    Optional.empty());
        }
    }

    private static final Logger log = LoggerFactory.getLogger(PushStream.class);

    private final ServerCallStreamObserver<R> out;
    private final Function<Optional<Object>, Answer<R>> answer;
    private final Clock clock;
    private final Executor workers;
    private final Consumer<PushStream<R>> ended;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private Optional<Object> standing = Optional.empty();
    private Optional<Clock.Alarm> alarm = Optional.empty();
    private boolean behind;
    private boolean over;

    PushStream(
            ServerCallStreamObserver<R> out,
            Function<Optional<Object>, Answer<R>> answer,
            Clock clock,
            Executor workers,
            Consumer<PushStream<R>> ended) {
        this.out = out;
        this.answer = answer;
        this.clock = clock;
        this.workers = workers;
        this.ended = ended;
        out.setOnCancelHandler(this::close);
        out.setOnReadyHandler(() -> {
            if (isBehind()) {
                look();
            }
        });
    }

    private boolean isBehind() {
        lock.lock();
        try {
            return behind;
        } finally {
            lock.unlock();
        }
    }

    /** Finds out what holds now, and sends it if it is new. */
    void look() {
        lock.lock();
        try {
            if (over) {
                return;
            }
            if (standing.isPresent() && !out.isReady()) {
                behind = true;
                return;
            }
            behind = false;
            send(answer.apply(standing));
        } catch (StatusRuntimeException e) {
            end();
            out.onError(e);
        } catch (RuntimeException e) {
            log.error("a stream of the Workload API is ended", e);
            end();
            out.onError(Status.INTERNAL
                    .withDescription("the server failed; its log says how")
                    .asRuntimeException());
        } finally {
            lock.unlock();
        }
    }

    private void send(Answer<R> found) {
        standing = Optional.of(found.standing());
        found.send().ifPresent(out::onNext);
        found.due().ifPresent(delay -> {
            alarm.ifPresent(Clock.Alarm::cancel);
            alarm = Optional.of(clock.schedule(delay, () -> workers.execute(this::renew)));
        });
    }

    private void renew() {
        lock.lock();
        try {
            standing = standing.map(_ -> "renewal is due");
        } finally {
            lock.unlock();
        }
        look();
    }

    private void end() {
        over = true;
        alarm.ifPresent(Clock.Alarm::cancel);
        ended.accept(this);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            end();
        } finally {
            lock.unlock();
        }
    }
}
