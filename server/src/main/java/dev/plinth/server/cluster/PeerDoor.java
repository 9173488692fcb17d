package dev.plinth.server.cluster;

import dev.plinth.server.Listen;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Where the cluster's other servers reach this one off loopback: their calls alone, over mutual TLS. Consoles, commands and clients have
 * other doors.
 */
public final class PeerDoor implements AutoCloseable {
    private static final int STOP_SECONDS_MAX = 3;

    private final Server server;

    private PeerDoor(Server server) {
        this.server = server;
    }

    /**
     * Opens it.
     *
     * @param services what servers ask of one another
     * @param messageBytesMax of one message
     * @throws IOException if the port is taken
     */
    public static PeerDoor open(
            Listen listen, PeerTls tls, List<BindableService> services, int messageBytesMax, Executor workers)
            throws IOException {
        var builder = NettyServerBuilder.forAddress(listen.address())
                .sslContext(tls.server())
                .maxInboundMessageSize(messageBytesMax)
                .executor(workers);
        services.forEach(builder::addService);
        try {
            return new PeerDoor(builder.build().start());
        } catch (IOException e) {
            throw new IOException("cluster: http of this server: cannot listen on " + listen + ": " + e.getCause(), e);
        }
    }

    @Override
    public void close() {
        server.shutdown();
        try {
            if (!server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
