package dev.plinth.sdk;

import static org.awaitility.Awaitility.await;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.control.CellMapCommand;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.cells.control.door.grpc.CellMapsDoor;
import dev.plinth.kernel.Inbox;
import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.grpc.RegistryDoor;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The real registry and the real cell map, on gRPC's own server; it can go away and come back, having forgotten everything. */
final class TestServer implements AutoCloseable {

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private Optional<CellMap> map = Optional.empty();
    private long incarnation = 1_000;
    private int port;
    private @Nullable Running running;

    private record Running(Server server, Registry registry, CellMaps maps, ExecutorService engine) {}

    TestServer() {
        start();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** Starts anew on the same port: another incarnation of the registry, the same cell map. */
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
        try {
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .addService(new RegistryDoor(registry, clock, workers))
                    .addService(new CellMapsDoor(maps, workers))
                    .build()
                    .start();
            port = server.getPort();
            return new Running(server, registry, maps, engine);
        } catch (IOException e) {
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
        stopping.server.shutdownNow();
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
