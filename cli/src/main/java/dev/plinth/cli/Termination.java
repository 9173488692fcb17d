package dev.plinth.cli;

import java.util.concurrent.CountDownLatch;

/** Waits until the process is told to stop, by a signal or by its own work, and keeps it alive until that work is closed. */
public final class Termination implements AutoCloseable {
    /*
     * A signal ends the process once the hooks are done. So the hook here passes the wish on and waits: what was opened after this
     * is closed before it, on the thread that opened it.
     */
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    /** From now on a signal is waited for; before, it ends the process at once. */
    public Termination expect() {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("termination").unstarted(this::pass));
        return this;
    }

    private void pass() {
        asked.countDown();
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The work itself is over. */
    public void ask() {
        asked.countDown();
    }

    /** Returns when somebody has asked. */
    public void await() throws InterruptedException {
        asked.await();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
