package dev.plinth.kernel;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A named daemon thread that runs one task after the other, in the order in which they came: an engine's, or a disk's. */
public final class SerialThread implements Executor, AutoCloseable {
    /*
     * Whoever raises the number of tasks from 0 has the turn, until it is 0 again. That is as a rule the thread, which is woken for
     * it. But who comes when there is nothing to do may take the turn himself, for one short task: waking a thread costs both sides
     * more than that. What comes meanwhile is left to the thread.
     */
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    /** Tasks that run or wait. */
    private final AtomicInteger count = new AtomicInteger();

    private final Thread thread;

    /** Whether the thread has the turn; set by who gives it. */
    private volatile boolean turn;

    private volatile boolean closed;

    private SerialThread(String name) {
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    public static SerialThread named(String name) {
        var serial = new SerialThread(name);
        serial.thread.start();
        return serial;
    }

    /** Tasks that come after {@link #close} are dropped. */
    @Override
    public void execute(Runnable task) {
        if (closed) {
            return;
        }
        tasks.add(task);
        if (count.getAndIncrement() == 0) {
            giveTurn();
        }
    }

    /**
     * Runs the task on the caller's thread, if nothing runs or waits; otherwise as {@link #execute} does. For tasks that take less
     * time than waking a thread, and never wait.
     */
    public void executeHere(Runnable task) {
        if (!takeTurn()) {
            execute(task);
            return;
        }
        try {
            task.run();
        } finally {
            endTurn();
        }
    }

    /** Takes the turn for the caller, if nothing runs or waits. Who has it runs one task, and then {@linkplain #endTurn ends} it. */
    boolean takeTurn() {
        return !closed && count.compareAndSet(0, 1);
    }

    void endTurn() {
        if (count.decrementAndGet() > 0) {
            giveTurn();
        } else if (closed) {
            LockSupport.unpark(thread);
        }
    }

    private void giveTurn() {
        turn = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (awaitTurn()) {
            do {
                var task = tasks.remove();
                try {
                    task.run();
                } catch (Throwable e) {
                    // The next task is not to suffer for it.
                    thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                }
            } while (count.decrementAndGet() > 0);
        }
    }

    /** Returns false at the end, when nothing is left to run. */
    private boolean awaitTurn() {
        while (!turn) {
            if (closed && count.get() == 0) {
                return false;
            }
            LockSupport.park(this);
            // An interrupt was for a task that is over; kept, it would keep the thread awake.
            Thread.interrupted();
        }
        turn = false;
        return true;
    }

    /** Runs what has come so far and ends the thread. Does not wait for it. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    /** Waits for the thread to end after {@link #close}. Returns whether it did in time. */
    public boolean awaitEnd(long seconds) throws InterruptedException {
        return thread.join(Duration.ofSeconds(seconds));
    }
}
