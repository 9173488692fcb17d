package dev.plinth.rpc.grpc;

import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What leaves on a connection, as far as the client and the socket have room for it. On the connection's thread. */
final class Outgoing {
    private static final int BYTES_AT_FIRST = 4_096;
    private static final int BYTES_MAX = 64 << 10;

    private final SocketChannel channel;
    private final Floods floods;
    private final Consumer<GrpcCall> ended;
    private final Frames frames = new Frames();
    private @Nullable ByteBuf out;
    private boolean gathering;

    /** How much the client lets all calls send together. */
    private long window = Http2CodecUtil.DEFAULT_WINDOW_SIZE;

    /** @param ended told of each call whose end is written */
    Outgoing(SocketChannel channel, Floods floods, Consumer<GrpcCall> ended) {
        this.channel = channel;
        this.floods = floods;
        this.ended = ended;
    }

    /** From here on nothing leaves before {@link #leave}. */
    void gather() {
        gathering = true;
    }

    void leave() {
        gathering = false;
        flush();
    }

    Frames frames() {
        return frames;
    }

    /** Returns false if that is more than a window may be. */
    boolean widen(int more) {
        window += more;
        return window <= Integer.MAX_VALUE;
    }

    /** Where the next frame is written. */
    ByteBuf out() {
        if (out == null) {
            out = channel.alloc().buffer(BYTES_AT_FIRST);
        } else if (out.readableBytes() > BYTES_MAX) {
            hand();
            out = channel.alloc().buffer(BYTES_AT_FIRST);
        }
        return out;
    }

    void flush() {
        if (!gathering && out != null) {
            hand();
            channel.flush();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the channel
    private void hand() {
        var written = out;
        // It is the channel's from here on, which may call back before it returns.
        out = null;
        channel.write(Objects.requireNonNull(written));
    }

    void say(GrpcCall call, MessageLite message, int size) {
        int framed = Frames.PREFIX + size;
        if (call.hasWaiting() || framed > room(call) || framed > Frames.PAYLOAD_MAX) {
            var waits = channel.alloc().buffer(framed);
            Frames.message(waits, message, size);
            call.wait(waits);
            write(call);
        } else {
            headers(call);
            frames.data(out(), call.stream, framed);
            Frames.message(out(), message, size);
            spent(call, framed);
        }
        flush();
    }

    private void headers(GrpcCall call) {
        if (!call.headersSent) {
            call.headersSent = true;
            frames.headers(out(), call.stream);
        }
    }

    /** How much may be sent of a call now. */
    private long room(GrpcCall call) {
        return channel.isWritable() ? Math.min(window, call.window) : 0;
    }

    private void spent(GrpcCall call, int bytes) {
        window -= bytes;
        call.window -= bytes;
        floods.told();
    }

    /** Sends what waits of a call, as far as there is room, and its end. */
    void write(GrpcCall call) {
        for (var first = call.first(); first != null; first = call.first()) {
            int length = (int) Math.min(Math.min(first.readableBytes(), room(call)), Frames.PAYLOAD_MAX);
            if (length <= 0) {
                return;
            }
            headers(call);
            frames.data(out(), call.stream, length);
            out().writeBytes(first, length);
            spent(call, length);
            call.written(length);
        }
        if (call.isToEnd()) {
            frames.trailers(out(), call.stream, !call.headersSent, call.endCode(), call.endMessage());
            if (!call.heardAll) {
                frames.reset(out(), call.stream, Http2Error.NO_ERROR.code());
            }
            floods.told();
            ended.accept(call);
        } else {
            call.toldIfReady();
        }
    }

    /** Nothing leaves any more. */
    void release() {
        if (out != null) {
            out.release();
            out = null;
        }
    }
}
