package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The client's end of one connection, shared by many calls at once. */
final class ClientConnection extends SimpleChannelInboundHandler<Object> {
    private static final System.Logger LOG = System.getLogger(ClientConnection.class.getName());
    private static final Duration OVERLOADED_RETRY_AFTER = Duration.ofMillis(50);
    private static final int SILENT_HEARTBEATS_MAX = 3;

    private final String address;
    private final ClientOptions options;
    private final Channel channel;
    private final FrameWriter writer;
    private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger ids = new AtomicInteger();
    // Written by the connection's thread and callers, read by the connection's thread; a stale value makes a heartbeat
    // late.
    private volatile long lastReadNanos = System.nanoTime();
    private volatile long lastCallNanos = System.nanoTime();
    // Written once by the connection's thread; callers that read too early are told by their own Pending.
    private volatile @Nullable String closedBecause;

    ClientConnection(String address, ClientOptions options, Channel channel) {
        super(false);
        this.address = address;
        this.options = options;
        this.channel = channel;
        this.writer = new FrameWriter(channel);
    }

    boolean isOpen() {
        return closedBecause == null && channel.isActive();
    }

    int inFlight() {
        return inFlight.get();
    }

    ByteBufAllocator allocator() {
        return channel.alloc();
    }

    /** Makes a request's frame for an id. */
    interface RequestMaker {
        BoltFrame.Request make(int id);
    }

    /**
     * Sends a request, and waits for the response.
     *
     * @throws RpcException {@code TIMEOUT}; {@code UNAVAILABLE} if it was surely not sent; {@code CONNECTION_LOST}; {@code
     *     OVERLOADED} beyond a limit of this side
     */
    BoltFrame.Response call(RequestMaker maker, Deadline deadline) {
        enter();
        int id = ids.incrementAndGet();
        Pending waiting = new Pending();
        pending.put(id, waiting);
        try {
            send(maker.make(id), waiting);
            return await(waiting, deadline);
        } finally {
            pending.remove(id);
            inFlight.decrementAndGet();
        }
    }

    /** Sends a one-way request, and waits until it went to the socket. */
    void sendOneWay(RequestMaker maker, Deadline deadline) {
        enter();
        int id = ids.incrementAndGet();
        // It is among the pending ones, to be told if the connection breaks first; no response will come.
        Pending waiting = new Pending();
        pending.put(id, waiting);
        try {
            writer.write(maker.make(id), waiting::mayBeSent);
            brokeMeanwhile(waiting);
            Awaiting.get(waiting.sent, deadline, "one-way request to " + address);
        } finally {
            pending.remove(id);
            inFlight.decrementAndGet();
        }
    }

    private void enter() {
        lastCallNanos = System.nanoTime();
        if (inFlight.incrementAndGet() > options.inFlightMax()) {
            inFlight.decrementAndGet();
            throw RpcException.overloaded(
                    "inFlightMax = " + options.inFlightMax() + " calls of " + address + " have no answer yet",
                    OVERLOADED_RETRY_AFTER);
        }
        if (!channel.isWritable() && channel.isActive()) {
            inFlight.decrementAndGet();
            throw RpcException.overloaded(
                    address + " does not take what was sent to it: more than WRITE_BYTES_MAX = " + Peer.WRITE_BYTES_MAX
                            + " bytes are waiting",
                    OVERLOADED_RETRY_AFTER);
        }
    }

    private void send(BoltFrame.Request request, Pending waiting) {
        writer.write(request, waiting::mayBeSent);
        brokeMeanwhile(waiting);
    }

    /** If the connection broke before the request was among the pending ones, nobody told it. */
    private void brokeMeanwhile(Pending waiting) {
        String reason = closedBecause;
        if (reason != null) {
            waiting.broke(reason);
        }
    }

    private BoltFrame.Response await(Pending waiting, Deadline deadline) {
        try {
            return Awaiting.get(waiting.response, deadline, "answer from " + address);
        } catch (RpcException e) {
            waiting.abandon();
            throw e;
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // it ends with the connection
    public void channelActive(ChannelHandlerContext context) {
        long everyMs = options.heartbeat().toMillis();
        context.executor().scheduleAtFixedRate(this::beat, everyMs, everyMs, TimeUnit.MILLISECONDS);
        context.fireChannelActive();
    }

    private void beat() {
        if (!channel.isActive()) {
            // The loop's tasks end with this exception, which is how a periodic one stops itself.
            throw new CancellationException("the connection is closed");
        }
        long now = System.nanoTime();
        long silent = now - lastReadNanos;
        if (silent > SILENT_HEARTBEATS_MAX * options.heartbeat().toNanos()) {
            close(address + " has been silent for " + TimeUnit.NANOSECONDS.toMillis(silent) + " ms");
        } else if (inFlight.get() == 0 && now - lastCallNanos > options.idle().toNanos()) {
            close("nothing was called at " + address + " for " + options.idle());
        } else if (silent >= options.heartbeat().toNanos()) {
            writer.write(new BoltFrame.Heartbeat(BoltDialect.V1, ids.incrementAndGet()));
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Object message) {
        lastReadNanos = System.nanoTime();
        switch (message) {
            case BoltFrame.Response response -> {
                Pending waiting = pending.get(response.id());
                if (waiting == null) {
                    // Its caller waits no more.
                    response.release();
                } else {
                    waiting.complete(response);
                }
            }
            case BoltFrame.HeartbeatAck ack -> LOG.log(Level.TRACE, "{0} from {1}", ack, address);
            case BoltFrame.Heartbeat beat -> writer.write(new BoltFrame.HeartbeatAck(beat.dialect(), beat.id()));
            case BoltFrame.Request request -> {
                request.release();
                LOG.log(Level.WARNING, "{0} sent a request, id {1}, to a client", address, request.id());
            }
            case BoltException e -> bad(e);
            default -> throw new IllegalStateException("a message of type " + message.getClass());
        }
    }

    private void bad(BoltException e) {
        LOG.log(Level.WARNING, "bad frame from {0}: {1}", address, e.getMessage());
        e.requestId().ifPresent(id -> {
            Pending waiting = pending.get(id);
            if (waiting != null) {
                waiting.response.completeExceptionally(
                        new RpcException(RpcException.Code.BAD_RESPONSE, "from " + address + ": " + e.getMessage(), e));
            }
        });
        if (!e.connectionSurvives()) {
            close("bad frame from " + address + ": " + e.getMessage());
        }
    }

    /** Closes it; calls that are outstanding hear why. */
    void close(String why) {
        if (closedBecause == null) {
            closedBecause = why;
        }
        EventLoops.close(channel);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        String why = closedBecause;
        if (why == null) {
            why = address + " closed the connection";
            closedBecause = why;
        }
        for (Pending each : pending.values()) {
            each.broke(why);
        }
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.log(Level.ERROR, "connection to " + address + " fails", cause);
        }
        close("the connection to " + address + " failed: " + cause.getMessage());
    }
}
