package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The server's end of a connection of {@link BoltListener}. Callable from any thread. */
public final class BoltConnection {
    private static final System.Logger LOG = System.getLogger(BoltConnection.class.getName());

    private final Channel channel;
    private final FrameWriter writer;
    private final Responses responses;

    BoltConnection(Channel channel, BoltLimits limits) {
        this.channel = channel;
        this.writer = new FrameWriter(channel);
        this.responses = new Responses(channel.alloc(), limits);
    }

    /** The other side's address, without its port; "unknown" if it is gone already. */
    public String remoteHost() {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : "unknown";
    }

    /** Sends a frame, which is used up; if the connection is closed, it is dropped. */
    public void write(BoltFrame frame) {
        writer.write(frame);
    }

    /** Answers without a body. */
    public void refuse(BoltDialect dialect, int id, BoltStatus status, RpcException failure) {
        writer.write(responses.bare(dialect, id, status, failure));
    }

    /** Closes it behind what was written before. */
    public void close() {
        EventLoops.closeAfterWrites(channel);
    }

    /** What comes over the connection, to whoever serves it. */
    static final class Inbound extends SimpleChannelInboundHandler<Object> {
        private final BoltListener listener;
        private final BoltConnection connection;
        private BoltListener.@Nullable Served served;

        Inbound(BoltListener listener, BoltConnection connection) {
            super(false);
            this.listener = listener;
            this.connection = connection;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            served = listener.opened(connection);
            context.fireChannelActive();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            listener.closed(connection);
            if (served != null) {
                served.closed();
            }
            context.fireChannelInactive();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Object message) {
            switch (message) {
                case BoltFrame frame -> {
                    if (served == null) {
                        frame.release();
                    } else {
                        served.frame(frame);
                    }
                }
                case BoltException e -> refuse(e);
                default -> throw new IllegalStateException("a message of type " + message.getClass());
            }
        }

        private void refuse(BoltException e) {
            LOG.log(
                    Level.WARNING,
                    "bad frame from {0}: {1}; the connection {2}",
                    connection.channel.remoteAddress(),
                    e.getMessage(),
                    e.connectionSurvives() ? "goes on" : "is closed");
            e.requestId()
                    .ifPresent(id -> connection.refuse(
                            BoltDialect.V1,
                            id,
                            BoltStatus.CODEC_EXCEPTION,
                            new RpcException(RpcException.Code.BAD_REQUEST, e.reason())));
            if (!e.connectionSurvives()) {
                connection.close();
            }
        }

        /** Who does not read what it is told gets to say no more. */
        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
            context.fireChannelWritabilityChanged();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A reset by the peer is its good right; anything else is worth a look.
            LOG.log(
                    cause instanceof IOException ? Level.DEBUG : Level.ERROR,
                    "connection of " + context.channel().remoteAddress() + " fails",
                    cause);
            EventLoops.close(context.channel());
        }
    }
}
