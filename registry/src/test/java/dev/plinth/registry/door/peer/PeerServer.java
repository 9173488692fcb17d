package dev.plinth.registry.door.peer;

import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Listing;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.SessionId;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server with a registry, which others follow and which follows others. */
final class PeerServer implements AutoCloseable {
    private static final Duration LEASE = Duration.ofSeconds(60);
    private static final Duration SHORT_LEASE = Duration.ofSeconds(4);

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final ExecutorService engine = Executors.newSingleThreadExecutor();
    final Registry registry;
    private final Server server;
    private RegistryPeers peers;

    private PeerServer(long incarnation, int port) throws IOException {
        registry = Registry.open(incarnation, engine, clock);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(new RegistryPeersDoor(registry, clock, workers))
                .build()
                .start();
        peers = RegistryPeers.of(registry, List.of(), clock, workers);
    }

    static PeerServer start(long incarnation) throws IOException {
        return new PeerServer(incarnation, 0);
    }

    static PeerServer start(long incarnation, InetSocketAddress address) throws IOException {
        return new PeerServer(incarnation, address.getPort());
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
    }

    void follow(InetSocketAddress... others) {
        peers.close();
        peers = RegistryPeers.of(registry, List.of(others), clock, workers);
    }

    List<PeerState> peers() {
        return peers.states();
    }

    Hold open(Optional<SessionId> before) {
        return open(LEASE, before);
    }

    /** A session whose endpoints need not be waited for long. */
    Hold openBriefly() {
        return open(SHORT_LEASE, Optional.empty());
    }

    private Hold open(Duration lease, Optional<SessionId> before) {
        var outcome = registry.submit(new RegistryCommand.Open("client", lease, before))
                .join();
        return ((RegistryOutcome.Opened) outcome).hold();
    }

    RegistryOutcome register(Hold hold, String service, int port) {
        return registry.submit(new RegistryCommand.Register(
                        hold, Endpoint.of(name(service, port), Map.of(Endpoint.CELL, "east"))))
                .join();
    }

    RegistryOutcome deregister(Hold hold, String service, int port) {
        return registry.submit(new RegistryCommand.Deregister(hold, name(service, port)))
                .join();
    }

    private static EndpointName name(String service, int port) {
        return new EndpointName(service, "bolt", "127.0.0.1:" + port);
    }

    List<Listing> listings(String service) {
        return registry.endpoints(Optional.of(service), Optional.empty(), "", 1_000)
                .join()
                .items();
    }

    List<String> endpoints(String service) {
        return listings(service).stream()
                .map(listing -> listing.registration().endpoint().name().address())
                .toList();
    }

    int endpoints() {
        return registry.totals().join().endpoints();
    }

    /** As if it was killed. */
    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        peers.close();
        registry.close();
        engine.shutdown();
        workers.shutdown();
        clock.close();
    }
}
