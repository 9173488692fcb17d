package dev.plinth.cli.dev;

import dev.plinth.server.TrustConfiguration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The processes of {@code plinth dev}, and which waits for which. */
final class Household {
    /*
     * What starts when is said by names: a process starts when all those it names are ready. There is no list of stages to keep
     * in order, and what can start at once does. On the way down it is the other way round.
     */
    private record Member(Child child, List<String> after) {}

    /**
     * What the user chose.
     *
     * @param data an absolute path
     * @param servers 1, or the members of a cluster
     * @param httpPort of the first server; the others have those that follow
     * @param seataPort likewise
     * @param rate operations a second; 0: as many as the driver can
     */
    record Choices(Path data, int servers, int httpPort, int seataPort, int rate, int clients, int customers) {
        /** How far the Raft door is from the HTTP port. A member's address is for life, so it must not be any free port. */
        static final int RAFT_OFFSET = 100;

        private static final int SOCKET_BYTES_MAX = 107;

        /** Each server's name, in the order of the ports. */
        List<String> names() {
            return servers == 1
                    ? List.of("server")
                    : IntStream.rangeClosed(1, servers)
                            .mapToObj(number -> "server-" + number)
                            .toList();
        }

        List<String> http() {
            return addresses(httpPort);
        }

        List<String> seata() {
            return addresses(seataPort);
        }

        List<String> raft() {
            return addresses(httpPort + RAFT_OFFSET);
        }

        /** Whether the servers have a trust domain: workloads find it at a socket, whose path must not be longer than the kernel takes. */
        boolean trusted() {
            return names().stream()
                    .map(name -> data.resolve(name).resolve("trust").resolve("workload.sock"))
                    .allMatch(socket -> socket.toString().getBytes(StandardCharsets.UTF_8).length <= SOCKET_BYTES_MAX);
        }

        private List<String> addresses(int first) {
            return IntStream.range(first, first + servers)
                    .mapToObj(port -> "127.0.0.1:" + port)
                    .toList();
        }
    }

    /**
     * Amalgamate empties an account each time. With SmallBank's own mix most hot accounts are empty after minutes, and the console
     * would show little but refused payments; the benchmark's mix is the driver's default.
     */
    private static final String MIX = "20,20,15,1,4,40";

    private static final String TRUST_ROOT_KEY = "trust-root.key";
    private static final String SECRETS_ROOT_KEY = "secrets-root.key";

    private static final List<String> CELLS = List.of("east", "west");

    private final Board board;
    private final Path logs;
    private final Map<String, Member> members = new LinkedHashMap<>();

    private Household(Board board, Path logs) {
        this.board = board;
        this.logs = logs;
    }

    /** Everything that {@code plinth dev} runs; nothing is started yet. */
    static Household of(Choices choices, Board board) throws IOException {
        var logs = Files.createDirectories(choices.data().resolve("logs"));
        var house = new Household(board, logs);
        var programs = Programs.here();

        var config = choices.data().resolve("plinth.yaml");
        Files.writeString(config, configuration(choices));
        makeRootKeys(choices);
        List<String> servers = choices.names();
        for (int i = 0; i < servers.size(); i++) {
            house.add(servers.get(i), List.of(), programs.plinth(server(choices, i, config)));
        }
        String http = String.join(",", choices.http());
        String seata = String.join(",", choices.seata());

        List<Integer> ports = freePorts(CELLS.size());
        for (int i = 0; i < CELLS.size(); i++) {
            String cell = CELLS.get(i);
            int port = ports.get(i);
            house.add(
                    "postgres-" + cell,
                    List.of(),
                    programs.bank(
                            "postgres",
                            "--cell",
                            cell,
                            "--port",
                            Integer.toString(port),
                            "--data",
                            choices.data().resolve("postgres-" + cell).toString()));
        }
        for (int i = 0; i < CELLS.size(); i++) {
            String cell = CELLS.get(i);
            int port = ports.get(i);
            house.add(
                    "accounts-" + cell,
                    both(servers, "postgres-" + cell),
                    programs.bank(
                            "accounts",
                            "--cell",
                            cell,
                            "--server",
                            http,
                            "--coordinator",
                            seata,
                            "--database",
                            "127.0.0.1:" + port,
                            "--customers",
                            Integer.toString(choices.customers())));
        }
        for (String cell : CELLS) {
            house.add(
                    "payments-" + cell,
                    both(servers, "accounts-east", "accounts-west"),
                    programs.bank("payments", "--cell", cell, "--server", http, "--coordinator", seata));
        }
        house.add(
                "driver",
                List.of("payments-east", "payments-west"),
                programs.bank(
                        "driver",
                        "--server",
                        http,
                        "--rate",
                        Integer.toString(choices.rate()),
                        "--clients",
                        Integer.toString(choices.clients()),
                        "--customers",
                        Integer.toString(choices.customers()),
                        "--mix",
                        MIX,
                        "--hot-customers",
                        Integer.toString(Math.max(10, choices.customers() / 10))));
        house.add(
                "auditor",
                List.of("accounts-east", "accounts-west"),
                programs.bank(
                        "auditor",
                        "--database",
                        "east=127.0.0.1:" + ports.get(0),
                        "--database",
                        "west=127.0.0.1:" + ports.get(1)));
        return house;
    }

    private static List<String> both(List<String> servers, String... others) {
        return Stream.concat(servers.stream(), Stream.of(others)).toList();
    }

    private static String[] server(Choices choices, int i, Path config) {
        String name = choices.names().get(i);
        List<String> command = new ArrayList<>(List.of("server", "--config", config.toString()));
        command.addAll(List.of(
                "--http", choices.http().get(i), "--seata", choices.seata().get(i)));
        command.addAll(List.of("--data", choices.data().resolve(name).toString()));
        if (choices.servers() > 1) {
            command.addAll(List.of("--name", name));
        }
        return command.toArray(String[]::new);
    }

    private static String cluster(Choices choices) {
        if (choices.servers() == 1) {
            return "";
        }
        var text = new StringBuilder("cluster:\n  servers:\n");
        for (int i = 0; i < choices.servers(); i++) {
            text.append("    - { name: %s, raft: %s, http: %s }\n"
                    .formatted(
                            choices.names().get(i),
                            choices.raft().get(i),
                            choices.http().get(i)));
        }
        return text.toString();
    }

    private static String configuration(Choices choices) {
        return """
                # Written by plinth dev at each start.
                %s%scells:
                  shards: 100
                  function: last-digits
                  map:
                    - { name: east, zone: zone-1, region: coast, shards: 0-49 }
                    - { name: west, zone: zone-2, region: coast, shards: 50-99 }
                """.formatted(cluster(choices), trust(choices));
    }

    /** Of a cluster all servers have the same root keys, and each a socket of its own. */
    private static String trust(Choices choices) {
        if (!choices.trusted()) {
            return "";
        }
        return """
                trust:
                  domain: %s
                  rootKey: %s
                secrets:
                  root: file
                  rootKey: %s
                """.formatted(
                        SimulatedWorkloads.DOMAIN,
                        quoted(choices.data().resolve(TRUST_ROOT_KEY)),
                        quoted(choices.data().resolve(SECRETS_ROOT_KEY)));
    }

    private static String quoted(Path path) {
        return "\"" + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** A server that is alone makes its keys itself; the servers of a cluster must find them: of several that make one at once, one has it. */
    private static void makeRootKeys(Choices choices) throws IOException {
        for (var name : List.of(TRUST_ROOT_KEY, SECRETS_ROOT_KEY)) {
            var key = choices.data().resolve(name);
            if (choices.servers() > 1 && Files.notExists(key)) {
                TrustConfiguration.makeRootKey(key);
            }
        }
    }

    private void add(String name, List<String> after, List<String> command) throws IOException {
        var log = logs.resolve(name + ".log");
        Files.deleteIfExists(log);
        members.put(name, new Member(new Child(name, command, log, this::show), after));
    }

    Path logs() {
        return logs;
    }

    /** Starts everything, each as soon as what it waits for is ready. Returns whether all came up. */
    boolean start() throws InterruptedException {
        show();
        List<Thread> starters = new ArrayList<>();
        for (var member : members.values()) {
            starters.add(
                    Thread.ofVirtual().name("start-" + member.child().name()).start(() -> startInTurn(member)));
        }
        for (var starter : starters) {
            starter.join();
        }
        return members.values().stream()
                .allMatch(member -> member.child().status().state() == Child.State.READY);
    }

    private void startInTurn(Member member) {
        try {
            for (String name : member.after()) {
                var other = members.get(name);
                if (other == null || !other.child().awaitReady()) {
                    member.child().giveUp("waits for " + name);
                    return;
                }
            }
            member.child().start();
            member.child().awaitReady();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops everything, each when those that lean on it are gone. */
    void stop() {
        members.values().forEach(member -> member.child().letEnd());
        Map<String, Thread> stoppers = new LinkedHashMap<>();
        // Who leans on somebody was added after him.
        for (var member : List.copyOf(members.values()).reversed()) {
            List<Thread> first = members.values().stream()
                    .filter(other -> other.after().contains(member.child().name()))
                    .map(other ->
                            Objects.requireNonNull(stoppers.get(other.child().name())))
                    .toList();
            stoppers.put(member.child().name(), Thread.ofVirtual().start(() -> stopInTurn(member, first)));
        }
        try {
            for (var stopper : stoppers.values()) {
                stopper.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stopInTurn(Member member, List<Thread> first) {
        try {
            for (var other : first) {
                other.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        member.child().stop();
    }

    private void show() {
        board.show(
                members.values().stream().map(member -> member.child().status()).toList());
    }

    /** So many ports that are free now, each another. */
    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }
}
