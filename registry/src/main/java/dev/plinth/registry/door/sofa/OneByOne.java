package dev.plinth.registry.door.sofa;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/** Runs the tasks of one client in their order, on threads of others, and holds so many at most. */
final class OneByOne {
    private final Executor workers;
    private final int waitingMax;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    OneByOne(Executor workers, int waitingMax) {
        this.workers = workers;
        this.waitingMax = waitingMax;
    }

    /** False if too many wait already: then the task is not taken. */
    synchronized boolean offer(Runnable task) {
        if (waiting.size() >= waitingMax) {
            return false;
        }
        add(task);
        return true;
    }

    /** Takes a task that must not be lost, however many wait. */
    synchronized void add(Runnable task) {
        waiting.add(task);
        if (!running) {
            running = true;
            workers.execute(this::drain);
        }
    }

    private void drain() {
        while (true) {
            Runnable task;
            synchronized (this) {
                task = waiting.poll();
                if (task == null) {
                    running = false;
                    return;
                }
            }
            task.run();
        }
    }
}
