package dev.plinth.cli.dev;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code plinth dev}: starts the server and the bank as real processes, shows how they are, and stops them on Ctrl-C. */
@Command(
        name = "dev",
        description = {
            "Runs Plinth on this machine with a bank in it: two cells, two databases, a load, and an auditor.",
            "Kill any of the processes to see what happens: it comes back, and no money is lost."
        },
        mixinStandardHelpOptions = true)
public final class DevCommand implements Callable<Integer> {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where data and logs live. Default: ${DEFAULT-VALUE}",
            defaultValue = ".plinth/dev")
    private Path data = Path.of(".plinth", "dev");

    @Option(
            names = "--servers",
            paramLabel = "N",
            description = {
                "Servers that run as one: 1, or a cluster of 3 or 5. Each has the port after that of the one before.",
                "Default: ${DEFAULT-VALUE}"
            },
            defaultValue = "1")
    private int servers = 1;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "Console and API. Default: ${DEFAULT-VALUE}",
            defaultValue = "7700")
    private int httpPort;

    @Option(
            names = "--seata-port",
            paramLabel = "PORT",
            description = "For Seata's clients. Default: ${DEFAULT-VALUE}",
            defaultValue = "8091")
    private int seataPort;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Operations a second that the driver sends; 0: as many as it can. Default: ${DEFAULT-VALUE}",
            defaultValue = "200")
    private int rate;

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "Clients at once. Default: ${DEFAULT-VALUE}",
            defaultValue = "16")
    private int clients;

    @Option(
            names = "--customers",
            paramLabel = "N",
            description = "Customers of the bank. Default: ${DEFAULT-VALUE}",
            defaultValue = "10000")
    private int customers;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    /** Made by picocli. */
    public DevCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        atLeast("--rate", rate, 0);
        atLeast("--clients", clients, 1);
        atLeast("--customers", customers, 100);
        if (servers != 1 && servers != 3 && servers != 5) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--servers: expected 1, 3 or 5, found " + servers + "; an even number survives"
                            + " no more failures than the odd one before it");
        }
        var choices =
                new Household.Choices(data.toAbsolutePath(), servers, httpPort, seataPort, rate, clients, customers);
        for (int i = 0; i < servers; i++) {
            free("--http-port", httpPort + i);
            free("--seata-port", seataPort + i);
        }
        if (servers > 1) {
            // Each server's Raft door lies at a distance from its HTTP port.
            for (int i = 0; i < servers; i++) {
                free("--http-port", httpPort + Household.Choices.RAFT_OFFSET + i);
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        var began = Instant.now();
        Files.createDirectories(data);
        var board = new Board(out, onTerminal());
        var stopped = new CountDownLatch(1);
        var household = Household.of(choices, board);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            household.stop();
            stopped.countDown();
        }));
        if (!household.start()) {
            out.println("plinth dev: not everything came up; the logs are in " + household.logs());
            household.stop();
            return 1;
        }
        board.print(welcome(choices, household, Duration.between(began, Instant.now())));
        if (choices.trusted()) {
            try (var _ = SimulatedWorkloads.start(
                    choices.http().getFirst(),
                    choices.data().resolve(choices.names().getFirst()),
                    household.logs().resolve("workloads.log"))) {
                stopped.await();
            }
        }
        stopped.await();
        return 0;
    }

    private String welcome(Household.Choices choices, Household household, Duration took) {
        return """

                Up in %.1f s. Open the console:  http://127.0.0.1:%d

                  server    HTTP, gRPC and console on %s; Seata's clients on %s
                  data      %s
                  logs      %s
                  trust     %s
                  try       kill -9 one of the processes above: it comes back, and the sum stays exact

                Ctrl-C stops everything.""".formatted(
                took.toMillis() / 1_000.0,
                httpPort,
                String.join(", ", choices.http()),
                String.join(", ", choices.seata()),
                choices.data(),
                household.logs(),
                choices.trusted()
                        ? "domain " + SimulatedWorkloads.DOMAIN + "; the evidence in it is SIMULATED, and marked so"
                        : "none: the path of the data is too long for a socket in it; choose another with --data");
    }

    @SuppressWarnings("SystemConsoleNull") // never null on JDK 25, but its declaration says it may be
    private static boolean onTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private void atLeast(String option, int value, int least) {
        if (value < least) {
            throw new ParameterException(
                    spec.commandLine(), option + ": expected " + least + " or more, found " + value);
        }
    }

    private void free(String option, int port) throws IOException {
        if (port < 1 || port > 65_535) {
            throw new ParameterException(
                    spec.commandLine(), option + ": expected a port from 1 to 65535, found " + port);
        }
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (BindException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    option + ": port " + port + " is taken (" + e.getMessage()
                            + "); is another plinth dev running? Choose another with " + option,
                    e);
        }
    }
}
