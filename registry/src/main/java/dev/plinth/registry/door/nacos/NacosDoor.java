package dev.plinth.registry.door.nacos;

import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.Turnstile;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.registry.persistent.PersistentEndpoints;
import dev.plinth.rpc.EventLoops;
import dev.plinth.wire.nacos.BiRequestStreamGrpc;
import dev.plinth.wire.nacos.Payload;
import dev.plinth.wire.nacos.RequestGrpc;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The registry and the configuration for Nacos's clients 2.x and 3.x, on a port of its own.
 *
 * <p>A client finds it at the port of its server's HTTP plus 1,000 (its property {@code nacos.server.grpc.port.offset}).
 */
public final class NacosDoor implements AutoCloseable {
    /*
     * On gRPC's own server and not on the port that all our own doors share: the protocol knows a client by its connection. What a
     * client registered lives as long as the connection over which it did, and a request says nothing of who asks.
     *
     * Requests are taken on the transport's threads, in the order in which the client sent them. What may wait has a thread of its own
     * from there on (NacosConnection).
     */
    private static final Attributes.Key<NacosConnection> OF_TRANSPORT = Attributes.Key.create("nacos-connection");
    private static final int MESSAGE_BYTES_MAX = 10 << 20;
    private static final long PING_SECONDS_MIN = 5;
    private static final long IDLE_SECONDS_MAX = 60;

    /** Until a connection has said that it speaks HTTP/2. */
    private static final long HANDSHAKE_SECONDS_MAX = 10;

    /** Requests of one connection that are under way: what more it has waits at its end. */
    static final int CALLS_MAX = 128;

    private static final long STOP_SECONDS_MAX = 3;

    private static final int LISTENING_THREADS = 1;

    private final Server server;
    private final Loops loops;
    private final ConfigListeners listeners;

    private NacosDoor(Server server, Loops loops, ConfigListeners listeners) {
        this.server = server;
        this.loops = loops;
        this.listeners = listeners;
    }

    /** gRPC's own cannot be had together with a channel of one's own that listens, which the turnstile is on. */
    private record Loops(EventLoopGroup listening, EventLoopGroup serving) {
        static Loops start() {
            return new Loops(
                    EventLoops.group("plinth-nacos-listen", LISTENING_THREADS),
                    EventLoops.group("plinth-nacos", Runtime.getRuntime().availableProcessors()));
        }

        void stop() {
            EventLoops.stop(listening);
            EventLoops.stop(serving);
        }
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
        var loops = Loops.start();
        var listen = NettyServerBuilder.forAddress(address)
                .channelFactory(() -> listening(admitted))
                .bossEventLoopGroup(loops.listening())
                .workerEventLoopGroup(loops.serving());
        try {
            return new NacosDoor(
                    start(listen, registry, configs, persistent, listeners, clock, workers), loops, listeners);
        } catch (IOException e) {
            listeners.close();
            loops.stop();
            throw e;
        }
    }

    private static ServerChannel listening(Predicate<InetAddress> admitted) {
        ServerChannel channel = new ReflectiveChannelFactory<>(EventLoops.serverChannel()).newChannel();
        channel.pipeline().addLast(new Turnstile(admitted));
        return channel;
    }

    private static Server start(
            NettyServerBuilder listen,
            Registry registry,
            Configs configs,
            PersistentEndpoints persistent,
            ConfigListeners listeners,
            Clock clock,
            Executor workers)
            throws IOException {
        var mirrors = new ServiceMirrors(registry, clock, workers);
        var numbers = new AtomicLong();
        return listen.directExecutor()
                .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                .maxConcurrentCallsPerConnection(CALLS_MAX)
                .handshakeTimeout(HANDSHAKE_SECONDS_MAX, TimeUnit.SECONDS)
                .permitKeepAliveTime(PING_SECONDS_MIN, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxConnectionIdle(IDLE_SECONDS_MAX, TimeUnit.SECONDS)
                .addTransportFilter(new ServerTransportFilter() {
                    @Override
                    public Attributes transportReady(Attributes transport) {
                        var from = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
                        var ip = from instanceof InetSocketAddress inet ? inet.getHostString() : "unknown";
                        var connection = new NacosConnection(
                                registry,
                                persistent,
                                mirrors,
                                new NacosConfigs(configs, listeners, ip),
                                clock,
                                workers,
                                ip,
                                numbers.incrementAndGet() + "_" + ip);
                        return transport.toBuilder()
                                .set(OF_TRANSPORT, connection)
                                .build();
                    }

                    // Without attributes if it ended before it was ready.
                    @Override
                    public void transportTerminated(@Nullable Attributes transport) {
                        var connection = transport == null ? null : transport.get(OF_TRANSPORT);
                        if (connection != null) {
                            connection.broken();
                        }
                    }
                })
                .addService(ServerServiceDefinition.builder(RequestGrpc.getServiceDescriptor())
                        .addMethod(RequestGrpc.getRequestMethod(), (call, _) -> new AskedCall(connection(call), call))
                        .build())
                .addService(ServerServiceDefinition.builder(BiRequestStreamGrpc.getServiceDescriptor())
                        .addMethod(
                                BiRequestStreamGrpc.getRequestBiStreamMethod(),
                                (call, headers) -> ServerCalls.<Payload, Payload>asyncBidiStreamingCall(
                                                requests -> stream(connection(call), requests))
                                        .startCall(call, headers))
                        .build())
                .build()
                .start();
    }

    private static NacosConnection connection(ServerCall<?, ?> call) {
        return Optional.ofNullable(call.getAttributes().get(OF_TRANSPORT))
                .orElseThrow(() -> new IllegalStateException("a call without a connection"));
    }

    private static StreamObserver<Payload> stream(NacosConnection connection, StreamObserver<Payload> requests) {
        connection.stream((ServerCallStreamObserver<Payload>) requests);
        return new StreamObserver<>() {
            @Override
            public void onNext(Payload payload) {
                connection.heard(payload);
            }

            @Override
            public void onError(Throwable failure) {
                connection.broken();
            }

            @Override
            public void onCompleted() {
                connection.ended();
                requests.onCompleted();
            }
        };
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getListenSockets().getFirst();
    }

    /** Which status tells a client that its connection is over, and to connect anew. */
    static Status over(String why) {
        return Status.ABORTED.withDescription(why);
    }

    @Override
    public void close() {
        listeners.close();
        server.shutdownNow();
        try {
            server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loops.stop();
    }
}
