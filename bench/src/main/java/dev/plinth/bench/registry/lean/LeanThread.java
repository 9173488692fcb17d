package dev.plinth.bench.registry.lean;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** One thread for all connections of a load: what they hear, what is to be done, and what is due. */
public final class LeanThread implements AutoCloseable {
    /*
     * A load that shares the machine with what it measures must cost next to nothing, or it is itself what is measured: a call by
     * gRPC's own client takes longer than a server needs to answer it. So here nothing is made for a call but its bytes; what all
     * connections have to say is written at the end of a turn, at one system call for each connection.
     */
    private static final int READ_BYTES = 1 << 18;

    private record Alarm(long atNanos, Runnable task) {}

    private final Selector selector = Selector.open();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    // The thread only.
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>((a, b) -> Long.signum(a.atNanos - b.atNanos));
    private final ArrayDeque<LeanConnection> toWrite = new ArrayDeque<>();
    private final ByteBuffer heard = ByteBuffer.allocateDirect(READ_BYTES);

    public LeanThread() throws IOException {
        thread = Thread.ofPlatform().daemon().name("lean-load").start(this::run);
    }

    /** From any thread. */
    public void execute(Runnable task) {
        tasks.add(task);
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    /** On the thread itself. */
    public void schedule(Runnable task, long delay, TimeUnit unit) {
        alarms.add(new Alarm(System.nanoTime() + unit.toNanos(delay), task));
    }

    Selector selector() {
        return selector;
    }

    ByteBuffer heard() {
        return heard;
    }

    void toWrite(LeanConnection connection) {
        toWrite.add(connection);
    }

    private void run() {
        try {
            while (!closed) {
                turn();
            }
            for (var key : selector.keys()) {
                ((LeanConnection) key.attachment()).close();
            }
            selector.close();
        } catch (IOException e) {
            throw new IllegalStateException("the load's selector failed", e);
        }
    }

    private void turn() throws IOException {
        if (tasks.isEmpty()) {
            var next = alarms.peek();
            long millis =
                    next == null ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(next.atNanos - System.nanoTime()));
            selector.select(key -> ((LeanConnection) key.attachment()).ready(key), millis);
        } else {
            selector.selectNow(key -> ((LeanConnection) key.attachment()).ready(key));
        }
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        while (!alarms.isEmpty() && alarms.element().atNanos <= System.nanoTime()) {
            alarms.remove().task.run();
        }
        for (var connection = toWrite.poll(); connection != null; connection = toWrite.poll()) {
            connection.write();
        }
    }

    /** Closes all connections and ends the thread; does not wait for it. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
