package dev.plinth.bank.driver;

import dev.plinth.bank.Accounts;
import dev.plinth.bank.Answer;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.Payments;
import dev.plinth.sdk.PlinthException;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Clients that draw operations from a workload and do them, each one operation after another. */
final class Driver {
    /*
     * An operation that got no answer, or a failure, is tried again with the same id until it is answered or the time for it is
     * over: what real clients of a payment system do, and the reason why ids are the clients'. Only an answer DONE is an
     * acknowledgement. An operation that was given up may have been done nevertheless; nobody may count on it.
     *
     * A client leaves its failed operation to a thread of its own and goes on with the next: otherwise all clients would soon
     * wait for the one process that is away, and nothing would be asked of the others. Beyond ASIDE_MAX it waits after all.
     */
    static final int CLIENTS_MAX = 1_024;

    private static final Logger LOG = LoggerFactory.getLogger(Driver.class);

    /** Failed operations that are tried again beside what the clients do. */
    private static final int ASIDE_MAX = 256;

    private static final Duration BACKOFF_MIN = Duration.ofMillis(50);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(1);

    private final Payments payments;
    private final Accounts accounts;
    private final Workload workload;
    private final Pacer pacer;
    private final Acknowledgements acknowledgements;
    private final String run;
    private final long seed;
    private final Duration retryFor;
    private final AtomicLong sequence = new AtomicLong();
    private final Statistics statistics = new Statistics();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final Phaser running = new Phaser(1);
    private final Semaphore aside = new Semaphore(ASIDE_MAX);
    private volatile int clients; // read by every client before each operation
    private volatile boolean stopping; // set once, read by every client
    private int started;

    /**
     * @param run a prefix of the operations' ids, unlike that of any other run against the same bank
     * @param retryFor how long a client goes on trying an operation
     */
    Driver(
            Payments payments,
            Accounts accounts,
            Workload workload,
            Pacer pacer,
            Acknowledgements acknowledgements,
            String run,
            long seed,
            Duration retryFor) {
        this.payments = payments;
        this.accounts = accounts;
        this.workload = workload;
        this.pacer = pacer;
        this.acknowledgements = acknowledgements;
        this.run = run;
        this.seed = seed;
        this.retryFor = retryFor;
    }

    /** How many clients there are from now on; those that are too many stop after their operation. */
    synchronized void setClients(int count) {
        if (count < 0 || count > CLIENTS_MAX) {
            throw new IllegalArgumentException("clients: " + count + " is not within 0.." + CLIENTS_MAX);
        }
        clients = count;
        for (; started < count; started++) {
            int index = started;
            start("client-" + index, () -> client(index));
        }
    }

    private void start(String name, Runnable work) {
        running.register();
        Thread.ofVirtual().name(name).start(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
                stopping = true;
            } finally {
                running.arriveAndDeregister();
            }
        });
    }

    void setRate(double perSecond) {
        pacer.setRate(perSecond);
    }

    /** What happened since this was last asked. */
    Statistics takeStatistics() {
        return statistics.take();
    }

    /** What stopped the driver, if it was not {@link #stop}: it can no longer say truthfully what was acknowledged. */
    Optional<RuntimeException> failure() {
        return Optional.ofNullable(failure.get());
    }

    long takeLeftOut() {
        return pacer.takeLeftOut();
    }

    /** Lets each client end its attempt, and waits for them. */
    void stop(Duration patience) throws InterruptedException {
        stopping = true;
        int phase = running.arriveAndDeregister();
        try {
            running.awaitAdvanceInterruptibly(phase, patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            System.err.println("after " + patience.toSeconds() + " s " + running.getUnarrivedParties()
                    + " clients still wait for an answer; they are left");
        }
    }

    private void client(int index) {
        SplittableRandom random = new SplittableRandom(seed + index);
        while (!stopping) {
            if (index >= clients) {
                LockSupport.parkNanos(BACKOFF_MAX.toNanos());
                continue;
            }
            long moment = pacer.take(System.nanoTime());
            while (moment > System.nanoTime() && !stopping) {
                LockSupport.parkNanos(Math.min(moment - System.nanoTime(), BACKOFF_MAX.toNanos()));
            }
            if (!stopping) {
                carryOut(workload.next(random), moment);
            }
        }
    }

    private void carryOut(Operation operation, long moment) {
        String id = run + "-" + Long.toString(sequence.incrementAndGet(), Character.MAX_RADIX);
        long giveUp = System.nanoTime() + retryFor.toNanos();
        Optional<Duration> pause = tryOnce(operation, id, moment, BACKOFF_MIN);
        if (pause.isEmpty()) {
            return;
        }
        Duration first = pause.get();
        if (aside.tryAcquire()) {
            start("again-" + id, () -> {
                try {
                    tryAgain(operation, id, moment, giveUp, first);
                } finally {
                    aside.release();
                }
            });
        } else {
            tryAgain(operation, id, moment, giveUp, first);
        }
    }

    private void tryAgain(Operation operation, String id, long moment, long giveUp, Duration first) {
        Duration backoff = BACKOFF_MIN;
        Optional<Duration> pause = Optional.of(first);
        while (pause.isPresent()) {
            if (stopping || System.nanoTime() + pause.get().toNanos() > giveUp) {
                statistics.gaveUp();
                return;
            }
            // Half of it is random: operations that failed together do not come back together.
            long half = pause.get().toNanos() / 2;
            LockSupport.parkNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
            backoff = backoff.multipliedBy(2).compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : backoff.multipliedBy(2);
            pause = tryOnce(operation, id, moment, backoff);
        }
    }

    /** Empty if the operation is answered; otherwise how long to wait before it is tried again. */
    private Optional<Duration> tryOnce(Operation operation, String id, long moment, Duration backoff) {
        return switch (attempt(operation, id)) {
            case Answered(Answer answer)
            when answer.outcome() == Outcome.DONE -> {
                acknowledge(operation, id, answer.cents(), System.nanoTime() - moment);
                yield Optional.empty();
            }
            case Answered(Answer answer)
            when !answer.outcome().isRetryable() -> {
                statistics.refused(answer.outcome().name());
                yield Optional.empty();
            }
            case Answered(Answer answer) -> {
                statistics.failed(answer.outcome().name());
                yield Optional.of(backoff);
            }
            case Failed(String why, Optional<Duration> retryAfter) -> {
                statistics.failed(why);
                yield Optional.of(retryAfter.orElse(backoff));
            }
        };
    }

    /** What came of one call. */
    private sealed interface Attempt {}

    private record Answered(Answer answer) implements Attempt {}

    private record Failed(String why, Optional<Duration> retryAfter) implements Attempt {}

    private Attempt attempt(Operation operation, String id) {
        try {
            return new Answered(call(operation, id));
        } catch (PlinthException e) {
            return new Failed(e.code().name(), e.retryAfter());
        } catch (RuntimeException e) {
            // The service's own exception: its database is away, say.
            LOG.debug("{} of {}", id, operation, e);
            return new Failed(e.getClass().getSimpleName(), Optional.empty());
        }
    }

    private Answer call(Operation operation, String id) {
        return switch (operation) {
            case Operation.Balance it -> accounts.balance(it.customer());
            case Operation.DepositChecking it -> answer(accounts.depositChecking(id, it.customer(), it.cents()));
            case Operation.TransactSavings it -> answer(accounts.transactSavings(id, it.customer(), it.cents()));
            case Operation.WriteCheck it -> answer(accounts.writeCheck(id, it.customer(), it.cents()));
            case Operation.SendPayment it -> payments.sendPayment(id, it.payer(), it.payee(), it.cents());
            case Operation.Amalgamate it -> payments.amalgamate(id, it.payer(), it.payee());
        };
    }

    private static Answer answer(Outcome outcome) {
        return outcome == Outcome.DONE ? Answer.done(0) : Answer.refused(outcome);
    }

    private void acknowledge(Operation operation, String id, long cents, long nanos) {
        if (operation.isTransfer()) {
            acknowledgements.transfer(id, cents);
            statistics.transferred(nanos);
            return;
        }
        if (!(operation instanceof Operation.Balance)) {
            acknowledgements.external(id);
        }
        statistics.done();
    }
}
