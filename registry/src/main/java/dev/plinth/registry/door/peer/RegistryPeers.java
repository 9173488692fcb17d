package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryLimits;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the other servers, so that this one's registry knows what their sessions vouch for.
 *
 * <p>Every server may be given the same list: one that finds itself in it passes itself over.
 */
public final class RegistryPeers implements AutoCloseable {
    /*
     * Each server follows each other one directly, for with a handful of servers that is the least that can be known soonest. If
     * one cannot be reached, but another one reaches it, its registrations come by that way: a line that is cut between two
     * servers takes no endpoint away from either's clients. Who reaches whom each server tells those that follow it, by
     * incarnation: so a server that has just started finds its way to one that it never heard.
     *
     * A copy comes by one way at a time, and the direct one goes first: so copies need no memory of what was removed. Whatever
     * might go wrong all the same shows in the next beat's digest, and is put right by following anew.
     */
    private static final Logger log = LoggerFactory.getLogger(RegistryPeers.class);
    private static final long CLOSE_SECONDS_MAX = 5;

    private final Registry registry;
    private final Clock clock;
    private final Executor workers;
    private final PeerNetwork network;

    /** Turns only. */
    private final List<PeerLink> links = new ArrayList<>();

    /** Servers that are followed by way of another one, by their incarnation; turns only. */
    private final TreeMap<Long, Following> around = new TreeMap<>();

    private final SynchronizationContext turns = new SynchronizationContext(
            (thread, failure) -> log.error("following the registry's peers failed", failure));

    private RegistryPeers(Registry registry, Clock clock, Executor workers, PeerNetwork network) {
        this.network = network;
        this.registry = registry;
        this.clock = clock;
        this.workers = workers;
    }

    /**
     * Follows the servers at these addresses, as long as it is open.
     *
     * @param addresses where the other servers' gRPC is; at most {@link RegistryLimits#PEERS_MAX}; with none, nothing is done
     * @param workers take what comes off the network's threads; they refuse nothing
     */
    public static RegistryPeers of(
            Registry registry, List<InetSocketAddress> addresses, Clock clock, Executor workers) {
        return of(registry, addresses, clock, workers, PeerNetwork.plain());
    }

    /**
     * As the other {@code of}, for nobody yet ({@link #follow}).
     *
     * @param builder how a server is reached
     */
    public static RegistryPeers of(
            Registry registry,
            Clock clock,
            Executor workers,
            Function<InetSocketAddress, ManagedChannelBuilder<?>> builder) {
        return of(registry, List.of(), clock, workers, PeerNetwork.real(builder));
    }

    static RegistryPeers of(
            Registry registry, List<InetSocketAddress> addresses, Clock clock, Executor workers, PeerNetwork network) {
        var peers = new RegistryPeers(registry, clock, workers, network);
        peers.follow(addresses);
        return peers;
    }

    /** From now on these are the other servers: who is new is followed, and who is not among them no more. */
    public void follow(List<InetSocketAddress> addresses) {
        if (addresses.size() > RegistryLimits.PEERS_MAX) {
            throw new IllegalArgumentException(
                    addresses.size() + " other servers: expected at most " + RegistryLimits.PEERS_MAX);
        }
        var wanted = List.copyOf(addresses);
        turns.execute(() -> {
            links.removeIf(link -> {
                boolean gone = !wanted.contains(link.address());
                if (gone) {
                    link.close();
                }
                return gone;
            });
            for (var address : wanted) {
                if (links.stream().noneMatch(link -> link.address().equals(address))) {
                    var link = new PeerLink(this, registry, address, clock, workers, network, turns);
                    links.add(link);
                    link.follow();
                }
            }
        });
    }

    /** Whoever is not heard, and others hear, is followed by way of one of them; turns only. */
    void goAround() {
        for (var third : links) {
            if (third.isFollowing()) {
                third.hears().stream()
                        .filter(server -> server != registry.incarnation())
                        .filter(server -> !around.containsKey(server))
                        .filter(server -> links.stream().noneMatch(link -> link.isFollowing(server)))
                        .forEach(this::goAroundTo);
            }
        }
    }

    private void goAroundTo(long server) {
        var lost = links.stream().filter(PeerLink::isLost).toList();
        if (around.size() >= lost.size()) {
            // It is none of those that are to be followed here.
            return;
        }
        var ways = links.stream()
                .filter(link -> link.isFollowing() && link.hears().contains(server))
                .toList();
        var way = ways.get((int) network.lot(ways.size()));
        if (links.stream().noneMatch(link -> link.server() == server)) {
            var unknown = lost.stream()
                    .filter(link -> !around.containsKey(link.server()))
                    .toList();
            if (unknown.size() == 1) {
                unknown.getFirst().supposed(server);
            }
        }
        around.put(server, way.followFrom(server, new Following.Listener() {
            @Override
            public boolean begins(long begun) {
                log.info("following the registry {} by way of {}", Long.toHexString(begun), way.address());
                return true;
            }

            @Override
            public void hears(List<Long> servers) {
                // Only who tells of itself says whom it hears.
            }

            @Override
            public void ended(Status status) {
                around.remove(server);
            }
        }));
    }

    /**
     * A server is heard directly, and not by way of another any more; turns only.
     *
     * @param before who was at its address before: of its life before nobody will tell any more
     */
    void heardDirectly(long server, long before) {
        Optional.ofNullable(around.remove(server)).ifPresent(Following::cancel);
        if (before != server) {
            Optional.ofNullable(around.remove(before)).ifPresent(Following::abandon);
        }
    }

    /** Whether a server is heard by way of another one; turns only. */
    boolean isAround(long server) {
        return Optional.ofNullable(around.get(server)).map(Following::hasBegun).orElse(false);
    }

    /** Whether another link leads to this server already; turns only. */
    boolean followed(long server, PeerLink but) {
        return links.stream().anyMatch(link -> link != but && link.isFollowing(server));
    }

    /** How each of the other servers is followed now, in the order of their addresses. */
    public List<PeerState> states() {
        var states = new CompletableFuture<List<PeerState>>();
        turns.execute(() -> states.complete(links.stream().map(PeerLink::state).toList()));
        return states.join();
    }

    @Override
    public void close() {
        var closed = new CompletableFuture<List<PeerLink>>();
        turns.execute(() -> {
            around.values().forEach(Following::abandon);
            around.clear();
            links.forEach(PeerLink::close);
            closed.complete(List.copyOf(links));
        });
        try {
            for (var link : closed.get(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                link.awaitClosed();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the connections to the registry's peers did not end in time", e);
        }
    }
}
