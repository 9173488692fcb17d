package dev.plinth.sdk;

import static org.awaitility.Awaitility.await;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.control.CellMapCommand;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.cells.control.door.grpc.CellMapsDoor;
import dev.plinth.kernel.Inbox;
import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Listing;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.registry.door.grpc.RegistryStreams;
import dev.plinth.registry.door.peer.RegistryPeers;
import dev.plinth.registry.door.peer.RegistryPeersDoor;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The real registry and the real cell map, on gRPC's own server; it can go away and come back, having forgotten everything. */
final class TestServer implements AutoCloseable {

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private Optional<CellMap> map = Optional.empty();
    private final List<RegistryPeers> peers = new ArrayList<>();
    private long incarnation = LIVES.addAndGet(1_000);
    private int port;
    private int registryPort;
    private @Nullable Running running;

    /** No two lives of any server have the same number. */
    private static final AtomicLong LIVES = new AtomicLong();

    private record Running(
            Server server, RegistryStreams streams, Registry registry, CellMaps maps, ExecutorService engine) {}

    TestServer() {
        start();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** Where the registry has a port for itself. */
    String registryAddress() {
        return "127.0.0.1:" + registryPort;
    }

    /** Starts anew on the same ports: another incarnation of the registry, the same cell map. */
    void start() {
        // The port was free a moment ago; if somebody's outgoing connection has it now, it will be free again.
        await().ignoreException(IOException.class).until(() -> {
            running = run();
            return true;
        });
        map.ifPresent(this::put);
    }

    private Running run() throws IOException {
        ExecutorService engine = Executors.newSingleThreadExecutor();
        Registry registry = Registry.open(++incarnation, engine, clock);
        CellMaps maps = CellMaps.open(new Inbox<CellMapCommand>(incarnation, engine, clock), clock);
        RegistryDoor door = new RegistryDoor(registry, clock, workers);
        RegistryStreams streams = null;
        try {
            streams = RegistryStreams.open(
                    door, new InetSocketAddress(InetAddress.getLoopbackAddress(), registryPort), from -> true);
            registryPort = streams.address().getPort();
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .addService(door)
                    .addService(new RegistryPeersDoor(registry, clock, workers))
                    .addService(new CellMapsDoor(maps, workers))
                    .build()
                    .start();
            port = server.getPort();
            return new Running(server, streams, registry, maps, engine);
        } catch (IOException e) {
            if (streams != null) {
                streams.close();
            }
            engine.shutdownNow();
            throw e;
        }
    }

    void put(CellMap next) {
        map = Optional.of(next);
        Epoch expected = new Epoch(next.epoch().number() - 1);
        // Having forgotten everything, the cell map counts from 1 again; so it is led up to where it was.
        for (long epoch = 0; epoch < expected.number(); epoch++) {
            running().maps.put(new Epoch(epoch), next.at(new Epoch(epoch + 1))).join();
        }
        running().maps.put(expected, next).join();
    }

    /** Follows another server's registry from now on, until it stops. */
    void follow(TestServer other) {
        peers.add(RegistryPeers.of(
                registry(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), other.port)),
                clock,
                workers));
    }

    /** The addresses of a service whose clients are connected, to whichever server. */
    List<String> connected(String service) {
        return registry().endpoints(Optional.of(service), Optional.empty(), "", 100).join().items().stream()
                .filter(Listing::connected)
                .map(listing -> listing.registration().endpoint().name().address())
                .toList();
    }

    Registry registry() {
        return running().registry;
    }

    private Running running() {
        if (running == null) {
            throw new IllegalStateException("it is not running");
        }
        return running;
    }

    /** As if it was killed. */
    void stop() {
        Running stopping = running();
        running = null;
        peers.forEach(RegistryPeers::close);
        peers.clear();
        stopping.server.shutdownNow();
        stopping.streams.close();
        try {
            stopping.server.awaitTermination();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
        stopping.registry.close();
        stopping.maps.close();
        stopping.engine.shutdownNow();
    }

    @Override
    public void close() {
        if (running != null) {
            stop();
        }
        workers.shutdownNow();
        clock.close();
    }
}
