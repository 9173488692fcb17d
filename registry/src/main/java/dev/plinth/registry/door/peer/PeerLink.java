package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.time.Duration;
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
    private @Nullable Following around;

    /** The incarnation that was heard last. */
    private long server;

    private int attempts;
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
        if (around != null) {
            if (begun == server) {
                around.cancel();
            } else {
                // The server has restarted meanwhile. Of its life before nobody will tell any more.
                around.abandon();
            }
            around = null;
        }
        log.info("following the registry at {} ({})", address, Long.toHexString(begun));
        server = begun;
        attempts = 0;
        return true;
    }

    private void directEnded(Status status) {
        boolean was = isFollowing();
        direct = null;
        if (closed || self) {
            return;
        }
        if (was) {
            log.warn(
                    "the registry at {} is not heard ({} {}): what it told holds for its lease",
                    address,
                    status.getCode(),
                    status.getDescription());
        }
        attempts++;
        goAround();
        later(this::follow);
    }

    private void goAround() {
        if (server == 0 || around != null) {
            return;
        }
        peers.around(this, attempts).ifPresent(third -> {
            around = new Following(
                    registry, third.channel, server, server, clock, workers, turns, new Following.Listener() {
                        @Override
                        public boolean begins(long begun) {
                            log.info("following the registry at {} by way of {}", address, third.address);
                            return true;
                        }

                        @Override
                        public void ended(Status status) {
                            around = null;
                        }
                    });
            around.start();
        });
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

    PeerState state() {
        PeerState.Way way;
        if (self) {
            way = PeerState.Way.SELF;
        } else if (isFollowing()) {
            way = PeerState.Way.DIRECT;
        } else {
            way = around != null && around.hasBegun() ? PeerState.Way.AROUND : PeerState.Way.LOST;
        }
        return new PeerState(address.getHostString() + ":" + address.getPort(), server, way);
    }

    void close() {
        closed = true;
        if (direct != null) {
            direct.abandon();
        }
        if (around != null) {
            around.abandon();
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
