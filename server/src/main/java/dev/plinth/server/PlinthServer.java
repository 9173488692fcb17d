package dev.plinth.server;

import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.cells.control.door.grpc.CellMapsDoor;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.registry.door.peer.RegistryPeersDoor;
import dev.plinth.server.console.ConsoleDoor;
import dev.plinth.server.console.ServerState;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.door.grpc.TransactionsDoor;
import dev.plinth.transactions.door.seata.SeataDoor;
import dev.plinth.transactions.door.seata.SeataParticipants;
import io.grpc.BindableService;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One server: all features on one segment store, their doors on their ports. Put together here, and nowhere else. */
public final class PlinthServer implements AutoCloseable {
    /*
     * From the inside out: the disk, the features on it, the doors before them. So a door opens only when what it speaks for has
     * replayed its journal, and at the end it closes first: what was taken is answered, and nothing new comes in.
     */
    private static final Logger log = LoggerFactory.getLogger(PlinthServer.class);

    /** Bytes of one message. */
    private static final int GRPC_MESSAGE_BYTES_MAX = 4 << 20;

    /** What is under way when the server stops may take so long to end. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(3);

    private final Parts parts = new Parts();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ServerConfiguration configuration;
    private final Instant startedAt = Instant.now();
    private Listen http;
    private Listen seata;

    /**
     * Starts a server. When this returns, every door is open.
     *
     * @throws IOException if the data is damaged, in use by another server, or a port is taken; it says which
     */
    public static PlinthServer start(ServerConfiguration configuration) throws IOException {
        var server = new PlinthServer(configuration);
        try {
            server.open();
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private PlinthServer(ServerConfiguration configuration) {
        this.configuration = configuration;
        this.http = configuration.http();
        this.seata = configuration.seata();
    }

    private void open() throws IOException {
        var clock = parts.add("clock", new SystemClock());
        var data = configuration.data();
        var segments = parts.add("segments", DiskStorage.open(data.resolve("journal")));
        var snapshots = parts.add("snapshots", DiskStorage.open(data.resolve("snapshots")));
        var store = parts.add("segment store", SegmentStore.open(segments, SegmentOptions.defaults(), clock));

        var cells = parts.add(
                "cells",
                CellMaps.open(
                        LocalJournal.open(
                                store, "cells", CellMaps.commandCodec(), snapshots, JournalOptions.defaults(), clock),
                        clock));
        if (configuration.cells().isPresent()) {
            settle(cells);
        }

        // A registry remembers nothing of the life before, so each has a number that no other life has, of this or
        // another server.
        var registryThread = parts.add("registry's thread", SerialThread.named("plinth-registry"));
        long life = new SecureRandom().nextLong(1, Long.MAX_VALUE);
        var registry = parts.add("registry", Registry.open(life, registryThread, clock));

        var history = parts.add("history of transactions", DiskStorage.open(data.resolve("transactions")));
        var participants = new SeataParticipants();
        var coordinator = parts.add(
                "transactions",
                Coordinator.open(
                        LocalJournal.open(
                                store,
                                "transactions",
                                Coordinator.codec(),
                                snapshots,
                                JournalOptions.defaults(),
                                clock),
                        history,
                        participants,
                        clock,
                        0));
        var seataDoor = parts.add(
                "Seata door",
                SeataDoor.open(
                        coordinator,
                        participants,
                        SeataDoor.Options.on(configuration.seata().address())));
        seata = new Listen(configuration.seata().host(), seataDoor.address().getPort());

        var workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("plinth-door-", 0).factory());
        parts.add("door workers", workers);
        openHttp(
                List.of(
                        new CellMapsDoor(cells, workers),
                        new RegistryDoor(registry, clock, workers),
                        new RegistryPeersDoor(registry, clock, workers),
                        new TransactionsDoor(coordinator, seataDoor::xid, workers)),
                parts.add(
                        "console",
                        ConsoleDoor.open(
                                new HouseSource(this::state, cells, registry, coordinator, seataDoor::xid), Set.of())));
    }

    private void openHttp(List<BindableService> grpc, ConsoleDoor console) throws IOException {
        var grpcDoor = GrpcService.builder()
                .maxRequestMessageLength(GRPC_MESSAGE_BYTES_MAX)
                .enableHttpJsonTranscoding(false)
                .useBlockingTaskExecutor(false);
        grpc.forEach(grpcDoor::addService);
        var builder = Server.builder().http(configuration.http().address());
        // A stream lives as long as its client, and may say as much as it likes; each message is limited instead.
        builder.requestTimeoutMillis(0).maxRequestLength(0);
        builder.gracefulShutdownTimeout(Duration.ZERO, STOP_GRACE);
        builder.service(grpcDoor.build());
        console.mount(builder);
        var armeria = builder.build();
        try {
            armeria.start().join();
        } catch (CompletionException e) {
            throw new IOException("http.listen: cannot listen on " + configuration.http() + ": " + cause(e), e);
        }
        parts.add("http", armeria);
        http = new Listen(configuration.http().host(), armeria.activeLocalPort());
    }

    private static String cause(Throwable problem) {
        var cause = problem;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private ServerState state() {
        return new ServerState(
                "plinth",
                Release.VERSION,
                startedAt,
                configuration.data().toAbsolutePath().toString(),
                List.of(
                        new ServerState.Address("console, HTTP, gRPC", http.toString()),
                        new ServerState.Address("Seata", seata.toString())));
    }

    /** What was opened and where data is kept, a line each, for people. */
    public List<String> describe() {
        return List.of(
                "plinth " + Release.VERSION + " keeps its data in "
                        + configuration.data().toAbsolutePath(),
                "  console, HTTP, gRPC  http://" + http,
                "  Seata's clients      " + seata);
    }

    private void settle(CellMaps cells) {
        var wanted = configuration.cells().orElseThrow();
        var map = cells.putIfAbsent(wanted).join();
        if (!map.at(wanted.epoch()).equals(wanted)) {
            log.info(
                    "the cell map is at epoch {}, as stored; the one in the configuration is not used",
                    map.epoch().number());
        }
    }

    /** Where the console, HTTP and gRPC are: with the port that was opened. */
    public Listen http() {
        return http;
    }

    /** Where Seata's clients connect: with the port that was opened. */
    public Listen seata() {
        return seata;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            parts.close();
        }
    }
}
