package dev.plinth.acceptance.bank;

import dev.plinth.kernel.FreePorts;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The server, or three that run as one, and the bank in two cells, each process as it is delivered: from {@code target/lib}, with small heaps. */
final class BankHouse implements AutoCloseable {
    private static final List<String> CELLS = List.of("east", "west");
    /** PostgreSQL's programs, unpacked once for all runs. */
    private static final Path PROGRAMS = Path.of("target", "postgres-programs").toAbsolutePath();

    private final Path directory;
    private final Duration transactionTimeout;
    private final List<ServerPorts> servers;
    private final Map<String, HouseProcess> running = new LinkedHashMap<>();
    private final Map<String, String> databases = new LinkedHashMap<>();

    private record ServerPorts(int http, int seata, int raft) {}

    private BankHouse(Path directory, Duration transactionTimeout, List<ServerPorts> servers) {
        this.directory = directory;
        this.transactionTimeout = transactionTimeout;
        this.servers = servers;
    }

    /**
     * Starts everything but driver and auditor.
     *
     * @param directory for data and logs
     * @param count of servers
     */
    static BankHouse start(Path directory, Duration transactionTimeout, int count)
            throws IOException, InterruptedException {
        List<Integer> ports = FreePorts.find(3 * count);
        BankHouse house = new BankHouse(
                directory,
                transactionTimeout,
                IntStream.range(0, count)
                        .mapToObj(i -> new ServerPorts(ports.get(3 * i), ports.get(3 * i + 1), ports.get(3 * i + 2)))
                        .toList());
        boolean up = false;
        try {
            house.startAll();
            up = true;
            return house;
        } finally {
            if (!up) {
                house.close();
            }
        }
    }

    private void startAll() throws IOException, InterruptedException {
        Files.writeString(directory.resolve("plinth.yaml"), """
                %scells:
                  shards: 100
                  function: last-digits
                  map:
                    - { name: east, zone: zone-1, region: coast, shards: 0-49 }
                    - { name: west, zone: zone-2, region: coast, shards: 50-99 }
                """.formatted(cluster()));
        for (String server : servers()) {
            run(server);
        }
        for (String cell : CELLS) {
            run("postgres-" + cell);
        }
        for (String server : servers()) {
            awaitReady(server);
        }
        for (String cell : CELLS) {
            databases.put(cell, awaitReady("postgres-" + cell));
            run("accounts-" + cell);
        }
        for (String cell : CELLS) {
            awaitReady("accounts-" + cell);
            run("payments-" + cell);
        }
        for (String cell : CELLS) {
            awaitReady("payments-" + cell);
        }
    }

    /** Their names. */
    List<String> servers() {
        return servers.size() == 1
                ? List.of("server")
                : IntStream.rangeClosed(1, servers.size())
                        .mapToObj(number -> "server-" + number)
                        .toList();
    }

    private String cluster() {
        if (servers.size() == 1) {
            return "";
        }
        return IntStream.range(0, servers.size())
                .mapToObj(i -> "    - { name: %s, raft: 127.0.0.1:%d, http: 127.0.0.1:%d }\n"
                        .formatted(
                                servers().get(i),
                                servers.get(i).raft(),
                                servers.get(i).http()))
                .collect(Collectors.joining("", "cluster:\n  servers:\n", ""));
    }

    /** The server that leads a group, as one that can be asked sees it. */
    Optional<String> leader(String group) {
        for (int i = 0; i < servers.size(); i++) {
            Optional<String> leader = leader(group, servers.get(i));
            if (leader.isPresent()) {
                return leader;
            }
        }
        return Optional.empty();
    }

    private Optional<String> leader(String group, ServerPorts asked) {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", asked.http())
                .usePlaintext()
                .build();
        try {
            return ClusterGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .getCluster(GetClusterRequest.getDefaultInstance())
                    .getGroupsList()
                    .stream()
                    .filter(one -> one.getName().equals(group))
                    .findFirst()
                    .flatMap(one -> IntStream.range(0, servers.size())
                            .filter(i -> one.getLeader()
                                    .equals("127.0.0.1:" + servers.get(i).raft()))
                            .mapToObj(i -> servers().get(i))
                            .findFirst());
        } catch (StatusRuntimeException e) {
            // It is being started, or was killed; another one knows.
            return Optional.empty();
        } finally {
            channel.shutdownNow();
        }
    }

    /** Starts the process of this name; it must not be running. */
    void run(String name) throws IOException {
        running.put(name, HouseProcess.start(name, command(name), directory.resolve(name + ".log")));
    }

    String awaitReady(String name) throws InterruptedException {
        return process(name).awaitReady();
    }

    /** SIGKILL. */
    void kill(String name) throws InterruptedException {
        process(name).kill();
    }

    HouseProcess process(String name) {
        HouseProcess process = running.get(name);
        if (process == null) {
            throw new AssertionError(name + " was not started; there are " + running.keySet());
        }
        return process;
    }

    /** Starts a command of the bank that knows where everything is. */
    HouseProcess bank(String name, List<String> arguments) throws IOException {
        HouseProcess started = HouseProcess.start(name, bankCommand(arguments), directory.resolve(name + ".log"));
        running.put(name, started);
        return started;
    }

    /** Where the servers' HTTP is, for {@code --server}. */
    String http() {
        return addresses(ServerPorts::http);
    }

    private String addresses(ToIntFunction<ServerPorts> port) {
        return servers.stream()
                .map(server -> "127.0.0.1:" + port.applyAsInt(server))
                .collect(Collectors.joining(","));
    }

    /** What the first server answers on its HTTP port. */
    String get(String path) throws IOException, InterruptedException {
        return get(servers().getFirst(), path);
    }

    /** What a server answers on its HTTP port. */
    String get(String server, String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                            + servers.get(servers().indexOf(server)).http() + path))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    /** {@code --database east=... --database west=...}. */
    List<String> databaseOptions() {
        List<String> options = new ArrayList<>();
        databases.forEach((cell, address) -> options.addAll(List.of("--database", cell + "=" + address)));
        return options;
    }

    private List<String> command(String name) {
        String cell = name.substring(name.indexOf('-') + 1);
        String seata = addresses(ServerPorts::seata);
        return switch (name.substring(0, name.length() - cell.length())) {
            case "postgres-" ->
                bankCommand(List.of(
                        "postgres",
                        "--cell",
                        cell,
                        "--data",
                        directory.resolve(name).toString(),
                        "--cache",
                        PROGRAMS.toString()));
            case "accounts-" ->
                bankCommand(List.of(
                        "accounts",
                        "--cell",
                        cell,
                        "--server",
                        http(),
                        "--coordinator",
                        seata,
                        "--database",
                        databases.getOrDefault(cell, "not known yet")));
            case "payments-" ->
                bankCommand(List.of(
                        "payments",
                        "--cell",
                        cell,
                        "--server",
                        http(),
                        "--coordinator",
                        seata,
                        "--transaction-timeout",
                        transactionTimeout.toMillis() + "ms"));
            default -> java("256m", "cli", "dev.plinth.cli.Plinth", serverArguments(name));
        };
    }

    private List<String> serverArguments(String name) {
        ServerPorts ports = servers.get(servers().indexOf(name));
        List<String> arguments = new ArrayList<>(List.of(
                "server",
                "--config",
                directory.resolve("plinth.yaml").toString(),
                "--data",
                directory.resolve(name).toString(),
                "--http",
                "127.0.0.1:" + ports.http(),
                "--seata",
                "127.0.0.1:" + ports.seata()));
        if (servers.size() > 1) {
            arguments.addAll(List.of("--name", name));
        }
        return arguments;
    }

    private static List<String> bankCommand(List<String> arguments) {
        return java("96m", "examples/bank", "dev.plinth.bank.Bank", arguments);
    }

    private static List<String> java(String heap, String module, String main, List<String> arguments) {
        Path lib = Path.of("..", module, "target", "lib").toAbsolutePath().normalize();
        if (!Files.isDirectory(lib)) {
            throw new AssertionError("not packaged: there is no " + lib + "; ./plinth test builds it");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                lib + "/*",
                main));
        command.addAll(arguments);
        return command;
    }

    /** Asks all to stop, the databases last, and ends those that do not. */
    @Override
    public void close() {
        List<HouseProcess> order = new ArrayList<>(running.values()).reversed();
        for (boolean database : List.of(false, true)) {
            for (HouseProcess process : order) {
                if (process.name().startsWith("postgres-") == database) {
                    process.end();
                }
            }
        }
    }
}
