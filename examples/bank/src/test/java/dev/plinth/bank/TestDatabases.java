package dev.plinth.bank;

import dev.plinth.bank.accounts.Schema;
import dev.plinth.bank.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A real PostgreSQL for each cell, started once for all tests of this JVM; each test opens fresh accounts in it. */
public final class TestDatabases {
    public static final long CUSTOMERS = 200;
    public static final long OPENING_CENTS = 10_000;
    public static final Map<String, ShardRange> CELLS = cells();

    private static final Map<String, EmbeddedPostgres> RUNNING = new ConcurrentHashMap<>();

    private TestDatabases() {}

    private static Map<String, ShardRange> cells() {
        Map<String, ShardRange> cells = new LinkedHashMap<>();
        cells.put("east", new ShardRange(0, 49));
        cells.put("west", new ShardRange(50, 99));
        return cells;
    }

    /** Opens the cell's accounts anew and returns the JDBC URL of its database. */
    public static String fresh(String cell) throws SQLException {
        String url = RUNNING.computeIfAbsent(cell, TestDatabases::start).jdbcUrl();
        try (Connection connection = DriverManager.getConnection(url)) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("drop schema public cascade; create schema public");
            }
            Schema.create(connection, cell, CUSTOMERS, CELLS.get(cell), OPENING_CENTS);
        }
        return url;
    }

    private static EmbeddedPostgres start(String cell) {
        try {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                    Path.of("target", "test-databases", cell), Path.of("target", "postgres-programs"), 0, "bank"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(postgres)));
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void stop(EmbeddedPostgres postgres) {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
