package dev.plinth.cli.dev;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
     * @param rate operations a second; 0: as many as the driver can
     */
    record Choices(Path data, int httpPort, int seataPort, int rate, int clients, int customers) {
        String http() {
            return "127.0.0.1:" + httpPort;
        }

        String seata() {
            return "127.0.0.1:" + seataPort;
        }
    }

    /**
     * Amalgamate empties an account each time. With SmallBank's own mix most hot accounts are empty after minutes, and the console
     * would show little but refused payments; the benchmark's mix is the driver's default.
     */
    private static final String MIX = "20,20,15,1,4,40";

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
        house.add("server", List.of(), programs.plinth("server", "--config", config.toString()));

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
                    List.of("server", "postgres-" + cell),
                    programs.bank(
                            "accounts",
                            "--cell",
                            cell,
                            "--server",
                            choices.http(),
                            "--coordinator",
                            choices.seata(),
                            "--database",
                            "127.0.0.1:" + port,
                            "--customers",
                            Integer.toString(choices.customers())));
        }
        for (String cell : CELLS) {
            house.add(
                    "payments-" + cell,
                    List.of("server", "accounts-east", "accounts-west"),
                    programs.bank(
                            "payments", "--cell", cell, "--server", choices.http(), "--coordinator", choices.seata()));
        }
        house.add(
                "driver",
                List.of("payments-east", "payments-west"),
                programs.bank(
                        "driver",
                        "--server",
                        choices.http(),
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

    private static String configuration(Choices choices) {
        return """
                # Written by plinth dev at each start.
                data: %s
                http:
                  listen: %s
                seata:
                  listen: %s
                cells:
                  shards: 100
                  function: last-digits
                  map:
                    - { name: east, zone: zone-1, region: coast, shards: 0-49 }
                    - { name: west, zone: zone-2, region: coast, shards: 50-99 }
                """.formatted(choices.data().resolve("server"), choices.http(), choices.seata());
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

    /** Stops everything, the last started first, so that nobody loses what it leans on before it is gone itself. */
    void stop() {
        members.values().forEach(member -> member.child().letEnd());
        var order = new ArrayList<>(members.values());
        Collections.reverse(order);
        order.forEach(member -> member.child().stop());
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
