package dev.plinth.bank.accounts;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.plinth.bank.Accounts;
import dev.plinth.bank.Money;
import dev.plinth.bank.ShardRange;
import dev.plinth.bank.process.Options;
import dev.plinth.bank.process.Termination;
import dev.plinth.sdk.Plinth;
import dev.plinth.sdk.PlinthOptions;
import dev.plinth.sdk.Publication;
import dev.plinth.sdk.transactions.TccFence;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bank accounts}: the accounts of one cell. */
@Command(
        name = "accounts",
        description = "Serves the accounts of one cell from its database, and opens them if there are none.",
        mixinStandardHelpOptions = true)
public final class AccountsCommand implements Callable<Integer> {
    private static final Duration DATABASE_PATIENCE = Duration.ofSeconds(60);
    private static final Duration DATABASE_PAUSE = Duration.ofMillis(200);
    private static final int CONNECTIONS_MAX = 16;
    private static final Duration FENCE_CLEANING = Duration.ofMinutes(10);
    private static final Duration FENCE_KEPT = Duration.ofHours(24);
    private static final Map<String, ShardRange> SHARDS =
            Map.of("east", new ShardRange(0, 49), "west", new ShardRange(50, 99));

    @Option(
            names = "--cell",
            required = true,
            paramLabel = "NAME",
            description = "The cell that this process is part of.")
    private String cell = "";

    @Option(
            names = "--zone",
            paramLabel = "NAME",
            description = "Default: zone-1 for east, zone-2 for west",
            defaultValue = "")
    private String zone = "";

    @Option(
            names = "--shards",
            paramLabel = "A-B",
            description = "Whose accounts to open, if there are none. Default: 0-49 for east, 50-99 for west",
            converter = ShardRange.Form.class)
    private @Nullable ShardRange shards;

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Plinth's servers. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1:7700")
    private String[] servers = {};

    @Option(
            names = "--coordinator",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Their transaction coordinators. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1:8091")
    private String[] coordinators = {};

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Default: ${DEFAULT-VALUE}, a free port",
            defaultValue = "127.0.0.1:0")
    private String listen = "";

    @Option(
            names = "--database",
            required = true,
            paramLabel = "HOST:PORT",
            description = "The cell's PostgreSQL.",
            converter = Options.DatabaseForm.class)
    private String database = "";

    @Option(
            names = "--customers",
            paramLabel = "N",
            description = "The bank's customers, of all cells. Default: ${DEFAULT-VALUE}",
            defaultValue = "10000")
    private long customers;

    @Option(
            names = "--opening-cents",
            paramLabel = "CENTS",
            description = "In each new account. Default: ${DEFAULT-VALUE}",
            defaultValue = "1000000")
    private long openingCents;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    /** Made by picocli. */
    public AccountsCommand() {}

    @Override
    public Integer call() throws SQLException, InterruptedException {
        ShardRange opened = opened();
        System.out.println("accounts " + cell + ": database " + database);
        try (Termination termination = new Termination()) {
            if (!prepare(opened, termination)) {
                return 0;
            }
            try (HikariDataSource connections = connections();
                    TccFence fence = TccFence.over(connections);
                    Plinth plinth = Plinth.connect(PlinthOptions.of("accounts")
                            .withServers(servers)
                            .withCoordinators(coordinators)
                            .withListen(listen)
                            .inCell(cell, Options.zone(cell, zone)))) {
                fence.createTable();
                fence.deleteEndedEvery(FENCE_CLEANING, FENCE_KEPT);
                AccountsProvider provider = new AccountsProvider(connections, plinth.transactions(), fence, cell);
                try (Publication publication = plinth.publish(Accounts.class, provider)) {
                    System.out.println("READY accounts " + cell + " " + publication.address());
                    termination.await();
                    System.out.println("accounts " + cell + ": stopping");
                }
            }
        }
        return 0;
    }

    private ShardRange opened() {
        ShardRange range = shards == null ? SHARDS.get(cell) : shards;
        if (range == null) {
            throw new ParameterException(
                    spec.commandLine(), "--shards: needed for the cell '" + cell + "', which is neither east nor west");
        }
        if (customers < 1 || customers > 10_000_000) {
            throw new ParameterException(
                    spec.commandLine(), "--customers: " + customers + " is not within 1..10000000");
        }
        if (openingCents < 0 || openingCents > Money.AMOUNT_CENTS_MAX) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--opening-cents: " + openingCents + " is not within 0.." + Money.AMOUNT_CENTS_MAX);
        }
        return range;
    }

    /** Waits for the database and makes its tables. Returns false if the process was asked to stop meanwhile. */
    private boolean prepare(ShardRange opened, Termination termination) throws SQLException, InterruptedException {
        long end = System.nanoTime() + DATABASE_PATIENCE.toNanos();
        while (true) {
            try (Connection connection = DriverManager.getConnection(database)) {
                Schema.create(connection, cell, customers, opened, openingCents);
                return true;
            } catch (SQLException e) {
                // 08: no connection; 57P03: it is starting, or stopping.
                boolean isAway = e.getSQLState() != null
                        && (e.getSQLState().startsWith("08") || e.getSQLState().equals("57P03"));
                if (!isAway || System.nanoTime() > end) {
                    throw e;
                }
            }
            if (termination.await(DATABASE_PAUSE)) {
                return false;
            }
        }
    }

    private HikariDataSource connections() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database);
        config.setPoolName("accounts-" + cell);
        config.setAutoCommit(false);
        config.setMaximumPoolSize(CONNECTIONS_MAX);
        config.setMinimumIdle(2);
        config.setConnectionTimeout(Duration.ofSeconds(2).toMillis());
        config.addDataSourceProperty("ApplicationName", "accounts-" + cell);
        // A database that is gone without a word must not hold a call for ever.
        config.addDataSourceProperty("socketTimeout", "30");
        return new HikariDataSource(config);
    }
}
