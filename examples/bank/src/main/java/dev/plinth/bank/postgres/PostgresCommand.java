package dev.plinth.bank.postgres;

import dev.plinth.bank.process.Termination;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bank postgres}: a cell's database. */
@Command(
        name = "postgres",
        description = "Runs a PostgreSQL for one cell, and makes it if it is not there.",
        mixinStandardHelpOptions = true)
public final class PostgresCommand implements Callable<Integer> {
    private static final Duration WATCH = Duration.ofMillis(500);

    @Option(names = "--cell", required = true, paramLabel = "NAME", description = "The cell's name; it is only shown.")
    private String cell = "";

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "For the data and the log.")
    private Path data = Path.of("");

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "For the unpacked programs. Default: postgres-programs beside the data")
    private @Nullable Path cache;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "On 127.0.0.1. Default: a free one",
            defaultValue = "0")
    private int port;

    /** Made by picocli. */
    public PostgresCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path programs = cache == null ? data.toAbsolutePath().resolveSibling("postgres-programs") : cache;
        System.out.println("postgres " + cell + ": starting in " + data.toAbsolutePath());
        try (Termination termination = new Termination();
                EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(new EmbeddedPostgres.Options(data, programs, port, "bank"))) {
            System.out.println("postgres " + cell + ": data in " + postgres.data());
            System.out.println("READY postgres " + cell + " 127.0.0.1:" + postgres.port());
            while (!termination.await(WATCH)) {
                if (postgres.process().isEmpty()) {
                    throw new IOException("the database " + cell + " has died; its log is beside " + postgres.data());
                }
            }
            System.out.println("postgres " + cell + ": stopping");
        }
        return 0;
    }
}
