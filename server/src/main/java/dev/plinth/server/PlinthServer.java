package dev.plinth.server;

import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.cells.control.door.grpc.CellMapsDoor;
import dev.plinth.config.Configs;
import dev.plinth.config.door.grpc.ConfigsDoor;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.SystemClock;
import dev.plinth.raft.GroupStatus;
import dev.plinth.raft.RaftNode;
import dev.plinth.raft.RaftTls;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.registry.door.grpc.RegistryOperationsDoor;
import dev.plinth.registry.door.peer.RegistryPeers;
import dev.plinth.registry.door.peer.RegistryPeersDoor;
import dev.plinth.registry.rules.StoredRules;
import dev.plinth.server.backup.BackupsDoor;
import dev.plinth.server.backup.PartitionNames;
import dev.plinth.server.backup.Partitions;
import dev.plinth.server.backup.RunningServer;
import dev.plinth.server.cluster.ClusterDoor;
import dev.plinth.server.cluster.Membership;
import dev.plinth.server.cluster.PeerChannels;
import dev.plinth.server.cluster.PeerDoor;
import dev.plinth.server.cluster.PeerTls;
import dev.plinth.server.console.ConsoleDoor;
import dev.plinth.server.console.ServerState;
import dev.plinth.server.seata.ClusterSeataServers;
import dev.plinth.server.seata.MetadataDoor;
import dev.plinth.server.seata.SeataDoorsDoor;
import dev.plinth.server.seata.SeataServers;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Peers;
import dev.plinth.transactions.door.grpc.TransactionsDoor;
import dev.plinth.transactions.door.peer.PeerServers;
import dev.plinth.transactions.door.peer.PeersDoor;
import dev.plinth.transactions.door.seata.SeataDoor;
import dev.plinth.transactions.door.seata.SeataParticipants;
import io.grpc.BindableService;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server: all features on one segment store, their doors on their ports. Put together here, with the parts of trust
 * ({@link TrustParts}) and of the registry ({@link RegistryParts}), and nowhere else.
 */
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

    private static final int STREAMS_OF_A_CONNECTION_MAX = 1_024;
    private static final int READ_BYTES = 4 << 10;

    private final Parts parts = new Parts();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Settling settling = new Settling(closed);
    private final ServerConfiguration configuration;
    private final Instant startedAt = Instant.now();
    private Optional<RaftNode> raft = Optional.empty();
    private Optional<Membership> membership = Optional.empty();
    private Listen http;
    private Listen seata;
    private Listen seataAdvertised;
    private RegistryDoors registryDoors = RegistryDoors.NONE;
    private Optional<TrustParts> trust = Optional.empty();

    /**
     * Starts a server. When this returns, every door is open.
     *
     * @throws IOException if the data is damaged, in use by another server, or a port is taken; it says which
     */
    public static PlinthServer start(ServerConfiguration configuration) throws IOException {
        PartitionNames.settle(configuration.data(), configuration.transactions());
        var server = new PlinthServer(entrance(configuration).remembered(configuration));
        try {
            server.open();
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Entrance entrance(ServerConfiguration configuration) {
        return new Entrance(configuration.data(), partitions(configuration));
    }

    private static List<String> partitions(ServerConfiguration configuration) {
        return Partitions.names(configuration.transactions().names().size());
    }

    private PlinthServer(ServerConfiguration configuration) {
        this.configuration = configuration;
        this.http = configuration.http();
        this.seata = configuration.seata().listen();
        this.seataAdvertised = seata;
    }

    private void open() throws IOException {
        // With the first builder comes what Armeria needs for messages in JSON, wanted or not; it comes while the disk
        // is read.
        var _ = Thread.ofPlatform().daemon().name("grpc-builder").start(GrpcService::builder);
        var clock = parts.add("clock", new SystemClock());
        var data = configuration.data();
        var segments = parts.add("segments", DiskStorage.openDirect(data.resolve("journal")));
        var snapshots = parts.add("snapshots", DiskStorage.open(data.resolve("snapshots")));
        var store = parts.add("segment store", SegmentStore.open(segments, SegmentOptions.defaults(), clock));

        var proof = ServerProof.of(configuration, clock);
        Optional<PeerTls> tls =
                proof.tls().isPresent() ? Optional.of(PeerTls.of(proof.tls().get())) : Optional.empty();
        var peers = configuration.cluster().map(_ -> parts.add("channels to the other servers", new PeerChannels(tls)));
        var backups = new RunningServer(data.resolve("transactions"), Release.VERSION);
        var untapped = journals(store, snapshots, clock, peers, proof.tls());
        var journals = new Journals() {
            @Override
            public <C> Journal<C> journal(String name, Codec<C> codec) {
                return backups.tapped(name, untapped.journal(name, codec));
            }
        };

        var cells =
                parts.add("cells", CellMaps.open(journals.journal(Partitions.CELLS, CellMaps.commandCodec()), clock));
        configuration.cells().ifPresent(map -> settle(cells, map));

        var texts = parts.add(
                "configuration",
                Configs.open(journals.journal(Partitions.CONFIGURATION, Configs.commandCodec()), clock));

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
                        transactionsJournals(journals),
                        configuration.transactions(),
                        history,
                        participants,
                        peers.<Peers>map(to -> new PeerServers(to::channels)).orElse(Peers.NONE),
                        clock));
        // Once more when the doors are closed, for the others may have shared the leads anew meanwhile.
        parts.add("leads", this::handOver);
        var seataDoor = parts.add(
                "Seata door",
                SeataDoor.open(
                        coordinator,
                        participants,
                        SeataDoor.Options.on(configuration.seata().listen().address())
                                .advertising(configuration.seata().advertised().unresolved())
                                .admitting(new Doorkeeper(
                                        "seata", configuration.seata().clients()))));
        seata = configuration.seata().listen().at(seataDoor.address());
        seataAdvertised = Listen.of(seataDoor.advertised());

        var workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("plinth-door-", 0).factory());
        parts.add("door workers", workers);
        var rules = parts.add("registry's rules", StoredRules.open(registry, texts, clock, workers));
        var registryDoor = new RegistryDoor(registry, clock, workers);
        registryDoors = new RegistryParts(parts, registry, texts, clock, workers)
                .open(configuration.registryDoors(), registryDoor);
        var trusted =
                TrustParts.open(configuration, parts, journals, membership, peers, proof, settling, clock, workers);
        trust = Optional.of(trusted);
        if (peers.isPresent()) {
            var to = peers.get();
            var registryPeers = parts.add(
                    "registry's peers",
                    RegistryPeers.of(registry, clock, workers, address -> to.way(Listen.of(address))));
            membership
                    .orElseThrow()
                    .follow(others -> registryPeers.follow(
                            others.stream().map(other -> other.http().address()).toList()));
        }
        var seataServers = peers.map(to -> parts.add(
                "the cluster's Seata doors",
                ClusterSeataServers.open(
                        () -> membership.orElseThrow().roster(),
                        to::channels,
                        seataAdvertised,
                        configuration.seata().advertisedMetadata(),
                        this::transactionsGroup)));
        // What servers ask of one another.
        List<BindableService> among = new ArrayList<>(List.of(
                new RegistryPeersDoor(registry, clock, workers),
                new PeersDoor(coordinator, participants, workers),
                new ClusterDoor(membership, this::groups, workers)));
        seataServers.map(SeataDoorsDoor::new).ifPresent(among::add);
        trusted.peerDoor().ifPresent(among::add);
        List<BindableService> doors = new ArrayList<>(List.of(
                new CellMapsDoor(cells, workers),
                registryDoor,
                new RegistryOperationsDoor(registry, rules, workers),
                new ConfigsDoor(texts, workers),
                new TransactionsDoor(coordinator, seataDoor::xid, workers),
                new BackupsDoor(backups, () -> http.toString(), workers)));
        doors.addAll(among);
        doors.addAll(trusted.doors());
        openHttp(
                doors,
                trusted,
                parts.add(
                        "console",
                        ConsoleDoor.open(
                                new HouseSource(
                                        this::state,
                                        cells,
                                        registry,
                                        coordinator,
                                        seataDoor::xid,
                                        this::groups,
                                        trusted.view()),
                                Set.of())),
                seataServers);
        openMetadata(seataServers);
        openPeerDoor(among, tls, workers);
        membership.ifPresent(Membership::start);
    }

    /** The first partition's last: backups take them in the order in which they are made here, and it must not be older than the others. */
    private List<Journal<Command>> transactionsJournals(Journals journals) {
        List<Journal<Command>> all = new ArrayList<>();
        for (int number = configuration.transactions().names().size() - 1; number >= 0; number--) {
            all.addFirst(journals.journal(Partitions.transactions(number), Coordinator.codec()));
        }
        return all;
    }

    private void openHttp(
            List<BindableService> grpc,
            TrustParts trusted,
            ConsoleDoor console,
            Optional<ClusterSeataServers> seataServers)
            throws IOException {
        // Not in JSON: for that, Armeria writes a class for each message when it starts, which takes about
        // half of the start.
        var grpcDoor = GrpcService.builder()
                .supportedSerializationFormats(GrpcSerializationFormats.PROTO, GrpcSerializationFormats.PROTO_WEB)
                .maxRequestMessageLength(GRPC_MESSAGE_BYTES_MAX)
                .intercept(new CallLimit(CallLimit.CALLS_MAX))
                .enableHttpJsonTranscoding(false)
                .useBlockingTaskExecutor(false);
        trusted.audited().ifPresent(grpcDoor::intercept);
        grpc.forEach(grpcDoor::addService);
        var builder = Server.builder().http(configuration.http().address());
        // A stream lives as long as its client, and may say as much as it likes; each message is limited instead.
        builder.requestTimeoutMillis(0).maxRequestLength(0);
        // What a connection has beyond it waits at its client, and costs nothing here. Of what has come, a little is
        // read at a time: a call
        // that is refused takes memory until its refusal is written, which is after what was read with it.
        builder.http2MaxStreamsPerConnection(STREAMS_OF_A_CONNECTION_MAX);
        var reads = new FixedRecvByteBufAllocator(READ_BYTES);
        reads.maxMessagesPerRead(1);
        builder.childChannelOption(ChannelOption.RECVBUF_ALLOCATOR, reads);
        builder.gracefulShutdownTimeout(Duration.ZERO, STOP_GRACE);
        builder.service(grpcDoor.build());
        // Alone, nobody can ask before the port is open, and from then on the addresses are known.
        metadata(seataServers).mount(builder);
        new HealthDoor(membership.map(of -> of.roster().own().raft()), this::groups, trusted::trouble).mount(builder);
        trusted.kbs().ifPresent(of -> of.mount(builder));
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

    private MetadataDoor metadata(Optional<ClusterSeataServers> seataServers) {
        return new MetadataDoor(() -> seataServers
                .<SeataServers>map(of -> of)
                .orElseGet(() -> SeataServers.alone(
                        configuration.seata().advertisedMetadata().orElse(http), seataAdvertised)));
    }

    /** For Seata's clients elsewhere, who do not reach the port of the console. */
    private void openMetadata(Optional<ClusterSeataServers> seataServers) throws IOException {
        var seataClients = configuration.seata();
        if (seataClients.metadata().isPresent()) {
            parts.add(
                    "Seata's metadata door",
                    metadata(seataServers)
                            .open(seataClients.metadata().get(), new Doorkeeper("seata", seataClients.clients())));
        }
    }

    /** On loopback the other servers come in by the door that everybody has; off it by one of their own. */
    private void openPeerDoor(List<BindableService> among, Optional<PeerTls> tls, Executor workers) throws IOException {
        var listen = peerDoor();
        if (listen.isPresent()) {
            parts.add(
                    "other servers' door",
                    PeerDoor.open(listen.get(), tls.orElseThrow(), among, GRPC_MESSAGE_BYTES_MAX, workers));
        }
    }

    private Optional<Listen> peerDoor() {
        return membership.map(of -> of.roster().own().http()).filter(listen -> !listen.isLoopback());
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
                addresses());
    }

    private List<ServerState.Address> addresses() {
        List<ServerState.Address> addresses = new ArrayList<>();
        addresses.add(new ServerState.Address("console, HTTP, gRPC", http.toString()));
        addresses.add(new ServerState.Address(
                "Seata" + configuration.seata().clients().remark(seata), seataAdvertised.toString()));
        configuration
                .seata()
                .metadata()
                .ifPresent(at -> addresses.add(new ServerState.Address(
                        "who leads, HTTP" + configuration.seata().clients().remark(at), at.toString())));
        addresses.addAll(registryDoors.addresses());
        membership
                .map(Membership::roster)
                .ifPresent(of -> addresses.add(new ServerState.Address(
                        "Raft, as server " + of.self() + " of " + of.servers().size(),
                        of.own().raft().toString())));
        peerDoor()
                .ifPresent(listen ->
                        addresses.add(new ServerState.Address("other servers, mutual TLS", listen.toString())));
        return addresses;
    }

    /** What was opened and where data is kept, a line each, for people. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        lines.add("plinth " + Release.VERSION + " keeps its data in "
                + configuration.data().toAbsolutePath());
        lines.add("  console, HTTP, gRPC  http://" + http);
        lines.add("  Seata's clients      " + seata
                + (seata.equals(seataAdvertised) ? "" : ", as " + seataAdvertised)
                + configuration.seata().clients().remark(seata));
        configuration
                .seata()
                .metadata()
                .ifPresent(at -> lines.add("  Seata, who leads     http://" + at + "/metadata/v1/cluster"
                        + configuration.seata().clients().remark(at)));
        if (configuration.transactions().names().size() > 1) {
            lines.add("  transactions         of "
                    + String.join(", ", configuration.transactions().names()) + "; here of "
                    + configuration
                            .transactions()
                            .names()
                            .get(configuration.transactions().here()));
        }
        lines.addAll(registryDoors.lines());
        configuration.secrets().ifPresent(_ -> lines.add("  secrets (KBS 0.4.0)  http://" + http + "/kbs/v0"));
        workloads().ifPresent(endpoint -> lines.add("  workloads (SPIFFE)   " + endpoint));
        federation().ifPresent(listen -> lines.add("  other trust domains  https://" + listen + "/"));
        peerDoor().ifPresent(listen -> lines.add("  other servers        " + listen + " (mutual TLS)"));
        membership
                .map(Membership::roster)
                .ifPresent(of -> lines.add("  Raft                 " + of.own().raft() + ", as server " + of.self()
                        + " of "
                        + String.join(
                                ", ",
                                of.servers().stream()
                                        .map(ClusterConfiguration.Server::name)
                                        .toList())));
        return lines;
    }

    /** Alone, each partition has a log of the store and snapshots beside it; in a cluster each is a group. */
    private Journals journals(
            SegmentStore store,
            DiskStorage snapshots,
            SystemClock clock,
            Optional<PeerChannels> channels,
            Optional<RaftTls> proof)
            throws IOException {
        var entrance = entrance(configuration);
        if (configuration.cluster().isEmpty()) {
            entrance.checkAlone(store);
            return new Journals() {
                @Override
                public <C> Journal<C> journal(String name, Codec<C> codec) {
                    return LocalJournal.open(store, name, codec, snapshots, JournalOptions.defaults(), clock);
                }
            };
        }
        var cluster = configuration.cluster().get();
        var roster = entrance.roster(cluster, store, channels.orElseThrow());
        var node = parts.add(
                "raft",
                RaftNode.open(
                        cluster.raft(roster.founders(), configuration.data().resolve("raft"), proof), store, clock));
        raft = Optional.of(node);
        if (cluster.entry() instanceof ClusterConfiguration.Entry.Adopt) {
            for (var partition : partitions(configuration)) {
                if (node.adopt(partition, partition, snapshots)) {
                    log.info("group {} begins with what this server stored when it was alone", partition);
                }
            }
        }
        membership = Optional.of(parts.add(
                "membership", new Membership(configuration.data(), roster, node, channels.orElseThrow(), clock)));
        return new Journals() {
            @Override
            public <C> Journal<C> journal(String name, Codec<C> codec) {
                return node.journal(name, codec, JournalOptions.defaults());
            }
        };
    }

    private Optional<GroupStatus> transactionsGroup() {
        return groups().stream()
                .filter(group -> group.group().equals(Partitions.TRANSACTIONS))
                .findFirst();
    }

    private List<GroupStatus> groups() {
        return raft.map(RaftNode::status).orElse(List.of());
    }

    /** Puts the configured map in place if there is none. In a cluster that takes a leader, and the server does not wait for one. */
    private void settle(CellMaps cells, CellMap wanted) {
        if (configuration.cluster().isEmpty()) {
            compare(wanted, cells.putIfAbsent(wanted).join());
        } else {
            settling.settle(() -> cells.putIfAbsent(wanted), map -> compare(wanted, map));
        }
    }

    private static void compare(CellMap wanted, CellMap map) {
        if (!map.at(wanted.epoch()).equals(wanted)) {
            log.info(
                    "the cell map is at epoch {}, as stored; the one in the configuration is not used",
                    map.epoch().number());
        }
    }

    /**
     * Waits until a server that joins is a member of every group, and has what they have. At once if it does not join.
     *
     * @param say told of each step
     * @throws IOException if it is refused, or nobody takes it in
     */
    public void awaitMember(Consumer<String> say) throws IOException {
        if (membership.isPresent()) {
            membership.get().comeIn(say);
        }
    }

    /** Completes when this server was taken out of its cluster, and has nothing to do any more. */
    public CompletableFuture<Void> left() {
        return membership.map(Membership::left).orElseGet(CompletableFuture::new);
    }

    private void handOver() {
        membership.ifPresent(Membership::handOver);
    }

    /** Where the console, HTTP and gRPC are: with the port that was opened. */
    public Listen http() {
        return http;
    }

    /** Where Seata's clients connect: with the port that was opened. */
    public Listen seata() {
        return seata;
    }

    /** Where other trust domains fetch this one's bundle, over TLS: with the port that was opened; empty if they cannot. */
    public Optional<Listen> federation() {
        return trust.flatMap(TrustParts::federation);
    }

    /** Where workloads find their identities, as in SPIFFE_ENDPOINT_SOCKET; empty if this server gives none. */
    public Optional<String> workloads() {
        return trust.flatMap(TrustParts::workloads);
    }

    /** Where the registry's own protocol has a port for itself: with the one that was opened; empty if it has none. */
    public Optional<Listen> registryOwnPort() {
        return registryDoors.streams().map(RegistryDoors.Streams::listen);
    }

    /** Where Nacos's clients connect: with the port that was opened; empty if they are not served. */
    public Optional<Listen> nacos() {
        return registryDoors.nacos().flatMap(RegistryDoors.Nacos::listen);
    }

    /** Where Nacos's open API is: with the port that was opened; empty if it is not served. */
    public Optional<Listen> nacosHttp() {
        return registryDoors.nacos().flatMap(RegistryDoors.Nacos::http);
    }

    /** Where SOFARegistry's clients connect: with the ports that were opened; empty if they are not served. */
    public Optional<RegistryDoors.SofaRegistry> sofaRegistry() {
        return registryDoors.sofaRegistry();
    }

    /** Where DNS is answered: with the port that was opened; empty if it is not. */
    public Optional<Listen> dns() {
        return registryDoors.dns().map(RegistryDoors.Dns::listen);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            // While the doors are open, so that clients do not notice.
            handOver();
            parts.close();
        }
    }
}
