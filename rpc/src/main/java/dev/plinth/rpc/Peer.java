package dev.plinth.rpc;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One address that a client calls: its connection, made when it is needed, and how connecting went. */
final class Peer {
    static final int WRITE_BYTES_MAX = 32 << 20;
    private static final int DOUBLINGS_MAX = 16;

    private final String address;
    private final Bootstrap bootstrap;
    private final ClientOptions options;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by the lock; read without it where a value of a moment ago will do.
    private volatile @Nullable CompletableFuture<ClientConnection> connection;
    private volatile int failures;
    private volatile long retryAtNanos;

    Peer(Endpoint endpoint, ClientOptions options, EventLoopGroup loops) {
        this.address = endpoint.address();
        this.options = options;
        this.bootstrap = new Bootstrap()
                .group(loops)
                .channel(EventLoops.channel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        options.connectTimeout().toMillis())
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(WRITE_BYTES_MAX / 2, WRITE_BYTES_MAX))
                .remoteAddress(endpoint.host(), endpoint.port())
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(
                                        new FrameReader(options.limits(), PartialFrames.UNBOUNDED),
                                        new ClientConnection(address, options, channel));
                    }
                });
    }

    String address() {
        return address;
    }

    /** Whether connecting failed lately, so that another address should be tried first. */
    boolean isBackingOff() {
        return failures > 0 && System.nanoTime() - retryAtNanos < 0;
    }

    /** Whether there is nothing that would be lost with this object. */
    boolean isUnused() {
        CompletableFuture<ClientConnection> current = connection;
        return current == null || (current.isDone() && open(current) == null && !isBackingOff());
    }

    /** Calls of ours that it has not answered; those of a connection that is being made count as none. */
    int inFlight() {
        ClientConnection open = open(connection);
        return open == null ? 0 : open.inFlight();
    }

    /**
     * The connection, made if there is none; several callers share one attempt.
     *
     * @throws RpcException {@code UNAVAILABLE} if it cannot be made
     */
    ClientConnection connect(Deadline deadline) {
        ClientConnection open = open(connection);
        if (open != null) {
            return open;
        }
        Deadline attempt = Deadline.in(options.connectTimeout().plusMillis(100)).or(deadline);
        try {
            return Awaiting.get(connecting(), attempt, "connection to " + address);
        } catch (RpcException e) {
            // Whatever it was, nothing has been sent.
            var code = e.code() == RpcException.Code.INTERRUPTED ? e.code() : RpcException.Code.UNAVAILABLE;
            throw new RpcException(code, "cannot connect to " + address + ": " + e.detail(), e);
        }
    }

    private static @Nullable ClientConnection open(@Nullable CompletableFuture<ClientConnection> future) {
        if (future == null || !future.isDone() || future.isCompletedExceptionally()) {
            return null;
        }
        ClientConnection made = future.join();
        return made.isOpen() ? made : null;
    }

    private CompletableFuture<ClientConnection> connecting() {
        lock.lock();
        try {
            CompletableFuture<ClientConnection> current = connection;
            if (current != null && (!current.isDone() || open(current) != null)) {
                return current;
            }
            CompletableFuture<ClientConnection> attempt = new CompletableFuture<>();
            connection = attempt;
            bootstrap.connect().addListener((io.netty.channel.ChannelFuture made) -> {
                if (made.isSuccess()) {
                    connected(made.channel(), attempt);
                } else {
                    failed(made.cause(), attempt);
                }
            });
            return attempt;
        } finally {
            lock.unlock();
        }
    }

    private void connected(Channel channel, CompletableFuture<ClientConnection> attempt) {
        failures = 0;
        attempt.complete(channel.pipeline().get(ClientConnection.class));
    }

    private void failed(Throwable cause, CompletableFuture<ClientConnection> attempt) {
        lock.lock();
        try {
            failures = Math.min(failures + 1, DOUBLINGS_MAX);
            retryAtNanos = System.nanoTime() + backOff(failures).toNanos();
        } finally {
            lock.unlock();
        }
        attempt.completeExceptionally(
                new RpcException(RpcException.Code.UNAVAILABLE, String.valueOf(cause.getMessage()), cause));
    }

    /** Twice as long after each failure, and up to half of that less, so that not all clients come back at once. */
    private Duration backOff(int failuresSoFar) {
        Duration longest = options.backOffMin().multipliedBy(1L << (failuresSoFar - 1));
        if (longest.compareTo(options.backOffMax()) > 0) {
            longest = options.backOffMax();
        }
        long millis = longest.toMillis();
        return Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    }

    /** Closes the connection. */
    void close(String why) {
        ClientConnection open = open(connection);
        if (open != null) {
            open.close(why);
        }
    }
}
