package dev.plinth.rpc;

import io.netty.channel.EventLoopGroup;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls services over Bolt: of {@link BoltServer}, or of SOFARPC. One for the whole process: all references share its
 * connections, one for each address, made when first needed and made again when they broke.
 */
public final class BoltClient implements AutoCloseable {
    private static final int PEERS_KEPT_MAX = 1_000;

    private final ClientOptions options;
    private final EventLoopGroup loops;
    private final Map<String, Peer> peers = new ConcurrentHashMap<>();
    private final Balancer balancer;
    // Written once by close(), read by callers.
    private volatile boolean closed;

    private BoltClient(ClientOptions options) {
        this.options = options;
        this.loops = EventLoops.group("plinth-rpc-client", options.ioThreads());
        this.balancer = new Balancer(options.zone(), this::peer);
    }

    public static BoltClient create(ClientOptions options) {
        return new BoltClient(options);
    }

    /** A service as this client calls it. Connects to nobody yet. */
    public <T> RpcReference<T> reference(Class<T> service, Directory directory, ReferenceOptions how) {
        return new RpcReference<>(this, service, directory, how);
    }

    /** {@link #reference(Class, Directory, ReferenceOptions)} with {@link ReferenceOptions#DEFAULT}. */
    public <T> RpcReference<T> reference(Class<T> service, Directory directory) {
        return reference(service, directory, ReferenceOptions.DEFAULT);
    }

    ClientOptions options() {
        return options;
    }

    Balancer balancer() {
        return balancer;
    }

    Peer peer(Endpoint endpoint) {
        if (peers.size() > PEERS_KEPT_MAX) {
            // Addresses that came and went, where processes get a new one at each start.
            peers.values().removeIf(Peer::isUnused);
        }
        return peers.computeIfAbsent(endpoint.address(), address -> new Peer(endpoint, options, loops));
    }

    void checkOpen() {
        if (closed) {
            throw new RpcException(RpcException.Code.CLOSED, "this client is closed");
        }
    }

    /** Closes all connections; calls without an answer end with {@code CONNECTION_LOST}. */
    @Override
    public void close() {
        closed = true;
        peers.values().forEach(it -> it.close("this client was closed"));
        EventLoops.stop(loops);
    }
}
