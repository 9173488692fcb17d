package dev.plinth.bank.process;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets a process stop cleanly when it is asked to, by SIGTERM or Ctrl-C: closing this says that it has. */
public final class Termination implements AutoCloseable {
    /*
     * The JVM ends when its shutdown hooks have returned. So the hook wakes the main thread, which stops what it had started
     * in its own order (try with resources), and waits for it.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** Open this first, so that it is closed last. */
    public Termination() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::terminate, "termination"));
    }

    private void terminate() {
        asked.countDown();
        try {
            if (!stopped.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("not stopped after " + PATIENCE.toSeconds() + " s: ending anyway");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until the process is asked to stop. */
    public void await() throws InterruptedException {
        asked.await();
    }

    /** Waits until the process is asked to stop, or this long. Returns whether it is asked. */
    public boolean await(Duration patience) throws InterruptedException {
        return asked.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
