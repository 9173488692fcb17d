package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.config.Author;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Configs;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.Rule;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.registry.door.grpc.RegistryOperationsDoor;
import dev.plinth.registry.door.nacos.NacosDoor;
import dev.plinth.registry.door.nacos.NacosHttpDoor;
import dev.plinth.registry.door.peer.RegistryPeers;
import dev.plinth.registry.door.peer.RegistryPeersDoor;
import dev.plinth.registry.door.sofa.SofaRegistryDoor;
import dev.plinth.registry.persistent.PersistentEndpoints;
import dev.plinth.registry.rules.StoredRules;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The registry and the configuration of one server with all their doors, and nothing else of it. */
final class RegistryServer implements AutoCloseable {
    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final ExecutorService engine = Executors.newSingleThreadExecutor();
    private final DiskStorage segments;
    private final DiskStorage snapshots;
    private final SegmentStore store;
    private final Configs configs;
    private final Registry registry;
    private final Server grpc;
    private final StoredRules rules;
    private final PersistentEndpoints persistent;
    private final NacosDoor nacos;
    private final NacosHttpDoor nacosHttp;
    private final SofaRegistryDoor sofa;
    private RegistryPeers peers;

    RegistryServer(long incarnation, Path data) throws IOException {
        this(incarnation, data, 0, 0, List.of());
    }

    /**
     * @param sofaHttp the port where SOFARegistry's clients ask for servers; 0 for a free one
     * @param sofaBolt the port where they publish and subscribe; 0 for a free one
     * @param sofaServers the servers that they are told of; none for this one alone
     */
    RegistryServer(long incarnation, Path data, int sofaHttp, int sofaBolt, List<String> sofaServers)
            throws IOException {
        segments = DiskStorage.open(data.resolve("journal"));
        snapshots = DiskStorage.open(data.resolve("snapshots"));
        store = SegmentStore.open(segments, SegmentOptions.defaults(), clock);
        configs = Configs.open(
                LocalJournal.open(store, "config", Configs.commandCodec(), snapshots, JournalOptions.defaults(), clock),
                clock);
        registry = Registry.open(incarnation, engine, clock);
        rules = StoredRules.open(registry, configs, clock, workers);
        grpc = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new RegistryDoor(registry, clock, workers))
                .addService(new RegistryPeersDoor(registry, clock, workers))
                .addService(new RegistryOperationsDoor(registry, rules, workers))
                .build()
                .start();
        persistent = PersistentEndpoints.open(registry, configs, clock, workers);
        nacos = NacosDoor.open(
                registry,
                configs,
                persistent,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                _ -> true,
                clock,
                workers);
        nacosHttp = NacosHttpDoor.open(
                registry,
                configs,
                persistent,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                _ -> true,
                clock,
                workers);
        sofa = SofaRegistryDoor.open(
                registry,
                configs,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), sofaHttp),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), sofaBolt),
                _ -> true,
                sofaServers,
                clock,
                workers);
        peers = RegistryPeers.of(registry, List.of(), clock, workers);
    }

    String nacosHttp() {
        return "http://127.0.0.1:" + nacosHttp.address().getPort() + "/nacos";
    }

    /** Where SOFARegistry's clients ask for servers. */
    int sofaHttp() {
        return sofa.httpAddress().getPort();
    }

    int sofaBolt() {
        return sofa.boltAddress().getPort();
    }

    String nacos() {
        return "127.0.0.1:" + nacos.address().getPort();
    }

    void follow(List<RegistryServer> all) {
        peers.close();
        peers = RegistryPeers.of(
                registry,
                all.stream()
                        .map(server -> new InetSocketAddress(InetAddress.getLoopbackAddress(), server.grpc.getPort()))
                        .toList(),
                clock,
                workers);
    }

    /** The line to the others is cut: it follows nobody, and nobody follows it. Its own clients are still with it. */
    void cutOff() {
        peers.close();
        grpc.shutdownNow();
    }

    /** A session of our own protocol. */
    Hold open() {
        var outcome = registry.submit(new RegistryCommand.Open("ours", Duration.ofSeconds(60), Optional.empty()))
                .join();
        return ((RegistryOutcome.Opened) outcome).hold();
    }

    void register(Hold hold, String service, String address) {
        registry.submit(new RegistryCommand.Register(
                        hold, Endpoint.of(new EndpointName(service, "bolt", address), Map.of(Endpoint.CELL, "east"))))
                .join();
    }

    void deregister(Hold hold, String service, String address) {
        registry.submit(new RegistryCommand.Deregister(hold, new EndpointName(service, "bolt", address)))
                .join();
    }

    /** Somebody publishes a text of configuration, in the group and namespace that Nacos's clients ask in. */
    void configure(String dataId, String content) {
        assertThat(configs.submit(new ConfigCommand.Publish(
                                new ConfigKey("public", "DEFAULT_GROUP", dataId),
                                ConfigText.of(content, "properties", ""),
                                Optional.empty(),
                                new Author("test", "")))
                        .join())
                .isInstanceOf(ConfigOutcome.Done.class);
    }

    /** Somebody says something of endpoints. */
    void say(Rule rule) {
        assertThat(rules.put(rule, new Author("test", "")).join()).isInstanceOf(ConfigOutcome.Done.class);
    }

    /** Somebody takes back what was said. */
    void unsay(Rule rule) {
        assertThat(rules.remove(rule, new Author("test", "")).join()).isInstanceOf(ConfigOutcome.Done.class);
    }

    List<String> endpoints(String service) {
        return registry.endpoints(Optional.of(service), Optional.empty(), "", 1_000).join().items().stream()
                .map(listing -> listing.registration().endpoint().name())
                .map(name -> name.protocol() + "://" + name.address())
                .toList();
    }

    /** As if it was killed. */
    @Override
    public void close() {
        grpc.shutdownNow();
        nacos.close();
        nacosHttp.close();
        sofa.close();
        persistent.close();
        rules.close();
        peers.close();
        registry.close();
        configs.close();
        store.close();
        try {
            snapshots.close();
            segments.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        engine.shutdown();
        workers.shutdown();
        clock.close();
    }
}
