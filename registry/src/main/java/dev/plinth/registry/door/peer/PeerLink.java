package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connection to one other server, which is followed for as long as both live. All methods run in turns. */
final class PeerLink {
    private static final Logger log = LoggerFactory.getLogger(PeerLink.class);

    /** Between one attempt and the next there lies so much, or up to twice as much: servers that start together spread out. */
    static final Duration RETRY = Duration.ofMillis(200);

    private static final long TERMINATION_SECONDS_MAX = 2;

    private final RegistryPeers peers;
    private final Registry registry;
    private final InetSocketAddress address;
    private final Clock clock;
    private final Executor workers;
    private final SynchronizationContext turns;
    private final PeerNetwork network;
    private final ManagedChannel channel;

    private @Nullable Following direct;
    private List<Long> hears = List.of();

    /** The incarnation that was heard last, or that may be at this address: 0 if there is none. */
    private long server;

    private boolean self;
    private boolean closed;

    PeerLink(
            RegistryPeers peers,
            Registry registry,
            InetSocketAddress address,
            Clock clock,
            Executor workers,
            PeerNetwork network,
            SynchronizationContext turns) {
        this.peers = peers;
        this.registry = registry;
        this.address = address;
        this.clock = clock;
        this.workers = workers;
        this.turns = turns;
        this.network = network;
        this.channel = network.channel(address, workers);
    }

    InetSocketAddress address() {
        return address;
    }

    void follow() {
        if (closed || self) {
            return;
        }
        // Whoever asks has waited already; gRPC's own back-off would be on top of that.
        channel.resetConnectBackoff();
        direct = new Following(registry, channel, 0, server, clock, workers, turns, new Following.Listener() {
            @Override
            public boolean begins(long begun) {
                return begun(begun);
            }

            @Override
            public void hears(List<Long> servers) {
                hears = List.copyOf(servers);
                peers.goAround();
            }

            @Override
            public void ended(Status status) {
                directEnded(status);
            }
        });
        direct.start();
    }

    private boolean begun(long begun) {
        if (begun == registry.incarnation()) {
            self = true;
            log.debug("{} is this server itself", address);
            return false;
        }
        if (peers.followed(begun, this)) {
            log.debug("{} is the server that another address of the list leads to already", address);
            return false;
        }
        log.info("following the registry at {} ({})", address, Long.toHexString(begun));
        peers.heardDirectly(begun, server);
        server = begun;
        return true;
    }

    private void directEnded(Status status) {
        boolean was = isFollowing();
        direct = null;
        hears = List.of();
        if (closed || self) {
            return;
        }
        if (was) {
            log.warn(
                    "the registry at {} is not heard ({} {}): what it told holds for its lease",
                    address,
                    status.getCode(),
                    status.getDescription());
            peers.goAround();
        }
        later(this::follow);
    }

    /** Follows another server by way of the one at this address, which hears it. */
    Following followFrom(long other, Following.Listener listener) {
        var following = new Following(registry, channel, other, other, clock, workers, turns, listener);
        following.start();
        return following;
    }

    /** The servers that the one at this address hears directly, as it said last. */
    List<Long> hears() {
        return hears;
    }

    private void later(Runnable task) {
        long millis = RETRY.toMillis() + network.lot(RETRY.toMillis());
        clock.schedule(Duration.ofMillis(millis), () -> {
            turns.executeLater(task);
            workers.execute(turns::drain);
        });
    }

    boolean isFollowing() {
        return direct != null && direct.hasBegun();
    }

    boolean isFollowing(long other) {
        return server == other && isFollowing();
    }

    /** Whether a server should be heard here, and is not. */
    boolean isLost() {
        return !self && !isFollowing();
    }

    long server() {
        return server;
    }

    /** There is no other link which this server could be at. */
    void supposed(long other) {
        server = other;
    }

    PeerState state() {
        PeerState.Way way;
        if (self) {
            way = PeerState.Way.SELF;
        } else if (isFollowing()) {
            way = PeerState.Way.DIRECT;
        } else {
            way = peers.isAround(server) ? PeerState.Way.AROUND : PeerState.Way.LOST;
        }
        return new PeerState(address.getHostString() + ":" + address.getPort(), server, way);
    }

    void close() {
        closed = true;
        if (direct != null) {
            direct.abandon();
        }
        channel.shutdownNow();
    }

    /** Not in turns. */
    void awaitClosed() throws InterruptedException {
        if (!channel.awaitTermination(TERMINATION_SECONDS_MAX, TimeUnit.SECONDS)) {
            log.warn("the connection to {} did not end in time", address);
        }
    }
}
