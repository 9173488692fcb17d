package dev.plinth.server;

import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.cells.control.door.grpc.CellMapsDoor;
import dev.plinth.config.Configs;
import dev.plinth.config.door.grpc.ConfigsDoor;
import dev.plinth.kernel.Clock;
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
import dev.plinth.registry.door.dns.DnsDoor;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.registry.door.grpc.RegistryOperationsDoor;
import dev.plinth.registry.door.nacos.NacosDoor;
import dev.plinth.registry.door.nacos.NacosHttpDoor;
import dev.plinth.registry.door.peer.RegistryPeers;
import dev.plinth.registry.door.peer.RegistryPeersDoor;
import dev.plinth.registry.door.sofa.SofaRegistryDoor;
import dev.plinth.registry.persistent.PersistentEndpoints;
import dev.plinth.registry.rules.StoredRules;
import dev.plinth.server.backup.BackupsDoor;
import dev.plinth.server.backup.Partitions;
import dev.plinth.server.backup.RunningServer;
import dev.plinth.server.cluster.ClusterDoor;
import dev.plinth.server.cluster.Membership;
import dev.plinth.server.cluster.PeerChannels;
import dev.plinth.server.cluster.PeerDoor;
import dev.plinth.server.cluster.PeerTls;
import dev.plinth.server.console.ConsoleDoor;
import dev.plinth.server.console.ServerState;
import dev.plinth.server.federation.FederationFollower;
import dev.plinth.server.federation.FederationServer;
import dev.plinth.server.seata.ClusterSeataServers;
import dev.plinth.server.seata.MetadataDoor;
import dev.plinth.server.seata.SeataDoorsDoor;
import dev.plinth.server.seata.SeataServers;
import dev.plinth.server.trust.TrustView;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Peers;
import dev.plinth.transactions.door.grpc.TransactionsDoor;
import dev.plinth.transactions.door.peer.PeerServers;
import dev.plinth.transactions.door.peer.PeersDoor;
import dev.plinth.transactions.door.seata.SeataDoor;
import dev.plinth.transactions.door.seata.SeataParticipants;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.control.AdminToken;
import dev.plinth.trust.control.CollateralFolder;
import dev.plinth.trust.control.DomainRootFile;
import dev.plinth.trust.control.FileRootKey;
import dev.plinth.trust.control.ServerIdentity;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustOutcome;
import dev.plinth.trust.control.door.attest.AttestationDoor;
import dev.plinth.trust.control.door.grpc.AdmissionsDoor;
import dev.plinth.trust.control.door.grpc.TokenGuard;
import dev.plinth.trust.control.door.grpc.TrustDoor;
import dev.plinth.trust.control.door.spiffe.WorkloadApiDoor;
import dev.plinth.trust.secrets.AuditWriter;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.door.grpc.SecretsDoor;
import dev.plinth.trust.secrets.door.kbs.KbsDoor;
import dev.plinth.trust.secrets.door.kbs.KbsHttp;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

    private static final Duration SETTLE_PAUSE = Duration.ofMillis(200);

    private final Parts parts = new Parts();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ServerConfiguration configuration;
    private final Instant startedAt = Instant.now();
    private Optional<RaftNode> raft = Optional.empty();
    private Optional<Membership> membership = Optional.empty();
    private Optional<ServerIdentity> serverIdentity = Optional.empty();
    private Listen http;
    private Listen seata;
    private Optional<Listen> nacos = Optional.empty();
    private Optional<Listen> nacosHttp = Optional.empty();
    private Optional<RegistryDoors.SofaRegistry> sofaRegistry = Optional.empty();
    private Optional<Listen> dns = Optional.empty();
    private Optional<WorkloadApiDoor> workloads = Optional.empty();
    private Optional<Listen> federation = Optional.empty();

    /**
     * Starts a server. When this returns, every door is open.
     *
     * @throws IOException if the data is damaged, in use by another server, or a port is taken; it says which
     */
    public static PlinthServer start(ServerConfiguration configuration) throws IOException {
        var server = new PlinthServer(new Entrance(configuration.data(), Partitions.NAMES).remembered(configuration));
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
        // With the first builder comes what Armeria needs for messages in JSON, wanted or not; it comes while the disk
        // is read.
        var _ = Thread.ofPlatform().daemon().name("grpc-builder").start(GrpcService::builder);
        var clock = parts.add("clock", new SystemClock());
        var data = configuration.data();
        var segments = parts.add("segments", DiskStorage.openDirect(data.resolve("journal")));
        var snapshots = parts.add("snapshots", DiskStorage.open(data.resolve("snapshots")));
        var store = parts.add("segment store", SegmentStore.open(segments, SegmentOptions.defaults(), clock));

        var proof = proof(clock);
        Optional<PeerTls> tls = proof.isPresent() ? Optional.of(PeerTls.of(proof.get())) : Optional.empty();
        var peers = configuration.cluster().map(_ -> parts.add("channels to the other servers", new PeerChannels(tls)));
        var backups = new RunningServer(data.resolve("transactions"), Release.VERSION);
        var untapped = journals(store, snapshots, clock, peers, proof);
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
                        journals.journal(Partitions.TRANSACTIONS, Coordinator.codec()),
                        history,
                        participants,
                        peers.<Peers>map(to -> new PeerServers(to::channels)).orElse(Peers.NONE),
                        clock,
                        0));
        // Once more when the doors are closed, for the others may have shared the leads anew meanwhile.
        parts.add("leads", this::handOver);
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
        var rules = parts.add("registry's rules", StoredRules.open(registry, texts, clock, workers));
        openRegistryDoors(registry, texts, clock, workers);
        var random = new SecureRandom();
        var trust = parts.add(
                "trust",
                Trust.open(
                        journals.journal(Partitions.TRUST, Trust.commandCodec()),
                        collateral(),
                        clock,
                        workers,
                        random));
        var secrets = parts.add(
                "secrets",
                Secrets.open(
                        journals.journal(Partitions.SECRETS, Secrets.commandCodec()),
                        secretsOptions(),
                        clock,
                        workers,
                        random));
        var audit = parts.add("audit log", AuditWriter.open(secrets, data.resolve("audit"), clock));
        List<BindableService> trustDoors = new ArrayList<>();
        if (configuration.trust().isPresent()) {
            var of = configuration.trust().get();
            unlock(trust, of.rootKey(data), workers, random);
            settle(trust, new TrustCommand.SetDomain(of.domain()));
            workloads = Optional.of(
                    parts.add("Workload API", WorkloadApiDoor.open(trust, of.socket(data), clock, workers)));
            if (of.federation().isPresent()) {
                var listen = of.federation().get();
                var door = parts.add("federation", FederationServer.open(trust, clock, listen.address()));
                federation = Optional.of(new Listen(listen.host(), door.port()));
            }
            parts.add("other trust domains", new FederationFollower(trust, clock, workers));
            trustDoors.add(TokenGuard.before(
                    new TrustDoor(trust, workers, random), AdminToken.open(TrustConfiguration.token(data), random)));
            trustDoors.add(TokenGuard.before(
                    AdmissionsDoor.open(trust, data.resolve("trust/admissions"), clock, workers),
                    AdminToken.open(TrustConfiguration.token(data), random)));
            trustDoors.add(new AttestationDoor(trust, clock, workers, random));
        }
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
                        () -> membership.orElseThrow().roster(), to::channels, seata, this::transactionsGroup)));
        // What servers ask of one another.
        List<BindableService> among = new ArrayList<>(List.of(
                new RegistryPeersDoor(registry, clock, workers),
                new PeersDoor(coordinator, participants, workers),
                new ClusterDoor(membership, this::groups, workers)));
        seataServers.map(SeataDoorsDoor::new).ifPresent(among::add);
        List<BindableService> doors = new ArrayList<>(List.of(
                new CellMapsDoor(cells, workers),
                new RegistryDoor(registry, clock, workers),
                new RegistryOperationsDoor(registry, rules, workers),
                new ConfigsDoor(texts, workers),
                new TransactionsDoor(coordinator, seataDoor::xid, workers),
                new BackupsDoor(backups, () -> http.toString(), workers)));
        doors.addAll(among);
        doors.addAll(trustDoors);
        Optional<KbsHttp> kbs = Optional.empty();
        if (configuration.secrets().isPresent()) {
            var token = AdminToken.open(TrustConfiguration.token(data), random);
            doors.add(SecretsDoor.of(secrets, token::is, clock, workers));
            kbs = Optional.of(new KbsHttp(new KbsDoor(secrets, token::is, Release.VERSION, clock, random, workers)));
        }
        openHttp(
                doors,
                configuration.trust().isPresent() || configuration.secrets().isPresent()
                        ? Optional.of(new AuditedCalls(secrets))
                        : Optional.empty(),
                kbs,
                trust::trouble,
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
                                        new TrustView(
                                                configuration.trust().isPresent(),
                                                configuration.secrets().isPresent(),
                                                trust,
                                                secrets,
                                                audit,
                                                clock,
                                                workers)),
                                Set.of())),
                seataServers);
        openPeerDoor(among, tls, workers);
        membership.ifPresent(Membership::start);
    }

    private static Set<String> names(Membership of) {
        return of.roster().servers().stream()
                .map(ClusterConfiguration.Server::name)
                .collect(Collectors.toSet());
    }

    private Secrets.Options secretsOptions() {
        var options = SecretsConfiguration.options(configuration.secrets(), configuration.data());
        return membership
                .map(of -> options.among(of.roster().self(), () -> names(of)))
                .orElse(options);
    }

    private void openRegistryDoors(Registry registry, Configs texts, SystemClock clock, Executor workers)
            throws IOException {
        var doors = configuration.registryDoors();
        var persistent = parts.add("persistent endpoints", PersistentEndpoints.open(registry, texts, clock, workers));
        if (doors.nacos().isPresent()) {
            var listen = doors.nacos().get();
            var door = parts.add(
                    "Nacos door", NacosDoor.open(registry, texts, persistent, listen.address(), clock, workers));
            nacos = Optional.of(new Listen(listen.host(), door.address().getPort()));
        }
        if (doors.nacosHttp().isPresent()) {
            var listen = doors.nacosHttp().get();
            var door = parts.add(
                    "Nacos HTTP door",
                    NacosHttpDoor.open(registry, texts, persistent, listen.address(), clock, workers));
            nacosHttp = Optional.of(new Listen(listen.host(), door.address().getPort()));
        }
        if (doors.sofaRegistry().isPresent()) {
            var listen = doors.sofaRegistry().get();
            var door = parts.add(
                    "SOFARegistry door",
                    SofaRegistryDoor.open(
                            registry,
                            texts,
                            listen.http().address(),
                            listen.bolt().address(),
                            listen.servers().stream().map(Listen::toString).toList(),
                            clock,
                            workers));
            sofaRegistry = Optional.of(new RegistryDoors.SofaRegistry(
                    new Listen(listen.http().host(), door.httpAddress().getPort()),
                    new Listen(listen.bolt().host(), door.boltAddress().getPort()),
                    listen.servers()));
        }
        if (doors.dns().isPresent()) {
            var listen = doors.dns().get();
            var door = parts.add("DNS door", DnsDoor.open(registry, listen.address(), clock, workers));
            dns = Optional.of(new Listen(listen.host(), door.address().getPort()));
        }
    }

    private void openHttp(
            List<BindableService> grpc,
            Optional<AuditedCalls> audited,
            Optional<KbsHttp> kbs,
            Supplier<Optional<String>> trouble,
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
        audited.ifPresent(grpcDoor::intercept);
        grpc.forEach(grpcDoor::addService);
        var builder = Server.builder().http(configuration.http().address());
        // A stream lives as long as its client, and may say as much as it likes; each message is limited instead.
        builder.requestTimeoutMillis(0).maxRequestLength(0);
        builder.gracefulShutdownTimeout(Duration.ZERO, STOP_GRACE);
        builder.service(grpcDoor.build());
        // Alone, nobody can ask before the port is open, and from then on the addresses are known.
        new MetadataDoor(
                        () -> seataServers.<SeataServers>map(of -> of).orElseGet(() -> SeataServers.alone(http, seata)))
                .mount(builder);
        new HealthDoor(membership.map(of -> of.roster().own().raft()), this::groups, trouble).mount(builder);
        kbs.ifPresent(of -> of.mount(builder));
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
        addresses.add(new ServerState.Address("Seata", seata.toString()));
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
        lines.add("  Seata's clients      " + seata);
        nacos.ifPresent(listen -> lines.add("  Nacos's clients      " + listen + " (gRPC)"));
        nacosHttp.ifPresent(listen -> lines.add("  Nacos's open API     http://" + listen + "/nacos"));
        sofaRegistry.ifPresent(listen ->
                lines.add("  SOFARegistry's       " + listen.http() + " (HTTP), " + listen.bolt() + " (Bolt)"));
        dns.ifPresent(listen -> lines.add("  DNS                  " + listen + " (plinth., UDP and TCP)"));
        configuration.secrets().ifPresent(_ -> lines.add("  secrets (KBS 0.4.0)  http://" + http + "/kbs/v0"));
        workloads.ifPresent(door -> lines.add("  workloads (SPIFFE)   " + door.endpoint()));
        federation.ifPresent(listen -> lines.add("  other trust domains  https://" + listen + "/"));
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
        var entrance = new Entrance(configuration.data(), Partitions.NAMES);
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
            for (var partition : Partitions.NAMES) {
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
        var settled = cells.putIfAbsent(wanted);
        if (configuration.cluster().isEmpty()) {
            compare(wanted, settled.join());
            return;
        }
        var _ = settled.whenComplete((map, failure) -> {
            if (failure == null) {
                compare(wanted, map);
            } else if (!closed.get()) {
                CompletableFuture.delayedExecutor(SETTLE_PAUSE.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> settle(cells, wanted));
            }
        });
    }

    /** What this server proves itself with to the others: files, or else what it has of its trust domain. */
    private Optional<RaftTls> proof(Clock clock) throws IOException {
        if (configuration.cluster().isEmpty()) {
            return Optional.empty();
        }
        var cluster = configuration.cluster().get();
        if (configuration.trust().isEmpty() || cluster.tls().isPresent()) {
            return cluster.tls();
        }
        var trust = configuration.trust().get();
        var random = new SecureRandom();
        var file = demandRootKey(trust.rootKey(configuration.data()));
        var identity =
                ServerIdentity.of(trust.domain(), cluster.self(), DomainRootFile.read(file, random), clock, random);
        serverIdentity = Optional.of(identity);
        return Optional.of(new RaftTls.Identity(identity.keys(), identity.servers()));
    }

    /**
     * Gives trust the root key. A server that is alone and has signed nothing yet makes one; all others must have that with which
     * their authorities' keys are sealed.
     */
    private void unlock(Trust trust, Path file, Executor workers, SecureRandom random) throws IOException {
        boolean alone = configuration.cluster().isEmpty();
        if (alone && trust.identities().join().lastNumber() == 0 && Files.notExists(file)) {
            FileRootKey.make(file, random);
        }
        parts.add(
                "root key of the trust domain",
                trust.unlock(
                        demandRootKey(file),
                        membership
                                .map(of ->
                                        new DomainRootFile.Servers(of.roster().self(), () -> names(of)))
                                .orElseGet(DomainRootFile.Servers::alone),
                        workers,
                        random,
                        keys -> serverIdentity.ifPresent(identity -> identity.roots(keys))));
        try {
            if (alone) {
                trust.issuer().demandKeys(trust.identities().join());
            }
        } catch (IllegalStateException e) {
            throw new IOException("trust.rootKey: " + file + ": " + e.getMessage(), e);
        }
    }

    private Path demandRootKey(Path file) throws IOException {
        if (Files.notExists(file)) {
            throw new IOException("trust.rootKey: " + file + ": there is no such file; expected "
                    + (configuration.cluster().isEmpty()
                            ? "the key that this server's data was made with, or comes from"
                            : "the same file on all servers of the cluster; plinth trust root-key makes one"));
        }
        return file;
    }

    private List<Endorsement> collateral() throws IOException {
        var folder = configuration.trust().flatMap(TrustConfiguration::collateral);
        try {
            return folder.isPresent() ? CollateralFolder.read(folder.get()) : List.of();
        } catch (IOException e) {
            throw new IOException("trust.collateral: " + e.getMessage(), e);
        }
    }

    /** Sets the trust domain if there is none. Another one than the stored one keeps a server that is alone from starting. */
    private void settle(Trust trust, TrustCommand.SetDomain wanted) throws IOException {
        var settled = trust.submit(wanted);
        if (configuration.cluster().isEmpty()) {
            if (settled.join() instanceof TrustOutcome.Denied denied) {
                throw new IOException("trust.domain: " + denied.message());
            }
            return;
        }
        var _ = settled.whenComplete((outcome, failure) -> {
            if (failure != null && !closed.get()) {
                CompletableFuture.delayedExecutor(SETTLE_PAUSE.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> settleAgain(trust, wanted));
            } else if (outcome instanceof TrustOutcome.Denied denied) {
                log.error("trust.domain: {}", denied.message());
            }
        });
    }

    private void settleAgain(Trust trust, TrustCommand.SetDomain wanted) {
        try {
            settle(trust, wanted);
        } catch (IOException e) {
            log.error("the trust domain is not set: {}", e.getMessage());
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
        return federation;
    }

    /** Where workloads find their identities, as in SPIFFE_ENDPOINT_SOCKET; empty if this server gives none. */
    public Optional<String> workloads() {
        return workloads.map(WorkloadApiDoor::endpoint);
    }

    /** Where Nacos's clients connect: with the port that was opened; empty if they are not served. */
    public Optional<Listen> nacos() {
        return nacos;
    }

    /** Where Nacos's open API is: with the port that was opened; empty if it is not served. */
    public Optional<Listen> nacosHttp() {
        return nacosHttp;
    }

    /** Where SOFARegistry's clients connect: with the ports that were opened; empty if they are not served. */
    public Optional<RegistryDoors.SofaRegistry> sofaRegistry() {
        return sofaRegistry;
    }

    /** Where DNS is answered: with the port that was opened; empty if it is not. */
    public Optional<Listen> dns() {
        return dns;
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
