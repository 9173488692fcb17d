package dev.plinth.kernel;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A named daemon thread that runs one task after the other, in the order in which they came: an engine's, or a disk's. */
public final class SerialThread implements Executor, AutoCloseable {
    private final ThreadPoolExecutor thread;

    private SerialThread(String name) {
        thread = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.MILLISECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name(name).factory(),
                new ThreadPoolExecutor.DiscardPolicy());
    }

    public static SerialThread named(String name) {
        return new SerialThread(name);
    }

    /** Tasks that come after {@link #close} are dropped. */
    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    /** Runs what has come so far and ends the thread. Does not wait for it. */
    @Override
    public void close() {
        thread.shutdown();
    }

    /** Waits for the thread to end after {@link #close}. Returns whether it did in time. */
    public boolean awaitEnd(long seconds) throws InterruptedException {
        return thread.awaitTermination(seconds, TimeUnit.SECONDS);
    }
}
