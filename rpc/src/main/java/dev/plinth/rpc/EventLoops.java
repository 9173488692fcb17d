package dev.plinth.rpc;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Netty's threads, on epoll where the machine has it. */
public final class EventLoops {
    private static final boolean EPOLL = Epoll.isAvailable();
    private static final int QUIET_MS = 0;
    private static final int STOP_MS_MAX = 2_000;

    private EventLoops() {}

    /** Threads that channels of {@link #serverChannel} run on. */
    public static EventLoopGroup group(String name, int threads) {
        IoHandlerFactory io = EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), io);
    }

    static Class<? extends SocketChannel> channel() {
        return EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    /** What listens. */
    public static Class<? extends ServerChannel> serverChannel() {
        return EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    /** Closes it when what was given to it to write before has left this process. */
    public static void closeAfterWrites(Channel channel) {
        try {
            channel.eventLoop().execute(() -> flushAndClose(channel));
        } catch (RejectedExecutionException e) {
            // The loop has ended, and closed all its channels.
            close(channel);
        }
    }

    /** The empty write is done when those before it are; a plain close would drop what the socket has no room for yet. */
    @SuppressWarnings("FutureReturnValueIgnored") // the listener is all that is wanted of it
    private static void flushAndClose(Channel channel) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /** Closes it, now or soon; whoever wants to know hears of it in the channel's handler. */
    @SuppressWarnings("FutureReturnValueIgnored") // what cannot be closed is closed
    public static void close(Channel channel) {
        channel.close();
    }

    /** Waits until their channels are closed, for 2 s at most. */
    public static void stop(EventLoopGroup group) {
        group.shutdownGracefully(QUIET_MS, STOP_MS_MAX, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(STOP_MS_MAX, TimeUnit.MILLISECONDS);
    }
}
