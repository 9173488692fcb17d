package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltEncoder;
import dev.plinth.wire.bolt.BoltFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Writes frames from any thread to one channel. */
final class FrameWriter {
    /*
     * Waking the channel's thread and calling the kernel for each frame would cost more than all the rest. Whoever finds the
     * queue unattended wakes the thread; that then writes all that has gathered, and flushes once.
     */
    private record Entry(ByteBuf bytes, BooleanSupplier mayBeSent) {}

    private static final System.Logger LOG = System.getLogger(FrameWriter.class.getName());
    static final long UNREAD_BYTES_MAX = 128L << 20;
    private static final int WRITTEN_BEFORE_FLUSH_MAX = 64;

    private final Channel channel;
    private final Queue<Entry> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean attended = new AtomicBoolean();

    FrameWriter(Channel channel) {
        this.channel = channel;
    }

    void write(BoltFrame frame) {
        write(frame, () -> true);
    }

    /**
     * Writes a frame, which is used up.
     *
     * @param mayBeSent asked on the channel's thread at the last moment at which the frame is surely not sent; if it says no,
     *     or the channel is closed before, the frame is dropped
     */
    void write(BoltFrame frame, BooleanSupplier mayBeSent) {
        queue.add(new Entry(BoltEncoder.encode(frame, channel.alloc()), mayBeSent));
        if (attended.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(this::drain);
            } catch (RejectedExecutionException e) {
                // The loop has ended, and the channel with it.
                discard();
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails reaches the handler, as the promise is void
    private void drain() {
        do {
            int written = 0;
            for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
                if (!channel.isActive() || !entry.mayBeSent.getAsBoolean()) {
                    entry.bytes.release();
                    continue;
                }
                if (channel.bytesBeforeWritable() > UNREAD_BYTES_MAX) {
                    LOG.log(
                            Level.WARNING,
                            "connection to {0} closed: the other side does not read, more than UNREAD_BYTES_MAX = {1} are waiting",
                            channel.remoteAddress(),
                            UNREAD_BYTES_MAX);
                    entry.bytes.release();
                    channel.close();
                    continue;
                }
                channel.write(entry.bytes, channel.voidPromise());
                if (++written % WRITTEN_BEFORE_FLUSH_MAX == 0) {
                    channel.flush();
                }
            }
            channel.flush();
            attended.set(false);
            // Somebody may have added between the last poll and the line above, and found the queue attended.
        } while (!queue.isEmpty() && attended.compareAndSet(false, true));
    }

    private void discard() {
        for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
            entry.bytes.release();
        }
        attended.set(false);
    }
}
