package dev.plinth.cli;

import dev.plinth.server.ClusterConfiguration;
import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code plinth server}: one server, until it is told to stop. */
@Command(
        name = Plinth.SERVER,
        description = "Runs one server. What an option says goes before the configuration file.",
        mixinStandardHelpOptions = true)
final class ServerCommand implements Callable<Integer> {
    @Option(names = "--config", paramLabel = "FILE", description = "The configuration; see docs/configuration.md.")
    private Optional<Path> config = Optional.empty();

    @Option(names = "--data", paramLabel = "DIR", description = "Where everything durable lives. Default: plinth-data")
    private Optional<Path> data = Optional.empty();

    @Option(names = "--http", paramLabel = "HOST:PORT", description = "Console, HTTP and gRPC. Default: 127.0.0.1:7700")
    private Optional<Listen> http = Optional.empty();

    @Option(names = "--seata", paramLabel = "HOST:PORT", description = "For Seata's clients. Default: 127.0.0.1:8091")
    private Optional<Listen> seata = Optional.empty();

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = {
                "Which of the servers in the configuration's cluster this one is. Default: its cluster.self.",
                "With --raft instead of a cluster in the configuration: the name of this server in its cluster."
            })
    private Optional<String> name = Optional.empty();

    @Option(
            names = "--raft",
            paramLabel = "HOST:PORT",
            description =
                    "Where the cluster's other servers reach this one, which --name and --http name. For ever the same.")
    private Optional<Listen> raft = Optional.empty();

    @ArgGroup
    private Entrance entrance = new Entrance();

    /** Only the first start of a member asks for one of these. */
    private static final class Entrance {
        @Option(
                names = "--join",
                paramLabel = "HOST:PORT",
                description = {
                    "Joins a cluster that runs: HTTP of any of its servers. This one begins empty, and gets everything.",
                    "Later starts know the cluster from their data."
                })
        private Optional<Listen> join = Optional.empty();

        @Option(
                names = "--adopt",
                description = {
                    "Begins a cluster with what this server stored when it was alone. It is its cluster's only",
                    "server at first; the others come with --join."
                })
        private boolean adopt;
    }

    @Option(
            names = "--check",
            description = {
                "Starts, says READY, asks itself over HTTP whether all is well, and stops: shows whether configuration,",
                "data and ports will do."
            })
    private boolean check;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var configuration = configuration();
        PrintWriter out = spec.commandLine().getOut();
        try (var termination = new Termination();
                var server = PlinthServer.start(configuration)) {
            termination.expect();
            server.describe().forEach(out::println);
            out.flush();
            var _ = server.left().thenRun(() -> {
                out.println("plinth server: taken out of its cluster; its data is of no use to any cluster any more");
                out.flush();
                termination.ask();
            });
            server.awaitMember(step -> {
                out.println("  " + step);
                out.flush();
            });
            out.println("READY server " + server.http());
            out.flush();
            if (check) {
                FirstQuestion.ask(server.http(), "/health/live");
                FirstQuestion.ask(server.http(), "/");
            } else {
                StartGarbage.giveBack();
                termination.await();
            }
        }
        return 0;
    }

    private ServerConfiguration configuration() throws IOException {
        if (name.isPresent() && config.isEmpty() && raft.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--name: expected --config with a cluster in it, or --raft with this server's address");
        }
        if (raft.isPresent() && (name.isEmpty() || http.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--raft: expected --name and --http beside it, for the other servers have to know them");
        }
        var read = (config.isPresent()
                        ? ServerConfiguration.read(config.get(), raft.isPresent() ? Optional.empty() : name)
                        : ServerConfiguration.defaults())
                .with(data, http, seata);
        if (raft.isPresent()) {
            if (read.cluster().isPresent()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--raft: the configuration has a cluster, which says this; expected one of the two");
            }
            read = read.in(alone(raft.get()));
        }
        if (entrance.join.isEmpty() && !entrance.adopt) {
            return read;
        }
        var cluster = read.cluster()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        (entrance.adopt ? "--adopt" : "--join")
                                + ": expected --name, --raft and --http, or a cluster in the configuration"));
        return read.in(cluster.entering(entrance.join
                .<ClusterConfiguration.Entry>map(ClusterConfiguration.Entry.Join::new)
                .orElseGet(ClusterConfiguration.Entry.Adopt::new)));
    }

    /** This server as the only one that is known yet. */
    private ClusterConfiguration alone(Listen address) {
        try {
            return ClusterConfiguration.of(name.orElseThrow(), address, http.orElseThrow());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--name, --raft, --http: expected " + e.getMessage(), e);
        }
    }
}
