package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The server's end of one connection. */
final class ServerConnection extends SimpleChannelInboundHandler<Object> {
    private static final System.Logger LOG = System.getLogger(ServerConnection.class.getName());

    private final BoltServer server;
    private final FrameWriter writer;
    private final Responses responses;
    private final Channel channel;
    private final AtomicInteger unanswered = new AtomicInteger();
    // The connection's thread alone reads and writes it.
    private long lastReadNanos = System.nanoTime();

    ServerConnection(BoltServer server, Channel channel) {
        super(false);
        this.server = server;
        this.channel = channel;
        this.writer = new FrameWriter(channel);
        this.responses = new Responses(channel.alloc(), server.options().limits());
    }

    Channel channel() {
        return channel;
    }

    Responses responses() {
        return responses;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // it ends with the connection
    public void channelActive(ChannelHandlerContext context) {
        server.opened(this);
        long everyMs = Math.max(1, server.options().idle().toMillis() / 2);
        context.executor().scheduleAtFixedRate(this::closeIfIdle, everyMs, everyMs, TimeUnit.MILLISECONDS);
        context.fireChannelActive();
    }

    /** Most connections end with a word from the peer; those of a host that lost its power do not. */
    private void closeIfIdle() {
        if (!channel.isActive()) {
            // The loop's tasks end with this exception, which is how a periodic one stops itself.
            throw new CancellationException("the connection is closed");
        }
        long silent = System.nanoTime() - lastReadNanos;
        if (silent > server.options().idle().toNanos() && unanswered.get() == 0) {
            LOG.log(
                    Level.DEBUG,
                    "{0} has been silent for {1}; the connection is closed",
                    peer(),
                    server.options().idle());
            EventLoops.close(channel);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        server.closed(this);
        context.fireChannelInactive();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Object message) {
        lastReadNanos = System.nanoTime();
        switch (message) {
            case BoltFrame.Request request -> {
                unanswered.incrementAndGet();
                server.accept(this, request);
            }
            case BoltFrame.Heartbeat beat -> writer.write(new BoltFrame.HeartbeatAck(beat.dialect(), beat.id()));
            case BoltFrame.HeartbeatAck ack -> LOG.log(Level.DEBUG, "unasked-for {0} from {1}", ack, peer());
            case BoltFrame.Response response -> {
                response.release();
                LOG.log(Level.WARNING, "{0} sent a response, id {1}, to a server", peer(), response.id());
            }
            case BoltException e -> refuse(e);
            default -> throw new IllegalStateException("a message of type " + message.getClass());
        }
    }

    /** Answers what is no frame, if there is whom to answer, and closes the connection if it has to be. */
    private void refuse(BoltException e) {
        LOG.log(
                Level.WARNING,
                "bad frame from {0}: {1}; the connection {2}",
                peer(),
                e.getMessage(),
                e.connectionSurvives() ? "goes on" : "is closed");
        e.requestId().ifPresent(id -> {
            var code = e.kind() == BoltException.Kind.LENGTH_OUT_OF_LIMIT
                    ? RpcException.Code.TOO_LARGE
                    : RpcException.Code.BAD_REQUEST;
            var failure = new RpcException(code, e.reason());
            writer.write(responses.bare(BoltDialect.V1, id, BoltStatus.CODEC_EXCEPTION, failure));
        });
        if (!e.connectionSurvives()) {
            EventLoops.closeAfterWrites(channel);
        }
    }

    /** Sends the answer. */
    void answer(BoltFrame.Response response) {
        writer.write(response);
        answered();
    }

    /** A request is done with, be it answered or one-way. */
    void answered() {
        if (unanswered.decrementAndGet() == 0) {
            closeIfDraining();
        }
    }

    /** Closes a connection on which nothing is outstanding, behind what is still to be written. */
    void closeIfDraining() {
        if (server.isDraining() && unanswered.get() == 0) {
            EventLoops.closeAfterWrites(channel);
        }
    }

    /** A client that does not read its answers gets to send no more requests. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        channel.config().setAutoRead(channel.isWritable());
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A reset by the peer is its good right; anything else is worth a look.
        LOG.log(cause instanceof IOException ? Level.DEBUG : Level.ERROR, "connection of " + peer() + " fails", cause);
        EventLoops.close(channel);
    }

    private String peer() {
        return String.valueOf(channel.remoteAddress());
    }
}
