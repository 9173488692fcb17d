package dev.plinth.registry.door.nacos;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What one client asks, one thing after the other: each begins when the one before is over, and so many wait at most. */
final class InTurn {
    /*
     * The newest that a client said of a service is what holds, so two of its requests must not overtake one another. Most are over
     * as soon as they began, and then the thread that brought them, which must not wait, goes on to the next. Where one is not, its
     * end comes on another thread, which may be the engine's: what waits goes on with the workers.
     */
    interface Task {
        /**
         * Begins it.
         *
         * @param over to be run once, on any thread, whatever became of it
         */
        void begin(Runnable over);
    }

    private final Executor workers;
    private final int waitingMax;

    // All under this.
    private final ArrayDeque<Task> waiting = new ArrayDeque<>();
    private boolean busy;

    InTurn(Executor workers, int waitingMax) {
        this.workers = workers;
        this.waitingMax = waitingMax;
    }

    /** False if too many wait already: then the task is not taken. */
    boolean offer(Task task) {
        synchronized (this) {
            if (busy && waiting.size() >= waitingMax) {
                return false;
            }
        }
        add(task);
        return true;
    }

    /** Takes a task that must not be lost, however many wait. */
    void add(Task task) {
        synchronized (this) {
            if (busy) {
                waiting.add(task);
                return;
            }
            busy = true;
        }
        goOn(task);
    }

    /** The same for a task that may wait, on a thread of the workers. */
    void addWaiting(Runnable task) {
        add(over -> workers.execute(() -> {
            try {
                task.run();
            } finally {
                over.run();
            }
        }));
    }

    private void goOn(Task first) {
        Task task = first;
        while (task != null) {
            var turn = new Turn();
            boolean failed = true;
            Task next = null;
            try {
                task.begin(turn);
                failed = false;
            } finally {
                next = turn.left();
                if (failed && next != null) {
                    // What failed is whose thread this is; the others are not to wait for ever for it.
                    var other = next;
                    workers.execute(() -> goOn(other));
                }
            }
            task = next;
        }
    }

    private @Nullable Task next() {
        var next = waiting.poll();
        busy = next != null;
        return next;
    }

    private final class Turn implements Runnable {
        // Both under the outer object.
        private boolean over;
        private boolean left;

        /** The task is over. */
        @Override
        public void run() {
            Task next;
            synchronized (InTurn.this) {
                over = true;
                next = left ? next() : null;
            }
            if (next != null) {
                workers.execute(() -> goOn(next));
            }
        }

        /** Who began the task comes back from it; gives what to go on with, if the task is over. */
        @Nullable
        Task left() {
            synchronized (InTurn.this) {
                left = true;
                return over ? next() : null;
            }
        }
    }
}
