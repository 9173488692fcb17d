package dev.plinth.trust.control.door.spiffe;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.control.Trust;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The SPIFFE Workload API on a Unix domain socket, for every process of this host: what it gets follows from what it is. */
public final class WorkloadApiDoor implements AutoCloseable {
    /** Bytes of a socket's path, as the kernel takes it. */
    private static final int PATH_BYTES_MAX = 107;

    private static final int REQUEST_BYTES_MAX = 128 << 10;

    /** Of one connection, at once. A client has four kinds of streams, and asks for tokens beside them. */
    private static final int CALLS_MAX = 100;

    private static final int STOP_SECONDS_MAX = 3;

    private final Path socket;
    private final EventLoopGroup loop;
    private final Server server;
    private final WorkloadApi api;

    private WorkloadApiDoor(Path socket, EventLoopGroup loop, Server server, WorkloadApi api) {
        this.socket = socket;
        this.loop = loop;
        this.server = server;
        this.api = api;
    }

    /**
     * Opens the socket; its folder is made if it is not there.
     *
     * @param workers attest, sign and send; they refuse nothing
     * @throws IOException if another process serves it, or it cannot be opened; it says which
     */
    public static WorkloadApiDoor open(Trust trust, Path socket, Clock clock, Executor workers) throws IOException {
        var path = socket.toAbsolutePath();
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > PATH_BYTES_MAX) {
            throw new IOException(path + ": expected a path of at most " + PATH_BYTES_MAX + " bytes for a socket");
        }
        Files.createDirectories(path.getParent());
        clear(path);
        var attestor = new ProcessAttestor(Path.of("/proc"));
        var negotiator = new PeerNegotiator(attestor);
        var api = new WorkloadApi(trust, attestor, clock, workers);
        var loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("plinth-workload-api", true), EpollIoHandler.newFactory());
        try {
            var server = NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                    .channelType(EpollServerDomainSocketChannel.class)
                    .bossEventLoopGroup(loop)
                    .workerEventLoopGroup(loop)
                    .protocolNegotiator(negotiator)
                    .maxConcurrentCallsPerConnection(CALLS_MAX)
                    .maxInboundMessageSize(REQUEST_BYTES_MAX)
                    .executor(workers)
                    .intercept(negotiator)
                    .addService(api)
                    .build()
                    .start();
            // Whoever may connect gets what it is entitled to, and nothing else.
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
            return new WorkloadApiDoor(path, loop, server, api);
        } catch (IOException e) {
            api.close();
            var _ = loop.shutdownGracefully(0, STOP_SECONDS_MAX, TimeUnit.SECONDS);
            throw new IOException(path + ": cannot listen: " + e.getMessage(), e);
        }
    }

    /** A server that was killed leaves its socket behind. */
    private static void clear(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var attributes = Files.readAttributes(
                path, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isOther()) {
            throw new IOException(path + ": expected a socket or nothing, found a file");
        }
        try (var _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException(path + ": another process serves this socket");
        } catch (java.net.ConnectException e) {
            Files.delete(path);
        }
    }

    /** Where workloads find it, as in SPIFFE_ENDPOINT_SOCKET. */
    public String endpoint() {
        return "unix://" + socket;
    }

    @Override
    public void close() {
        api.close();
        server.shutdownNow();
        try {
            server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.shutdownGracefully(0, STOP_SECONDS_MAX, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
