package dev.plinth.cli;

import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code plinth server}: one server, until it is told to stop. */
@Command(
        name = "server",
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
            description = "Which of the servers in the configuration's cluster this one is. Default: its cluster.self")
    private Optional<String> name = Optional.empty();

    @Option(
            names = "--check",
            description = "Starts, says READY, and stops at once: shows whether configuration, data and ports will do.")
    private boolean check;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (name.isPresent() && config.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--name: expected --config with a cluster in it");
        }
        var configuration = (config.isPresent()
                        ? ServerConfiguration.read(config.get(), name)
                        : ServerConfiguration.defaults())
                .with(data, http, seata);
        var stop = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        PrintWriter out = spec.commandLine().getOut();
        try (var server = PlinthServer.start(configuration)) {
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                stop.countDown();
                try {
                    stopped.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            server.describe().forEach(out::println);
            out.println("READY server " + server.http());
            out.flush();
            if (!check) {
                stop.await();
            }
        } finally {
            stopped.countDown();
        }
        return 0;
    }
}
