package dev.plinth.rpc.grpc;

import com.google.protobuf.MessageLite;
import dev.plinth.rpc.grpc.GrpcService.Listener;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One call, as its service answers it: messages, and an end. What is public may be called from any thread, and does not wait. */
public final class GrpcCall {
    /*
     * What is answered on the connection's thread, and fits what the client and the socket have room for, is written where it is to
     * leave from, and nothing of it is kept. What has no room waits here.
     */

    /** So much may wait before {@link #isReady} says no. */
    static final int WAITING_BYTES_READY = 32 << 10;

    final int stream;
    private final Http2Connection connection;

    /** Said and not yet written, in bytes: of all threads. */
    private final AtomicLong waitingBytes = new AtomicLong();

    private volatile boolean wanted;
    private volatile boolean over;

    /** Its client is given no more room for now. */
    volatile boolean held;

    // What follows is the connection's thread's.
    @Nullable
    Listener listener;

    /** How much the client lets this call send. */
    long window;

    /** How much of what this call may still send to us. */
    int room;

    /** What has come of a message that is not whole. */
    @Nullable
    ByteBuf part;

    /** So much, as far as the connection has counted it. */
    int partBytes;

    boolean heardAll;

    boolean headersSent;
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
    private @Nullable End end;

    private record End(GrpcCode code, String message) {}

    GrpcCall(Http2Connection connection, int stream, long window, int room) {
        this.connection = connection;
        this.stream = stream;
        this.window = window;
        this.room = room;
    }

    /** Says something. Dropped if the call is over. */
    public void say(MessageLite message) {
        int size = message.getSerializedSize();
        if (connection.isMine()) {
            // What was said before on another thread goes first.
            connection.catchUp();
            if (isOpen()) {
                connection.outgoing().say(this, message, size);
            }
            return;
        }
        if (!over) {
            waitingBytes.addAndGet(size);
            connection.execute(() -> {
                waitingBytes.addAndGet(-size);
                if (isOpen()) {
                    connection.outgoing().say(this, message, size);
                }
                toldIfReady();
            });
        }
    }

    /**
     * Ends the call, when what was said before is written. Nothing happens if it is over.
     *
     * @param message for people; empty if there is nothing to say
     */
    public void end(GrpcCode code, String message) {
        connection.execute(() -> {
            if (isOpen()) {
                end = new End(code, message);
                connection.outgoing().write(this);
            }
        });
    }

    /**
     * Whether the client is given room for more when what it had is used up. A service that cannot take more for now says no: then at
     * most a window's bytes come yet. Nothing is told to the service meanwhile if it says no.
     */
    public void hear(boolean more) {
        held = !more;
        if (more) {
            connection.execute(() -> {
                if (!over) {
                    connection.widen(this);
                }
            });
        }
    }

    /** Whether there is room for more to say; if not, {@link Listener#ready} comes when there is. False when the call is over. */
    public boolean isReady() {
        if (over) {
            return false;
        }
        if (waitingBytes.get() < WAITING_BYTES_READY) {
            return true;
        }
        wanted = true;
        return waitingBytes.get() < WAITING_BYTES_READY;
    }

    // ---- the connection's thread's

    /** Neither over nor about to be. */
    boolean isOpen() {
        return !over && end == null;
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    void wait(ByteBuf framed) {
        waitingBytes.addAndGet(framed.readableBytes());
        waiting.add(framed);
    }

    /** What waits longest. */
    @Nullable
    ByteBuf first() {
        return waiting.peek();
    }

    /** So much of the first has been written. */
    void written(int bytes) {
        waitingBytes.addAndGet(-bytes);
        var first = waiting.element();
        if (!first.isReadable()) {
            waiting.remove().release();
        }
    }

    boolean isToEnd() {
        return !over && end != null && waiting.isEmpty();
    }

    GrpcCode endCode() {
        return end == null ? GrpcCode.OK : end.code();
    }

    String endMessage() {
        return end == null ? "" : end.message();
    }

    void toldIfReady() {
        if (wanted && !over && waitingBytes.get() < WAITING_BYTES_READY) {
            wanted = false;
            if (listener != null) {
                listener.ready();
            }
        }
    }

    /** Nothing is said or heard any more. */
    void over() {
        over = true;
        waiting.forEach(ByteBuf::release);
        waiting.clear();
        if (part != null) {
            part.release();
            part = null;
        }
    }
}
