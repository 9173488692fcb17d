package dev.plinth.rpc;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Netty's threads, on epoll where the machine has it, and what listens on them. */
public final class EventLoops {
    private static final boolean EPOLL = Epoll.isAvailable();

    /** Connections that the system accepts before we do. */
    private static final int BACKLOG = 1_024;

    private static final int QUIET_MS = 0;
    private static final int STOP_MS_MAX = 2_000;

    private EventLoops() {}

    /** Threads that {@link #listen} and its connections run on. */
    public static EventLoopGroup group(String name, int threads) {
        IoHandlerFactory io = EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), io);
    }

    static Class<? extends SocketChannel> channel() {
        return EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    /**
     * Listens for connections of TCP.
     *
     * @param accepting threads that wait for connections
     * @param serving threads that the connections run on; may be the same
     * @param accept is given each connection, on the connection's thread, before anything of it is read
     * @throws IOException if the address cannot be bound; it says which, and the threads are stopped
     */
    public static Channel listen(
            InetSocketAddress address, EventLoopGroup accepting, EventLoopGroup serving, Consumer<SocketChannel> accept)
            throws IOException {
        var bind = new ServerBootstrap()
                .group(accepting, serving)
                .channel(EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel connection) {
                        accept.accept(connection);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bind.isSuccess()) {
            stop(accepting);
            stop(serving);
            throw new IOException(
                    "cannot listen on " + address + ": " + bind.cause().getMessage(), bind.cause());
        }
        return bind.channel();
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
