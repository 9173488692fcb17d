package dev.plinth.registry.door.nacos;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.registry.persistent.PersistentEndpoints;
import dev.plinth.rpc.grpc.GrpcBounds;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.rpc.grpc.GrpcCode;
import dev.plinth.rpc.grpc.GrpcServer;
import dev.plinth.rpc.grpc.GrpcService;
import dev.plinth.wire.nacos.BiRequestStreamGrpc;
import dev.plinth.wire.nacos.Payload;
import dev.plinth.wire.nacos.RequestGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * The registry and the configuration for Nacos's clients 2.x and 3.x, on a port of its own.
 *
 * <p>A client finds it at the port of its server's HTTP plus 1,000 (its property {@code nacos.server.grpc.port.offset}).
 */
public final class NacosDoor implements AutoCloseable {
    /*
     * On a port of its own and not on the one that all our own doors share: the protocol knows a client by its connection. What a
     * client registered lives as long as the connection over which it did, and a request says nothing of who asks.
     *
     * Requests are taken on the transport's threads, in the order in which the client sent them. What may wait has a thread of its own
     * from there on (NacosConnection).
     */
    private static final String ASKED = "/" + RequestGrpc.getRequestMethod().getFullMethodName();
    private static final String STREAM =
            "/" + BiRequestStreamGrpc.getRequestBiStreamMethod().getFullMethodName();

    /** Requests of one connection that are under way: what more it has waits at its end. */
    static final int CALLS_MAX = 128;

    private static final GrpcBounds BOUNDS =
            new GrpcBounds(10 << 20, CALLS_MAX, Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofSeconds(60));

    private final GrpcServer server;
    private final ConfigListeners listeners;

    private NacosDoor(GrpcServer server, ConfigListeners listeners) {
        this.server = server;
        this.listeners = listeners;
    }

    /**
     * Opens the door.
     *
     * @param admitted from where clients may come; others' connections are closed before anything of theirs is read
     * @param workers requests may wait in them, so they are as many as it takes: virtual threads
     * @throws IOException if the port is taken
     */
    public static NacosDoor open(
            Registry registry,
            Configs configs,
            PersistentEndpoints persistent,
            InetSocketAddress address,
            Predicate<InetAddress> admitted,
            Clock clock,
            Executor workers)
            throws IOException {
        var listeners = ConfigListeners.open(configs, workers);
        var mirrors = new ServiceMirrors(registry, clock, workers);
        var numbers = new AtomicLong();
        try {
            var server = GrpcServer.open("plinth-nacos", address, admitted, BOUNDS, from -> {
                var ip = from.getHostString();
                return new Served(new NacosConnection(
                        registry,
                        persistent,
                        mirrors,
                        new NacosConfigs(configs, listeners, ip),
                        clock,
                        workers,
                        ip,
                        numbers.incrementAndGet() + "_" + ip));
            });
            return new NacosDoor(server, listeners);
        } catch (IOException e) {
            listeners.close();
            throw e;
        }
    }

    /** What a connection is served by. */
    private record Served(NacosConnection connection) implements GrpcService {
        @Override
        public Optional<Listener> begin(String path, GrpcCall call) {
            if (path.equals(ASKED)) {
                return Optional.of(new AskedCall(connection, call));
            }
            return path.equals(STREAM) ? Optional.of(new ClientStream(connection, call)) : Optional.empty();
        }

        @Override
        public void closed() {
            connection.broken();
        }
    }

    /** Where a client says who it is, and is told what it did not ask for. */
    private record ClientStream(NacosConnection connection, GrpcCall call, Pushes pushes)
            implements GrpcService.Listener {
        ClientStream(NacosConnection connection, GrpcCall call) {
            this(connection, call, connection.stream(call));
        }

        @Override
        public void heard(ByteString message) {
            payload(call, message).ifPresent(connection::heard);
        }

        @Override
        public void halfClosed() {
            connection.ended();
            call.end(GrpcCode.OK, "");
        }

        @Override
        public void cancelled() {
            pushes.stop();
            connection.broken();
        }

        @Override
        public void ready() {
            pushes.ready();
        }
    }

    /** Reads a message, or ends its call. */
    static Optional<Payload> payload(GrpcCall call, ByteString message) {
        try {
            return Optional.of(Payload.parseFrom(message));
        } catch (InvalidProtocolBufferException e) {
            call.end(GrpcCode.INVALID_ARGUMENT, "the message is no Payload: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.address();
    }

    @Override
    public void close() {
        listeners.close();
        server.close();
    }
}
