package dev.plinth.rpc.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import dev.plinth.rpc.EventLoops;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.collection.IntObjectHashMap;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One client's connection of HTTP/2 (RFC 9113), as far as gRPC needs it. On its event loop, but for what says otherwise. */
final class Http2Connection extends ByteToMessageDecoder {
    /*
     * A frame goes from the socket to the service on one thread and through no queue, and what is answered meanwhile leaves with one write
     * when all that has come is read. What a client sends is consumed as it comes, so its windows are opened again at once: what bounds it
     * is the length of a message, and what may have come of messages that are not whole. What we send waits for the client's windows and
     * for the socket; while the socket takes nothing, nothing is read either, for every answer would only add to what waits.
     */
    private static final System.Logger LOG = System.getLogger(Http2Connection.class.getName());

    /** What a client may send before it hears that there is more room: of one call, and of all. */
    static final int WINDOW = 1 << 20;

    private static final int HEADER_BYTES_MAX = 8_192;

    /** For a client that takes nothing, and so does not hear that it is to go. */
    private static final long GO_AWAY_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

    private static final int OUT_BYTES = 4_096;
    private static final int OUT_BYTES_MAX = 64 << 10;
    private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

    private final SocketChannel channel;
    private final InetSocketAddress from;
    private final GrpcBounds bounds;
    private final GrpcService.Connected accept;
    private final DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader(
            // Of the headers only the few that are looked at matter, so they are not checked further.
            new DefaultHttp2HeadersDecoder(false, HEADER_BYTES_MAX));
    private final Heard heard = new Heard(this);
    private final Frames frames = new Frames();
    private final Floods floods;
    private final IntObjectHashMap<GrpcCall> calls = new IntObjectHashMap<>();

    /** Of other threads. */
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean scheduled = new AtomicBoolean();

    private @Nullable GrpcService service;
    private @Nullable ByteBuf out;
    private boolean prefaced;
    private boolean shaken;
    private boolean closing;
    private boolean batching;
    private int lastStream;
    private int room = WINDOW;
    private long window = Http2CodecUtil.DEFAULT_WINDOW_SIZE;
    private int windowOfCalls = Http2CodecUtil.DEFAULT_WINDOW_SIZE;
    private long partBytes;
    private long idleSince;

    Http2Connection(SocketChannel channel, InetSocketAddress from, GrpcBounds bounds, GrpcService.Connected accept) {
        this.channel = channel;
        this.from = from;
        this.bounds = bounds;
        this.accept = accept;
        this.floods = new Floods(bounds.pingsApartMin());
    }

    // ---- what comes

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        idleSince = System.nanoTime();
        after(bounds.handshakeMax().toNanos(), () -> {
            if (!shaken) {
                close();
            }
        });
    }

    private void after(long nanos, Runnable task) {
        var alarm = channel.eventLoop().schedule(task, nanos, TimeUnit.NANOSECONDS);
        channel.closeFuture().addListener(closed -> alarm.cancel(false));
    }

    private void closeWhenIdle() {
        long left = idleSince + bounds.idleMax().toNanos() - System.nanoTime();
        if (!calls.isEmpty()) {
            left = bounds.idleMax().toNanos();
        } else if (left <= 0) {
            goAway(Http2Error.NO_ERROR, "idle");
            return;
        }
        after(left, this::closeWhenIdle);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> decoded) {
        if (closing) {
            in.skipBytes(in.readableBytes());
            return;
        }
        batching = true;
        if (!prefaced && !preface(in)) {
            return;
        }
        try {
            reader.readFrame(ctx, in, heard);
        } catch (Http2Exception e) {
            failed(e);
        }
    }

    /** Returns false if it has not come whole, or is none. */
    private boolean preface(ByteBuf in) {
        int length = Math.min(in.readableBytes(), PREFACE.readableBytes());
        for (int i = 0; i < length; i++) {
            if (in.getByte(in.readerIndex() + i) != PREFACE.getByte(i)) {
                LOG.log(Level.DEBUG, "{0} does not speak HTTP/2", from);
                close();
                in.skipBytes(in.readableBytes());
                return false;
            }
        }
        if (length < PREFACE.readableBytes()) {
            return false;
        }
        in.skipBytes(length);
        prefaced = true;
        frames.settings(out(), bounds.callsMax(), WINDOW, HEADER_BYTES_MAX);
        frames.windowUpdate(out(), 0, WINDOW - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
        return true;
    }

    private void failed(Http2Exception failure) {
        if (Http2Exception.isStreamError(failure)) {
            reset(Http2Exception.streamId(failure), failure.error());
        } else {
            goAway(failure.error(), String.valueOf(failure.getMessage()));
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        batching = false;
        flush();
        super.channelReadComplete(ctx);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        channel.config().setAutoRead(channel.isWritable());
        if (channel.isWritable()) {
            writeAll();
            flush();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof IOException) {
            LOG.log(Level.DEBUG, "the connection of {0} broke: {1}", from, failure);
        } else {
            LOG.log(Level.ERROR, "the connection of " + from + " failed", failure);
        }
        close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        over();
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        over();
    }

    private void over() {
        closing = true;
        for (var call : new ArrayList<>(calls.values())) {
            cancelled(call);
        }
        if (out != null) {
            out.release();
            out = null;
        }
        reader.close();
        if (service != null) {
            service.closed();
            service = null;
        }
    }

    // ---- frames that came

    void settings(Http2Settings settings) throws Http2Exception {
        if (!shaken) {
            shaken = true;
            service = accept.connected(from);
            closeWhenIdle();
        }
        idleFrame();
        Integer initial = settings.initialWindowSize();
        if (initial != null) {
            long more = (long) initial - windowOfCalls;
            windowOfCalls = initial;
            calls.values().forEach(call -> call.window += more);
        }
        frames.settingsAck(out());
        writeAll();
    }

    void ping(long data) throws Http2Exception {
        idleFrame();
        if (!floods.ping(System.nanoTime())) {
            throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too_many_pings");
        }
        frames.pingAck(out(), data);
    }

    /** A frame that asks for nothing. */
    void idleFrame() throws Http2Exception {
        if (!floods.idle()) {
            throw Http2Exception.connectionError(
                    Http2Error.ENHANCE_YOUR_CALM,
                    "%d frames without one message: expected fewer",
                    Floods.FRAMES_MAX + 1);
        }
    }

    void windowUpdate(int stream, int more) throws Http2Exception {
        if (stream == 0) {
            window += more;
            if (window > Integer.MAX_VALUE) {
                throw Http2Exception.connectionError(
                        Http2Error.FLOW_CONTROL_ERROR, "a window of %d bytes: expected fewer than 2^31", window);
            }
            writeAll();
            return;
        }
        var call = known(stream);
        if (call != null) {
            call.window += more;
            if (call.window > Integer.MAX_VALUE) {
                reset(stream, Http2Error.FLOW_CONTROL_ERROR);
            } else {
                write(call);
            }
        }
    }

    /** The call of a stream; null if it is over. */
    private @Nullable GrpcCall known(int stream) throws Http2Exception {
        if (stream > lastStream || stream % 2 == 0) {
            throw Http2Exception.connectionError(
                    Http2Error.PROTOCOL_ERROR, "a frame of stream %d, which nobody began", stream);
        }
        return calls.get(stream);
    }

    void resetByClient(int stream) throws Http2Exception {
        idleFrame();
        var call = known(stream);
        if (call != null) {
            cancelled(call);
        }
    }

    void headers(int stream, Http2Headers headers, boolean last) throws Http2Exception {
        if (!shaken) {
            throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "a call before the settings");
        }
        idleFrame();
        if (stream <= lastStream) {
            trailers(stream, last);
            return;
        }
        if (stream % 2 == 0) {
            throw Http2Exception.connectionError(
                    Http2Error.PROTOCOL_ERROR, "stream %d of a client: expected an odd number", stream);
        }
        lastStream = stream;
        if (calls.size() >= bounds.callsMax()) {
            frames.reset(out(), stream, Http2Error.REFUSED_STREAM.code());
            return;
        }
        begin(new GrpcCall(this, stream, windowOfCalls, WINDOW), headers);
        if (last) {
            heardAll(calls.get(stream));
        }
    }

    private void trailers(int stream, boolean last) throws Http2Exception {
        var call = known(stream);
        if (call == null) {
            // Its end and these have crossed.
            return;
        }
        if (!last || call.heardAll) {
            reset(stream, Http2Error.PROTOCOL_ERROR);
        } else {
            heardAll(call);
        }
    }

    private void begin(GrpcCall call, Http2Headers headers) {
        var refused = Requests.refused(headers);
        if (refused.isPresent()) {
            frames.status(out(), call.stream, refused.getAsInt());
            frames.reset(out(), call.stream, Http2Error.NO_ERROR.code());
            return;
        }
        calls.put(call.stream, call);
        var encoding = Requests.encoding(headers);
        if (encoding.isPresent()) {
            call.end(GrpcCode.UNIMPLEMENTED, "grpc-encoding is \"" + encoding.get() + "\": expected identity");
            return;
        }
        var path = String.valueOf(headers.path());
        if (service != null) {
            call.listener = service.begin(path, call).orElse(null);
        }
        if (call.listener == null) {
            call.end(GrpcCode.UNIMPLEMENTED, "no method " + path + " is served here");
        }
    }

    // ---- what a call's client says

    void data(int stream, ByteBuf data, int padding, boolean last) throws Http2Exception {
        int length = data.readableBytes() + padding;
        room -= length;
        if (room < 0) {
            throw Http2Exception.connectionError(Http2Error.FLOW_CONTROL_ERROR, "more data than there was room for");
        }
        if (room <= WINDOW / 2) {
            frames.windowUpdate(out(), 0, WINDOW - room);
            room = WINDOW;
        }
        if (!data.isReadable() && !last) {
            idleFrame();
        }
        var call = known(stream);
        if (call == null) {
            // Its end and this have crossed.
            return;
        }
        if (call.heardAll) {
            reset(stream, Http2Error.STREAM_CLOSED);
            return;
        }
        call.room -= length;
        if (call.room < 0) {
            reset(stream, Http2Error.FLOW_CONTROL_ERROR);
            return;
        }
        if (call.room <= WINDOW / 2 && !last) {
            frames.windowUpdate(out(), stream, WINDOW - call.room);
            call.room = WINDOW;
        }
        messages(call, data);
        if (last) {
            heardAll(call);
        }
    }

    private void messages(GrpcCall call, ByteBuf data) {
        if (call.part == null) {
            takeWhole(call, data);
            if (data.isReadable() && call.isOpen()) {
                call.part = channel.alloc().buffer(data.readableBytes());
                call.part.writeBytes(data);
                kept(call, call.part.readableBytes());
            }
        } else if (call.isOpen()) {
            var part = call.part;
            part.discardSomeReadBytes();
            part.writeBytes(data);
            takeWhole(call, part);
            // None is left if the call is over.
            if (call.part != null) {
                kept(call, part.readableBytes());
            }
        }
    }

    /** So much is there now of a message of this call that has not come whole. */
    private void kept(GrpcCall call, int bytes) {
        partBytes += bytes - call.partBytes;
        call.partBytes = bytes;
        if (bytes == 0 && call.part != null) {
            call.part.release();
            call.part = null;
        }
        long most = 2L * bounds.messageBytesMax();
        if (partBytes > most) {
            call.end(
                    GrpcCode.RESOURCE_EXHAUSTED,
                    "of this connection " + partBytes
                            + " bytes of messages are here that have not come whole: expected at most " + most);
        }
    }

    /** Hands on the messages that are there from end to end. */
    private void takeWhole(GrpcCall call, ByteBuf data) {
        while (call.isOpen() && data.readableBytes() >= Frames.PREFIX) {
            int compressed = data.getByte(data.readerIndex());
            long length = data.getUnsignedInt(data.readerIndex() + 1);
            if (compressed != 0) {
                call.end(GrpcCode.INTERNAL, "a message is marked " + compressed + ", compressed: expected 0");
            } else if (length > bounds.messageBytesMax()) {
                call.end(
                        GrpcCode.RESOURCE_EXHAUSTED,
                        "a message has " + length + " bytes: expected at most " + bounds.messageBytesMax());
            } else if (data.readableBytes() < Frames.PREFIX + length) {
                return;
            } else {
                data.skipBytes(Frames.PREFIX);
                floods.asked();
                hear(call, message(data, (int) length));
            }
        }
    }

    private static ByteString message(ByteBuf data, int length) {
        byte[] bytes = new byte[length];
        data.readBytes(bytes);
        // Nobody else has the array.
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private static void hear(GrpcCall call, ByteString message) {
        var listener = call.listener;
        if (listener != null) {
            tell(call, () -> listener.heard(message));
        }
    }

    /** What a service does wrong with one call does not touch the others. */
    private static void tell(GrpcCall call, Runnable listening) {
        try {
            listening.run();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a call's service failed", e);
            call.end(GrpcCode.INTERNAL, "the service failed");
        }
    }

    private void heardAll(@Nullable GrpcCall call) {
        if (call == null) {
            return;
        }
        call.heardAll = true;
        if (!call.isOpen()) {
            return;
        }
        if (call.part != null) {
            call.end(GrpcCode.INTERNAL, "the call ended in the midst of a message");
        } else if (call.listener != null) {
            tell(call, call.listener::halfClosed);
        }
    }

    // ---- what goes

    boolean isMine() {
        return channel.eventLoop().inEventLoop();
    }

    /** Runs it on the connection's thread: now, if this is it. From any thread; if the connection is over, not at all. */
    void execute(Runnable task) {
        if (isMine()) {
            task.run();
            flush();
            return;
        }
        tasks.add(task);
        if (scheduled.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(this::runTasks);
            } catch (RejectedExecutionException e) {
                // The loop has ended, and with it the connection.
                tasks.clear();
            }
        }
    }

    private void runTasks() {
        scheduled.set(false);
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        flush();
    }

    private ByteBuf out() {
        if (out == null) {
            out = channel.alloc().buffer(OUT_BYTES);
        } else if (out.readableBytes() > OUT_BYTES_MAX) {
            hand();
            out = channel.alloc().buffer(OUT_BYTES);
        }
        return out;
    }

    private void flush() {
        if (!batching && out != null) {
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

    private void writeAll() {
        if (calls.isEmpty()) {
            return;
        }
        for (var call : new ArrayList<>(calls.values())) {
            write(call);
        }
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
        if (call.isToEnd() && calls.get(call.stream) == call) {
            frames.trailers(out(), call.stream, !call.headersSent, call.endCode(), call.endMessage());
            if (!call.heardAll) {
                frames.reset(out(), call.stream, Http2Error.NO_ERROR.code());
            }
            floods.told();
            forget(call);
        } else {
            call.toldIfReady();
        }
    }

    private void forget(GrpcCall call) {
        calls.remove(call.stream);
        partBytes -= call.partBytes;
        call.over();
        if (calls.isEmpty()) {
            idleSince = System.nanoTime();
        }
    }

    private void cancelled(GrpcCall call) {
        boolean toBeTold = call.isOpen();
        forget(call);
        if (toBeTold && call.listener != null) {
            call.listener.cancelled();
        }
    }

    private void reset(int stream, Http2Error error) {
        frames.reset(out(), stream, error.code());
        var call = calls.get(stream);
        if (call != null) {
            cancelled(call);
        }
    }

    /** Says why, and closes the connection. */
    void goAway(Http2Error error, String why) {
        if (closing) {
            return;
        }
        LOG.log(Level.DEBUG, "the connection of {0} is closed: {1}, {2}", from, error, why);
        frames.goAway(out(), lastStream, error.code(), why);
        batching = false;
        flush();
        closing = true;
        EventLoops.closeAfterWrites(channel);
        after(GO_AWAY_NANOS_MAX, this::close);
    }

    private void close() {
        closing = true;
        EventLoops.close(channel);
    }
}
