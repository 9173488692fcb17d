package dev.plinth.raft;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Runs one task after the other, in the order in which they came, on a thread of another executor while there are any. */
final class OneByOne implements Executor {
    private final Executor threads;
    private final int waitingMax;

    // Guarded by this.
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    OneByOne(Executor threads, int waitingMax) {
        this.threads = threads;
        this.waitingMax = waitingMax;
    }

    /** @throws RejectedExecutionException if so many wait already */
    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            if (waiting.size() >= waitingMax) {
                throw new RejectedExecutionException(waitingMax + " tasks wait already");
            }
            waiting.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        threads.execute(this::run);
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
