package dev.plinth.registry.door.sofa;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.door.Turnstile;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.rpc.BoltListener;
import dev.plinth.wire.bolt.BoltLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The registry for SOFARegistry's clients: over HTTP they ask which servers there are, and over Bolt they publish and subscribe.
 *
 * <ul>
 *   <li>{@code GET /api/servers/query}: {@code host:port;host:port}; {@code /api/servers/queryWithWeight} with {@code ?weight=100}
 *       behind each.
 *   <li>{@code GET /health/check}: 200.
 * </ul>
 *
 * <p>Source: {@code com.alipay.sofa:registry-client-all:6.5.6}, {@code DefaultServerManager} and {@code WorkerThread}.
 */
public final class SofaRegistryDoor implements AutoCloseable {
    /** Bytes of one request: as many as the largest texts of a publisher take. */
    private static final int FRAME_BYTES_MAX = 4 << 20;

    private static final long PARTIAL_BYTES_MAX = 64L << 20;

    private final Server http;
    private final BoltListener bolt;
    private final ConfigListeners listeners;

    private SofaRegistryDoor(Server http, BoltListener bolt, ConfigListeners listeners) {
        this.http = http;
        this.bolt = bolt;
        this.listeners = listeners;
    }

    /**
     * Opens the door.
     *
     * @param admitted from where clients may come; others' connections are closed
     * @param servers the Bolt addresses that clients are told of, {@code host:port}; if there are none, this server's own
     * @param workers requests may wait in them, so they are as many as it takes: virtual threads
     * @throws IOException if a port is taken
     */
    public static SofaRegistryDoor open(
            Registry registry,
            Configs configs,
            InetSocketAddress httpAddress,
            InetSocketAddress boltAddress,
            Predicate<InetAddress> admitted,
            List<String> servers,
            Clock clock,
            Executor workers)
            throws IOException {
        var listeners = ConfigListeners.open(configs, workers);
        var mirrors = new ServiceMirrors(registry, clock, workers);
        BoltListener bolt;
        try {
            bolt = BoltListener.open(
                    boltAddress,
                    admitted,
                    new BoltListener.Bounds(
                            RegistryLimits.SESSIONS_MAX, new BoltLimits(FRAME_BYTES_MAX), PARTIAL_BYTES_MAX),
                    connection ->
                            new SofaConnection(registry, mirrors, configs, listeners, clock, workers, connection));
        } catch (IOException e) {
            listeners.close();
            throw e;
        }
        var own = boltAddress.getHostString() + ":" + bolt.address().getPort();
        try {
            return new SofaRegistryDoor(
                    http(httpAddress, admitted, servers.isEmpty() ? List.of(own) : servers), bolt, listeners);
        } catch (CompletionException e) {
            bolt.close();
            listeners.close();
            throw new IOException("cannot listen on " + httpAddress + ": " + e.getCause(), e);
        }
    }

    private static Server http(InetSocketAddress address, Predicate<InetAddress> admitted, List<String> servers) {
        var plain = String.join(";", servers);
        var weighted = servers.stream().map(server -> server + "?weight=100").collect(Collectors.joining(";"));
        var server = Server.builder()
                .http(address)
                .childChannelPipelineCustomizer(Turnstile.onPipelines(admitted))
                .service("/api/servers/query", (_, _) -> text(plain))
                .service("/api/servers/queryWithWeight", (_, _) -> text(weighted))
                .service("/health/check", (_, _) -> text("{\"success\":true}"))
                .build();
        server.start().join();
        return server;
    }

    private static HttpResponse text(String text) {
        return HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, text);
    }

    /** Where clients ask for servers. */
    public InetSocketAddress httpAddress() {
        return Turnstile.address(http);
    }

    /** Where clients publish and subscribe. */
    public InetSocketAddress boltAddress() {
        return bolt.address();
    }

    @Override
    public void close() {
        http.stop().join();
        bolt.close();
        listeners.close();
    }
}
