package dev.plinth.kernel;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Runs one task after the other, in the order in which they came, on a thread of another executor while there are any. */
public final class OneByOne implements Executor {
    /*
     * A SerialThread has a thread of its own, which is for an engine or a disk. This is for what there are many of, clients and connections:
     * while nothing is to be done, there is no more of it than its place.
     */
    private final Executor threads;
    private final int waitingMax;

    // Guarded by this.
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    /** @param waitingMax so many tasks wait at most, besides the one that runs */
    public OneByOne(Executor threads, int waitingMax) {
        this.threads = threads;
        this.waitingMax = waitingMax;
    }

    /** @throws RejectedExecutionException if too many wait already */
    @Override
    public void execute(Runnable task) {
        if (!offer(task)) {
            throw new RejectedExecutionException(waitingMax + " tasks wait already");
        }
    }

    /** False if too many wait already: then the task is not taken. */
    public boolean offer(Runnable task) {
        return take(task, waitingMax);
    }

    /** Takes a task that must not be lost, however many wait. */
    public void add(Runnable task) {
        var _ = take(task, Integer.MAX_VALUE);
    }

    private boolean take(Runnable task, int most) {
        synchronized (this) {
            if (waiting.size() >= most) {
                return false;
            }
            waiting.add(task);
            if (running) {
                return true;
            }
            running = true;
        }
        threads.execute(this::run);
        return true;
    }

    private void run() {
        for (var task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                // It is for whose thread this is; the others go on with the next one.
                threads.execute(this::run);
                throw e;
            }
        }
    }

    private synchronized @Nullable Runnable next() {
        var next = waiting.poll();
        running = next != null;
        return next;
    }
}
