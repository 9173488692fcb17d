package dev.plinth.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.wire.cluster.v1.Group;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Three servers that run as one, each on its own host; the network between them, and what they say of one another. */
final class Trio implements AutoCloseable {
    /** The group of configuration texts, which the clients write. */
    static final String GROUP = "configuration";

    /** An election takes two seconds on an idle machine; this one may be building something else. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> GROUPS = List.of("cells", GROUP, "transactions", "trust", "secrets");
    private static final int RAFT_PORT = 7801;

    /** Some files of the journal, of 64 MiB each; see {@link StorageFaults#fullDisk}. */
    private static final int DISK_MEBIBYTES = 640;

    private final Path directory;
    private final Network network;
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final List<Server> servers = new ArrayList<>();

    private Trio(Path directory, Network network) {
        this.directory = directory;
        this.network = network;
    }

    /** Starts them, and waits until they run as one. */
    static Trio start(Path directory, Optional<Path> library) throws IOException {
        return start(directory, library, List.of(), "");
    }

    /**
     * As the other {@code start}.
     *
     * @param hosts more of them on the network, for clients
     * @param doors what the servers' configuration says besides
     */
    static Trio start(Path directory, Optional<Path> library, List<String> hosts, String doors) throws IOException {
        List<String> all = new ArrayList<>(NAMES);
        all.addAll(hosts);
        var trio = new Trio(directory, Network.of(all));
        boolean up = false;
        try {
            trio.startAll(library, doors);
            up = true;
            return trio;
        } finally {
            if (!up) {
                trio.close();
            }
        }
    }

    private void startAll(Optional<Path> library, String doors) throws IOException {
        for (int i = 0; i < NAMES.size(); i++) {
            var name = NAMES.get(i);
            servers.add(new Server(
                    name, i, network.namespace(name), directory.resolve(name), DISK_MEBIBYTES, library, loops));
        }
        var certificates = Certificates.make(directory);
        Files.writeString(configuration(), """
            cluster:
              servers:
            %s
              tls:
                certificate: %s
                key: %s
                authority: %s
            %s""".formatted(
                        servers.stream()
                                .map(server -> "    - { name: " + server + ", raft: " + raft(server) + ", http: "
                                        + network.address(server.name()) + ":"
                                        + server.httpPort() + " }")
                                .collect(Collectors.joining("\n")),
                        certificates.certificate(),
                        certificates.key(),
                        certificates.certificate(),
                        doors));
        for (var server : servers) {
            start(server);
        }
        awaitWhole();
    }

    private Path configuration() {
        return directory.resolve("plinth.yaml");
    }

    private String raft(Server server) {
        return network.address(server.name()) + ":" + RAFT_PORT;
    }

    Network network() {
        return network;
    }

    List<Server> servers() {
        return List.copyOf(servers);
    }

    void start(Server server) throws IOException {
        server.start(configuration());
    }

    List<Server> others(Server server) {
        return servers.stream().filter(other -> !other.equals(server)).toList();
    }

    /** A leader, and since which term. */
    record Lead(Server server, long term) {
        @Override
        public String toString() {
            return server + " (term " + term + ")";
        }
    }

    /** Who leads the clients' group: it says so itself, and a majority says so too. */
    Lead awaitLeader() {
        return awaitLeader(servers, 0);
    }

    /** Waits until these, or a majority of all among them, say that one of them leads since a term later than {@code after}. */
    Lead awaitLeader(List<Server> among, long after) {
        return await("a leader of " + GROUP + " among " + among + " after term " + after)
                .atMost(PATIENCE)
                .until(() -> leader(among, after), Optional::isPresent)
                .orElseThrow();
    }

    /** The same, if it can be told now. */
    Optional<Lead> leader(List<Server> among, long after) {
        Map<Server, Group> said = new TreeMap<>(Comparator.comparing(Server::name));
        among.forEach(server -> server.group(GROUP).ifPresent(group -> said.put(server, group)));
        for (var server : said.keySet()) {
            var own = said.get(server);
            long agree = said.values().stream()
                    .filter(other -> other.getLeader().equals(raft(server)) && other.getTerm() == own.getTerm())
                    .count();
            if (own.getLeader().equals(raft(server)) && own.getTerm() > after && agree > NAMES.size() / 2) {
                return Optional.of(new Lead(server, own.getTerm()));
            }
        }
        return Optional.empty();
    }

    /** Waits until all go on with all groups, with one leader each and as far as one another, give or take what is under way. */
    void awaitWhole() {
        await("the three as one").atMost(PATIENCE).untilAsserted(this::assertWhole);
    }

    private void assertWhole() {
        Map<String, List<String>> leaders = new TreeMap<>();
        for (var server : servers) {
            var groups = server.groups();
            assertThat(groups)
                    .as("groups of " + server)
                    .extracting(Group::getName)
                    .containsAll(GROUPS);
            for (var group : groups) {
                assertThat(group.getTrouble())
                        .as(group.getName() + " at " + server)
                        .isEmpty();
                assertThat(group.getLeader())
                        .as("leader of " + group.getName() + " at " + server)
                        .isNotEmpty();
                leaders.computeIfAbsent(group.getName(), _ -> new ArrayList<>())
                        .add(group.getLeader() + " since " + group.getTerm());
            }
        }
        assertThat(leaders)
                .allSatisfy((group, seen) -> assertThat(seen.stream().distinct())
                        .as("leaders and terms of " + group + " in the eyes of all")
                        .hasSize(1));
    }

    // ---- their states

    /**
     * Waits until all have applied as much, stops them, and compares what they write of their states as they end.
     *
     * @return what was compared, for people
     */
    String stopAndCompareStates() throws Exception {
        for (var group : GROUPS) {
            await("the three applied as much of " + group)
                    .atMost(PATIENCE)
                    .until(() -> servers.stream()
                                    .map(server -> server.group(group).map(Group::getApplied))
                                    .distinct()
                                    .toList()
                                    .size()
                            == 1);
        }
        List<Thread> stopping = new ArrayList<>();
        List<Throwable> failed = Collections.synchronizedList(new ArrayList<>());
        for (var server : servers) {
            var thread = Thread.ofVirtual().unstarted(() -> {
                try {
                    server.stop();
                } catch (Exception | AssertionError e) {
                    failed.add(e);
                }
            });
            thread.start();
            stopping.add(thread);
        }
        for (var thread : stopping) {
            thread.join();
        }
        assertThat(failed).as("servers that did not stop").isEmpty();
        List<String> agreed = new ArrayList<>();
        for (var group : GROUPS) {
            Map<String, State> states = new TreeMap<>();
            for (var server : servers) {
                states.put(server.name(), state(server, group));
            }
            assertThat(states.values().stream().distinct().toList())
                    .as("states of group " + group + " as the three left them: " + states)
                    .hasSize(1);
            agreed.add(group + " at " + states.values().iterator().next());
        }
        return String.join(", ", agreed);
    }

    /** The state in a member's newest snapshot. */
    private record State(long index, String hash) {
        @Override
        public String toString() {
            return index + ":" + hash.substring(0, 12);
        }
    }

    /** As {@code StateFile} of module raft writes it: the index stands at 24, and the hash is the last thing in the file. */
    private static State state(Server server, String group) throws IOException {
        var snapshots = server.disk().resolve("data").resolve("raft").resolve(group);
        Path newest;
        try (var all = Files.list(snapshots)) {
            newest = all.filter(path -> path.getFileName().toString().matches("snapshot_\\d+"))
                    .max(Comparator.comparingLong(
                            path -> Long.parseLong(path.getFileName().toString().substring("snapshot_".length()))))
                    .orElseThrow(() -> new AssertionError("no snapshot of " + group + " in " + snapshots));
        }
        byte[] bytes = Files.readAllBytes(newest.resolve("state"));
        long index = ByteBuffer.wrap(bytes).getLong(24);
        return new State(index, HexFormat.of().formatHex(bytes, bytes.length - 32, bytes.length));
    }

    @Override
    public void close() throws IOException {
        // Each of them, whatever becomes of the others.
        IOException failed = null;
        List<Closeable> parts = new ArrayList<>(servers);
        parts.add(network);
        for (var part : parts) {
            try {
                part.close();
            } catch (IOException e) {
                if (failed == null) {
                    failed = e;
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        var _ = loops.shutdownGracefully();
        if (failed != null) {
            throw failed;
        }
    }
}
