package dev.plinth.rpc.grpc;

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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One client's connection of HTTP/2 (RFC 9113), as far as gRPC needs it. On its event loop, but for what says otherwise. */
final class Http2Connection extends ByteToMessageDecoder {
    /*
     * A frame goes from the socket to the service on one thread and through no queue, and what is answered meanwhile leaves with one write
     * when all that has come is read. What a client sends is consumed as it comes, so its windows are opened again at once, but for a call
     * whose service has enough: what bounds it is the length of a message, and what may have come of messages that are not whole. What we send waits for the client's windows and
     * for the socket; while the socket takes nothing, nothing is read either, for every answer would only add to what waits.
     */
    private static final System.Logger LOG = System.getLogger(Http2Connection.class.getName());

    /** What a client may send before it hears that there is more room: of one call, and of all. */
    static final int WINDOW = 1 << 20;

    private static final int HEADER_BYTES_MAX = 8_192;

    /** For a client that takes nothing, and so does not hear that it is to go. */
    private static final long GO_AWAY_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

    private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

    private final SocketChannel channel;
    private final InetSocketAddress from;
    private final GrpcBounds bounds;
    private final GrpcService.Connected accept;
    private final DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader(
            // Of the headers only the few that are looked at matter, so they are not checked further.
            new DefaultHttp2HeadersDecoder(false, HEADER_BYTES_MAX));
    private final Heard heard = new Heard(this);
    private final Floods floods;
    private final Messages messages;
    private final Outgoing outgoing;
    private final IntObjectHashMap<GrpcCall> calls = new IntObjectHashMap<>();

    /** Of other threads. */
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean scheduled = new AtomicBoolean();

    private @Nullable GrpcService service;
    private @Nullable Future<?> alarm;
    private boolean prefaced;
    private boolean shaken;
    private boolean closing;
    private int lastStream;
    private int room = WINDOW;
    private int windowOfCalls = Http2CodecUtil.DEFAULT_WINDOW_SIZE;
    private long idleSince;

    Http2Connection(SocketChannel channel, InetSocketAddress from, GrpcBounds bounds, GrpcService.Connected accept) {
        this.channel = channel;
        this.from = from;
        this.bounds = bounds;
        this.accept = accept;
        this.floods = new Floods(bounds.pingsApartMin());
        this.messages = new Messages(bounds, floods, channel.alloc());
        this.outgoing = new Outgoing(channel, floods, this::forget);
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

    /** One thing is waited for at a time: the handshake, that nothing is asked any more, or that the connection is closed. */
    private void after(long nanos, Runnable task) {
        if (alarm != null) {
            alarm.cancel(false);
        }
        alarm = channel.eventLoop().schedule(task, nanos, TimeUnit.NANOSECONDS);
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
        outgoing.gather();
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
        outgoing.frames().settings(outgoing.out(), bounds.callsMax(), WINDOW, HEADER_BYTES_MAX);
        outgoing.frames().windowUpdate(outgoing.out(), 0, WINDOW - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
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
        outgoing.leave();
        super.channelReadComplete(ctx);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        channel.config().setAutoRead(channel.isWritable());
        if (channel.isWritable()) {
            writeAll();
            outgoing.flush();
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
        if (alarm != null) {
            alarm.cancel(false);
        }
        outgoing.release();
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
        outgoing.frames().settingsAck(outgoing.out());
        writeAll();
    }

    void ping(long data) throws Http2Exception {
        idleFrame();
        if (!floods.ping(System.nanoTime())) {
            throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too_many_pings");
        }
        outgoing.frames().pingAck(outgoing.out(), data);
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
            if (!outgoing.widen(more)) {
                throw Http2Exception.connectionError(
                        Http2Error.FLOW_CONTROL_ERROR, "a window of 2^31 bytes or more: expected fewer");
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
                outgoing.write(call);
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
            outgoing.frames().reset(outgoing.out(), stream, Http2Error.REFUSED_STREAM.code());
            return;
        }
        begin(new GrpcCall(this, stream, windowOfCalls, WINDOW), headers);
        var begun = calls.get(stream);
        if (last && begun != null) {
            messages.heardAll(begun);
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
            messages.heardAll(call);
        }
    }

    private void begin(GrpcCall call, Http2Headers headers) {
        var refused = Requests.refused(headers);
        if (refused.isPresent()) {
            outgoing.frames().status(outgoing.out(), call.stream, refused.getAsInt());
            outgoing.frames().reset(outgoing.out(), call.stream, Http2Error.NO_ERROR.code());
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
            outgoing.frames().windowUpdate(outgoing.out(), 0, WINDOW - room);
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
        if (!last) {
            widen(call);
        }
        messages.heard(call, data);
        if (last) {
            messages.heardAll(call);
        }
    }

    /** Gives a call's client room again, if little is left and there may be more. */
    void widen(GrpcCall call) {
        if (call.room <= WINDOW / 2 && !call.held && !call.heardAll) {
            outgoing.frames().windowUpdate(outgoing.out(), call.stream, WINDOW - call.room);
            call.room = WINDOW;
        }
    }

    // ---- what other threads want

    boolean isMine() {
        return channel.eventLoop().inEventLoop();
    }

    /**
     * Runs it on the connection's thread: now, if this is it, after what came from others before. From any thread; if the connection is
     * over, not at all.
     */
    void execute(Runnable task) {
        if (isMine()) {
            catchUp();
            task.run();
            outgoing.flush();
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
        catchUp();
        outgoing.flush();
    }

    /** Does what others brought. */
    void catchUp() {
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    // ---- what goes

    Outgoing outgoing() {
        return outgoing;
    }

    private void writeAll() {
        if (calls.isEmpty()) {
            return;
        }
        for (var call : new ArrayList<>(calls.values())) {
            outgoing.write(call);
        }
    }

    private void forget(GrpcCall call) {
        calls.remove(call.stream);
        messages.forget(call);
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
        outgoing.frames().reset(outgoing.out(), stream, error.code());
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
        outgoing.frames().goAway(outgoing.out(), lastStream, error.code(), why);
        outgoing.leave();
        closing = true;
        EventLoops.closeAfterWrites(channel);
        after(GO_AWAY_NANOS_MAX, this::close);
    }

    private void close() {
        closing = true;
        EventLoops.close(channel);
    }
}
