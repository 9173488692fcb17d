package dev.plinth.rpc.grpc;

import dev.plinth.rpc.EventLoops;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Listens for gRPC's clients, in clear; gives each connection a service of its own. */
public final class GrpcServer implements AutoCloseable {
    private static final long GO_AWAY_MS_MAX = 1_000;

    private final EventLoopGroup listening;
    private final EventLoopGroup serving;
    private final Channel channel;
    private final ChannelGroup connections;

    private GrpcServer(EventLoopGroup listening, EventLoopGroup serving, Channel channel, ChannelGroup connections) {
        this.listening = listening;
        this.serving = serving;
        this.channel = channel;
        this.connections = connections;
    }

    /**
     * Opens it.
     *
     * @param name of its threads
     * @param admitted from where clients may come; others' connections are closed before anything of theirs is read
     * @param accept gives each connection its service
     * @throws IOException if the port is taken
     */
    public static GrpcServer open(
            String name,
            InetSocketAddress address,
            Predicate<InetAddress> admitted,
            GrpcBounds bounds,
            GrpcService.Connected accept)
            throws IOException {
        var listening = EventLoops.group(name + "-listen", 1);
        var serving = EventLoops.group(name, Runtime.getRuntime().availableProcessors());
        var connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        var channel = EventLoops.listen(address, listening, serving, connection -> {
            // It has none if it is gone already.
            var from = connection.remoteAddress();
            if (from != null && admitted.test(from.getAddress())) {
                connections.add(connection);
                connection.pipeline().addLast(new Http2Connection(connection, from, bounds, accept));
            } else {
                EventLoops.close(connection);
            }
        });
        return new GrpcServer(listening, serving, channel, connections);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Tells all clients to go, and closes their connections. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        for (var connection : connections) {
            var http2 = connection.pipeline().get(Http2Connection.class);
            if (http2 != null) {
                http2.execute(() -> http2.goAway(Http2Error.NO_ERROR, "the server stops"));
            }
        }
        connections.newCloseFuture().awaitUninterruptibly(GO_AWAY_MS_MAX, TimeUnit.MILLISECONDS);
        EventLoops.stop(listening);
        EventLoops.stop(serving);
    }
}
