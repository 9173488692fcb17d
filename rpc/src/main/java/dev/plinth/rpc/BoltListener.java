package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

/** Listens for Bolt connections, and hands on their frames: what they mean is for others to say. Calls are {@link BoltServer}'s. */
public final class BoltListener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BoltListener.class.getName());
    private static final int IO_THREADS = 2;

    /** One connection's other half. Told on the connection's thread, which must not wait. */
    public interface Served {
        /** The frame is the receiver's, which releases it. */
        void frame(BoltFrame frame);

        void closed();
    }

    /**
     * The bounds of a listener.
     *
     * @param connectionsMax one more is closed as soon as it is open
     * @param partialBytesMax bytes of frames that have not come whole, of all connections together
     */
    public record Bounds(int connectionsMax, BoltLimits frame, long partialBytesMax) {}

    private final EventLoopGroup loops;
    private final Bounds bounds;
    private final Predicate<InetAddress> admitted;
    private final PartialFrames partialFrames;
    private final Function<BoltConnection, Served> serve;
    private final Set<BoltConnection> connections = ConcurrentHashMap.newKeySet();
    private final Channel listening;

    private BoltListener(
            InetSocketAddress listen,
            Predicate<InetAddress> admitted,
            Bounds bounds,
            Function<BoltConnection, Served> serve)
            throws IOException {
        this.bounds = bounds;
        this.admitted = admitted;
        this.partialFrames = new PartialFrames(bounds.partialBytesMax());
        this.serve = serve;
        this.loops = EventLoops.group("plinth-bolt", IO_THREADS);
        this.listening = EventLoops.listen(listen, loops, loops, this::accept);
    }

    /**
     * Listens.
     *
     * @param admitted from where clients may come; others' connections are closed before anything of theirs is read
     * @param serve gives each new connection its other half
     * @throws IOException if the port is taken
     */
    public static BoltListener open(
            InetSocketAddress listen,
            Predicate<InetAddress> admitted,
            Bounds bounds,
            Function<BoltConnection, Served> serve)
            throws IOException {
        return new BoltListener(listen, admitted, bounds, serve);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    private void accept(SocketChannel channel) {
        if (!admitted.test(channel.remoteAddress().getAddress())) {
            EventLoops.close(channel);
            return;
        }
        if (connections.size() >= bounds.connectionsMax()) {
            LOG.log(
                    Level.WARNING,
                    "connection of {0} refused: connectionsMax = {1}",
                    channel.remoteAddress(),
                    bounds.connectionsMax());
            EventLoops.close(channel);
            return;
        }
        channel.pipeline()
                .addLast(
                        new FrameReader(bounds.frame(), partialFrames),
                        new BoltConnection.Inbound(this, new BoltConnection(channel, bounds.frame())));
    }

    Served opened(BoltConnection connection) {
        connections.add(connection);
        return serve.apply(connection);
    }

    void closed(BoltConnection connection) {
        connections.remove(connection);
    }

    /** Closes all connections. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        EventLoops.stop(loops);
    }
}
