package dev.plinth.bench.transactions;

import dev.plinth.bank.postgres.EmbeddedPostgres;
import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * How many transfers commit a second when many want the same rows: AT with the SDK on our server, beside AT with Seata's original
 * client 2.6.0 on its server 2.0.0, in turns, on one PostgreSQL. And whether all balances are what committed transfers make them.
 */
public final class ContentionBenchmark {
    /*
     * Everything shares the machine's processors, as it does for an application: server, client and database of the side whose turn
     * it is. A turn ends when its undo records are gone, so what one side left to do later is not done in the other's time.
     */
    private static final int HEAP_MB = 512;
    private static final int THREADS = 24;
    private static final int CONNECTIONS = 28; // of the database's sixty
    private static final int OPENING_BALANCE = 1_000_000;
    private static final double RATE_TARGET = 2;
    private static final long PHASE_TWO_MAX_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final Duration PHASE_TWO_LOOK = Duration.ofMillis(20);

    private ContentionBenchmark() {}

    /** One side: its server, its client, its tables. */
    private record Side(String name, ServerUnderTest server, TransferProcess client, String url, Rounds rounds)
            implements AutoCloseable {
        @Override
        public void close() {
            client.close();
            server.close();
        }
    }

    private static final class Rounds {
        final double[] rate;
        final double[] p50Millis;
        final double[] p99Millis;
        final double[] failedPercent;

        Rounds(int rounds) {
            rate = new double[rounds];
            p50Millis = new double[rounds];
            p99Millis = new double[rounds];
            failedPercent = new double[rounds];
        }
    }

    /** Measures both in turns. */
    public static List<Promise> run(Path directory, String fileSystem, boolean quick)
            throws IOException, InterruptedException {
        int rounds = quick ? 3 : 5;
        int warmUps = quick ? 3 : 4;
        long millis = quick ? 3_000 : 4_000;
        System.out.printf(
                Locale.ROOT,
                "contention: %d threads, %,d accounts, Zipf 1.0, transfers of two AT branches; %d rounds of %d ms in turns after %d"
                        + " that do not count; in %s on %s; %d processors for server, client and PostgreSQL, JDK %s%n",
                THREADS,
                Transfers.ACCOUNTS,
                rounds,
                millis,
                warmUps,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try (var postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                directory.resolve("postgres"), EmbeddedPostgres.defaultCache(), 0, "bank"))) {
            var oursAt = schema(postgres, "plinth");
            var theirsAt = schema(postgres, "seata");
            var oursIn = Files.createDirectories(directory.resolve("plinth"));
            var theirsIn = Files.createDirectories(directory.resolve("seata"));
            try (var theirs = seata(theirsIn, theirsAt, rounds);
                    var ours = plinth(oursIn, oursAt, rounds)) {
                for (int i = -warmUps; i < rounds; i++) {
                    round(i, ours, millis);
                    round(i, theirs, millis);
                }
                summary(ours);
                summary(theirs);
                int wrong = wrongBalances(ours);
                int theirWrong = wrongBalances(theirs);
                System.out.println("balances that committed transfers do not explain: " + wrong + " on Plinth, "
                        + theirWrong + " on Seata");
                return List.of(
                        new Promise(
                                "contention.rate",
                                ratio(ours.rounds.rate, theirs.rounds.rate),
                                "times-seata",
                                RATE_TARGET),
                        new Promise("contention.right", Transfers.ACCOUNTS - wrong, "balances", Transfers.ACCOUNTS));
            }
        } catch (SQLException e) {
            throw new IOException("the database: " + e.getMessage(), e);
        }
    }

    private static Side plinth(Path directory, String url, int rounds) throws IOException {
        var server = Coordinators.plinthAnywhere(directory, HEAP_MB);
        try {
            return new Side(
                    "Plinth",
                    server,
                    TransferProcess.sdk(directory, server.port(), url, CONNECTIONS),
                    url,
                    new Rounds(rounds));
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static Side seata(Path directory, String url, int rounds) throws IOException, InterruptedException {
        var server = Coordinators.seataAnywhere(directory, HEAP_MB);
        try {
            return new Side(
                    "Seata 2.0.0",
                    server,
                    TransferProcess.seata(directory, server.port(), url, CONNECTIONS),
                    url,
                    new Rounds(rounds));
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static void round(int index, Side side, long millis)
            throws IOException, SQLException, InterruptedException {
        var round = side.client.run(THREADS, millis);
        if (round.unknown() > 0) {
            throw new IOException(round.unknown() + " transfers on " + side.name + " ended nobody knows how");
        }
        long waiting = System.nanoTime();
        awaitNoUndoRecords(side);
        double later = (System.nanoTime() - waiting) / 1e9;
        double failed = 100.0 * round.rolledBack() / Math.max(1, round.rolledBack() + round.committed());
        System.out.printf(
                Locale.ROOT,
                "%5d   %-12s %8.0f committed/s   %5.1f %% rolled back   p50 %6.1f ms   p99 %6.0f ms   %.1f s until phase two was"
                        + " over%n",
                index + 1,
                side.name,
                round.rate(),
                failed,
                round.p50Millis(),
                round.p99Millis(),
                later);
        if (index >= 0) {
            side.rounds.rate[index] = round.rate();
            side.rounds.p50Millis[index] = round.p50Millis();
            side.rounds.p99Millis[index] = round.p99Millis();
            side.rounds.failedPercent[index] = failed;
        }
    }

    private static void summary(Side side) {
        System.out.printf(
                Locale.ROOT,
                "%-12s median (range): %s committed/s; p50 ms %s; p99 ms %s; %% rolled back %s%n",
                side.name,
                Figures.of(side.rounds.rate).as("%,.0f"),
                Figures.of(side.rounds.p50Millis).as("%,.1f"),
                Figures.of(side.rounds.p99Millis).as("%,.0f"),
                Figures.of(side.rounds.failedPercent).as("%,.2f"));
    }

    private static double ratio(double[] ours, double[] theirs) {
        return TransactionsBenchmark.ratio("committed transactions", ours, theirs);
    }

    // ---- the database

    private static String schema(EmbeddedPostgres postgres, String name) throws SQLException {
        var url = postgres.jdbcUrl() + "&currentSchema=" + name;
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + name);
            statement.execute("CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)");
            statement.execute("INSERT INTO account SELECT id, " + OPENING_BALANCE + " FROM generate_series(1, "
                    + Transfers.ACCOUNTS + ") AS id");
            // As Seata's script/client/at/db/postgresql.sql.
            statement.execute("CREATE TABLE undo_log (id SERIAL NOT NULL, branch_id BIGINT NOT NULL,"
                    + " xid VARCHAR(128) NOT NULL, context VARCHAR(128) NOT NULL, rollback_info BYTEA NOT NULL,"
                    + " log_status INT NOT NULL, log_created TIMESTAMP(0) NOT NULL,"
                    + " log_modified TIMESTAMP(0) NOT NULL, CONSTRAINT pk_undo_log PRIMARY KEY (id),"
                    + " CONSTRAINT ux_undo_log UNIQUE (xid, branch_id))");
        }
        return url;
    }

    private static void awaitNoUndoRecords(Side side) throws IOException, SQLException, InterruptedException {
        long giveUp = System.nanoTime() + PHASE_TWO_MAX_NANOS;
        try (var connection = DriverManager.getConnection(side.url)) {
            while (number(connection, "SELECT count(*) FROM undo_log WHERE log_status = 0") > 0) {
                if (System.nanoTime() > giveUp) {
                    throw new IOException("phase two on " + side.name + " does not come to an end");
                }
                Thread.sleep(PHASE_TWO_LOOK);
            }
        }
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** How many accounts hold something else than they opened with and committed transfers have added. */
    private static int wrongBalances(Side side) throws IOException, SQLException {
        int[] balances = Arrays.stream(side.client.moved())
                .map(moved -> OPENING_BALANCE + moved)
                .toArray();
        int wrong = 0;
        try (var connection = DriverManager.getConnection(side.url);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT id, balance FROM account")) {
            while (rows.next()) {
                if (rows.getInt(2) != balances[rows.getInt(1) - 1]) {
                    wrong++;
                }
            }
        }
        return wrong;
    }
}
