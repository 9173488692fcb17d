package dev.plinth.rpc;

import dev.plinth.rpc.hessian.AllowedTypes;
import dev.plinth.wire.bolt.BoltFrame;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Serves Java objects by their interfaces over Bolt; clients are {@link BoltClient}, or SOFARPC.
 *
 * <p>A request whose deadline passes while it waits is not run. What a body may contain is bounded by {@link AllowedTypes}.
 */
public final class BoltServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BoltServer.class.getName());
    private static final Duration DRAIN_DEFAULT = Duration.ofSeconds(5);

    private final ServerOptions options;
    private final EventLoopGroup loops;
    private final Executor executor;
    private final Admission admission;
    private final PartialFrames partialFrames;
    private final Map<String, PublishedService> services = new ConcurrentHashMap<>();
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final Channel listening;
    private final Object drained = new Object();
    // Written once by stop(), read by the threads of all connections.
    private volatile boolean draining;

    private BoltServer(ServerOptions options) throws IOException {
        this.options = options;
        this.executor = options.executor().orElseGet(BoltServer::virtualThreads);
        this.admission = new Admission(options);
        this.partialFrames = new PartialFrames(options.requestBytesMax());
        this.loops = EventLoops.group("plinth-rpc-server", options.ioThreads());
        this.listening = EventLoops.listen(options.listen(), loops, loops, this::accept);
    }

    private static Executor virtualThreads() {
        var threads = Thread.ofVirtual().name("plinth-rpc-", 0).factory();
        return work -> threads.newThread(work).start();
    }

    /** Listens. Until something is published, every call is answered {@code NO_SUCH_SERVICE}. */
    public static BoltServer start(ServerOptions options) throws IOException {
        return new BoltServer(options);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Offers a service whose bodies have the types of its interface. */
    public <T> String publish(Class<T> type, String version, T provider) {
        return publish(type, version, provider, AllowedTypes.of(type));
    }

    /**
     * Offers a service.
     *
     * @param types {@link AllowedTypes#of} the interface, and more if its signatures do not tell all
     * @return the service's unique name, {@code interface:version}
     * @throws IllegalArgumentException if it is offered already, or is no interface
     */
    public <T> String publish(Class<T> type, String version, T provider, AllowedTypes types) {
        String name = ServiceName.of(type, version);
        var service = new PublishedService(name, type, provider, types, options.userId());
        if (services.putIfAbsent(name, service) != null) {
            throw new IllegalArgumentException(name + " is published already");
        }
        return name;
    }

    /** Offers a service no longer; calls of it that have been taken on are carried out. */
    public void withdraw(String service) {
        services.remove(service);
    }

    private void accept(SocketChannel channel) {
        if (draining || connections.size() >= options.connectionsMax()) {
            LOG.log(
                    Level.WARNING,
                    "connection of {0} refused: connectionsMax = {1}",
                    channel,
                    options.connectionsMax());
            EventLoops.close(channel);
            return;
        }
        channel.pipeline()
                .addLast(new FrameReader(options.limits(), partialFrames), new ServerConnection(this, channel));
    }

    void opened(ServerConnection connection) {
        connections.add(connection);
    }

    void closed(ServerConnection connection) {
        connections.remove(connection);
    }

    boolean isDraining() {
        return draining;
    }

    Optional<PublishedService> service(String name) {
        return Optional.ofNullable(services.get(name));
    }

    ServerOptions options() {
        return options;
    }

    Admission admission() {
        return admission;
    }

    /** Takes a request on and has it run, on a connection's thread. */
    void accept(ServerConnection connection, BoltFrame.Request request) {
        int bytes = request.content().readableBytes();
        ServedRequest served = new ServedRequest(this, connection, request);
        try {
            if (draining) {
                throw new RpcException(RpcException.Code.UNAVAILABLE, "the server is stopping");
            }
            admission.enter(bytes);
        } catch (RpcException e) {
            served.refuse(e);
            return;
        }
        try {
            executor.execute(() -> {
                try {
                    served.run();
                } finally {
                    left(bytes);
                }
            });
        } catch (RejectedExecutionException e) {
            left(bytes);
            served.refuse(new RpcException(RpcException.Code.OVERLOADED, "the server's executor takes no more", e));
        }
    }

    private void left(int bytes) {
        admission.leave(bytes);
        if (draining && admission.isEmpty()) {
            synchronized (drained) {
                drained.notifyAll();
            }
        }
    }

    /** {@link #stop(Duration)} with five seconds. */
    @Override
    public void close() {
        stop(DRAIN_DEFAULT);
    }

    /**
     * Takes no more connections, answers further requests {@code UNAVAILABLE}, waits until those that were taken on are carried
     * out and their answers are sent, at most so long, and closes the connections.
     */
    public void stop(Duration drain) {
        draining = true;
        listening.close().awaitUninterruptibly();
        connections.forEach(ServerConnection::closeIfDraining);
        var deadline = Deadline.in(drain);
        awaitDrained(deadline);
        if (admission.isEmpty()) {
            awaitWritten(deadline);
        }
        EventLoops.stop(loops);
    }

    /** An answer that was given to a connection may not have left it yet, and the loops' end would close it before. */
    private void awaitWritten(Deadline deadline) {
        List<Channel> open = connections.stream().map(ServerConnection::channel).toList();
        open.forEach(EventLoops::closeAfterWrites);
        open.forEach(channel -> channel.closeFuture().awaitUninterruptibly(deadline.remainingMillis()));
    }

    private void awaitDrained(Deadline deadline) {
        boolean interrupted = false;
        synchronized (drained) {
            while (!admission.isEmpty() && !deadline.hasPassed()) {
                try {
                    drained.wait(deadline.remainingMillis());
                } catch (InterruptedException e) {
                    interrupted = true;
                    break;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
