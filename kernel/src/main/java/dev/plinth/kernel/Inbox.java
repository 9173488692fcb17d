package dev.plinth.kernel;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a soft engine: a bounded queue in memory that orders and stamps, and stores nothing.
 *
 * @param <C> the engine's commands
 */
public final class Inbox<C> implements Journal<C> {
    /*
     * Everything comes in through one gate, and the end goes through the same gate: so what was let in lies before the end in the
     * thread's queue, and whoever waits for it is told, while what comes later is turned away at the gate.
     *
     * A command takes less time than waking a thread for it and being woken again for its outcome. So where the thread has nothing
     * to do, who brings a command takes its turn, at the gate too, and has the outcome when the call returns. Reads and ticks, which
     * may look at much, are left to the thread.
     */
    private final Object gate = new Object();
    private final long incarnation;
    private final Executor thread;

    /** The same, if it lets others have its turn. */
    private final Optional<SerialThread> turns;

    private final LeaderTime time;
    private final AtomicInteger pending = new AtomicInteger();

    // Written before the first task is handed to the thread, and by nobody after.
    private @Nullable Member<C> member;

    /** Written under the gate; read by the thread too, so that what still waits when the inbox is closed does not take place. */
    private volatile boolean closed;

    // The engine's thread only.
    private long index;

    /**
     * @param incarnation one that was never used before for this partition: random, or the time of the start
     * @param thread runs one task after the other, in the order in which they came; if it is a {@link SerialThread} with nothing to
     *     do, commands are decided on the threads of those who propose them
     */
    public Inbox(long incarnation, Executor thread, Clock clock) {
        this.incarnation = incarnation;
        this.thread = thread;
        this.turns = thread instanceof SerialThread serial ? Optional.of(serial) : Optional.empty();
        this.time = new LeaderTime(clock, Instant.EPOCH);
    }

    @Override
    public void start(Member<C> consumer) {
        member = consumer;
        thread.execute(consumer::lead);
    }

    @Override
    public void propose(Input<C> input, @Nullable Ticket ticket) {
        Runnable decide = () -> {
            if (closed) {
                refuse(ticket, stopped());
                return;
            }
            index++;
            started().apply(new Entry<>(new Revision(incarnation, index), time.now(), input), ticket);
        };
        if (input instanceof Input.Command<C> && turns.isPresent() && takeTurn(turns.get())) {
            here(decide, turns.get());
        } else {
            letIn(ticket, decide);
        }
    }

    private boolean takeTurn(SerialThread serial) {
        synchronized (gate) {
            return !closed && serial.takeTurn();
        }
    }

    private static void here(Runnable task, SerialThread serial) {
        try {
            task.run();
        } catch (RuntimeException e) {
            // As on its own thread: it is not the caller's failure.
            var thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        } finally {
            serial.endTurn();
        }
    }

    @Override
    public void read(Runnable query, Ticket ticket) {
        letIn(ticket, query);
    }

    /** Hands the task to the thread, or refuses. */
    private void letIn(@Nullable Ticket ticket, Runnable task) {
        if (pending.incrementAndGet() > Limits.PENDING_INPUTS_MAX) {
            pending.decrementAndGet();
            refuse(ticket, Refused.overloaded("the inbox is full", Duration.ofMillis(20)));
            return;
        }
        boolean letIn = hand(() -> {
            pending.decrementAndGet();
            task.run();
        });
        if (!letIn) {
            pending.decrementAndGet();
            refuse(ticket, stopped());
        }
    }

    @Override
    public void execute(Runnable task) {
        hand(task);
    }

    private boolean hand(Runnable task) {
        synchronized (gate) {
            if (closed) {
                return false;
            }
            thread.execute(task);
            return true;
        }
    }

    @Override
    public Instant now() {
        return time.now();
    }

    /** Does not wait, for the thread may be the caller's own: the member is called no more once the thread has come this far. */
    @Override
    public void close() {
        synchronized (gate) {
            if (!closed) {
                closed = true;
                thread.execute(() -> started().stopped(stopped()));
            }
        }
    }

    private Member<C> started() {
        if (member == null) {
            throw new IllegalStateException("the inbox was not started");
        }
        return member;
    }

    private static Refused stopped() {
        return new Refused(Refused.Code.STOPPED, "the inbox is closed");
    }

    private static void refuse(@Nullable Ticket ticket, Refused reason) {
        if (ticket != null) {
            ticket.refused(reason);
        }
    }
}
