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
     * A client that got no answer, or a failure, tries the same operation again with the same id until it is answered or the
     * time for it is over: what real clients of a payment system do, and the reason why ids are the clients'. Only an answer
     * DONE is an acknowledgement. An operation that was given up may have been done nevertheless; nobody may count on it.
     */
    static final int CLIENTS_MAX = 1_024;

    private static final Logger LOG = LoggerFactory.getLogger(Driver.class);

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
            running.register();
            Thread.ofVirtual().name("client-" + index).start(() -> {
                try {
                    client(index);
                } catch (RuntimeException e) {
                    failure.compareAndSet(null, e);
                    stopping = true;
                } finally {
                    running.arriveAndDeregister();
                }
            });
        }
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
        Duration backoff = BACKOFF_MIN;
        while (true) {
            Duration pause = backoff;
            switch (attempt(operation, id)) {
                case Answered(Answer answer)
                when answer.outcome() == Outcome.DONE -> {
                    acknowledge(operation, id, answer.cents(), System.nanoTime() - moment);
                    return;
                }
                case Answered(Answer answer)
                when !answer.outcome().isRetryable() -> {
                    statistics.refused(answer.outcome().name());
                    return;
                }
                case Answered(Answer answer) ->
                    statistics.failed(answer.outcome().name());
                case Failed(String why, Optional<Duration> retryAfter) -> {
                    statistics.failed(why);
                    pause = retryAfter.orElse(backoff);
                }
            }
            if (stopping || System.nanoTime() + pause.toNanos() > giveUp) {
                statistics.gaveUp();
                return;
            }
            // Half of it is random: clients that failed together do not come back together.
            long half = pause.toNanos() / 2;
            LockSupport.parkNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
            backoff = backoff.multipliedBy(2).compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : backoff.multipliedBy(2);
        }
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
