package dev.plinth.sdk.at;

import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.transactions.TestCoordinator;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.awaitility.core.ConditionFactory;

/** A database that takes part in global transactions of a real coordinator. */
final class AtWorld implements AutoCloseable {

    static final Duration LONG = Duration.ofSeconds(30);

    /** So that a work that has to fail can be told from one that fails by mistake. */
    static final class Failed extends RuntimeException {}

    interface Work {
        void run() throws Exception;
    }

    private static final AtomicInteger TABLES = new AtomicInteger();

    final Path directory;
    final TestCoordinator coordinator;
    final Transactions transactions;
    final DataSource plain;
    final AtDataSource at;

    AtWorld(DataSource plain, AtOptions options) throws SQLException {
        try {
            directory = Files.createTempDirectory("plinth-at-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.plain = plain;
        AtDataSource.createUndoTable(plain);
        AtDataSource.createUndoTable(plain);
        coordinator = new TestCoordinator(directory);
        transactions = Transactions.connect(TransactionOptions.of("bank", coordinator.address()));
        at = AtDataSource.of(transactions, plain, options);
    }

    static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(LONG);
    }

    /** Makes a table of its own for a test. */
    String table(String columns) throws SQLException {
        String name = "t" + TABLES.incrementAndGet() + "_" + Long.toString(System.nanoTime(), 36);
        execute(plain, "create table " + name + " (" + columns + ")");
        return name;
    }

    void execute(DataSource on, String sql) throws SQLException {
        try (Connection connection = on.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    int update(String sql) throws SQLException {
        try (Connection connection = at.getConnection();
                Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    /** The rows of a query, as text. */
    List<String> rows(String sql) throws SQLException {
        try (Connection connection = plain.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                StringBuilder text = new StringBuilder();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    text.append(i == 1 ? "" : "|").append(rows.getString(i));
                }
                texts.add(text.toString());
            }
            return texts;
        }
    }

    List<String> content(String table) throws SQLException {
        return List.copyOf(new TreeSet<>(rows("select * from " + table)));
    }

    String committed(Work work) throws Exception {
        String xid = transactions.<String, Exception>call("test", LONG, transaction -> {
            work.run();
            return transaction.xid();
        });
        soon().until(() -> transactions.status(xid) == TransactionStatus.COMMITTED);
        return xid;
    }

    /** Runs it, and rolls it back; returns when that is done. */
    String rolledBack(Work work) throws Exception {
        String xid = failed(work);
        soon().until(() -> transactions.status(xid) == TransactionStatus.ROLLED_BACK);
        return xid;
    }

    /** Runs it, and has it rolled back. */
    String failed(Work work) throws Exception {
        String[] xid = new String[1];
        try {
            transactions.<Exception>run("test", LONG, transaction -> {
                xid[0] = transaction.xid();
                work.run();
                throw new Failed();
            });
        } catch (Failed expected) {
            return xid[0];
        }
        throw new AssertionError("it was not rolled back");
    }

    /** Undo records of a transaction, fences left out. */
    int undoRecords(String xid) throws SQLException {
        return Integer.parseInt(rows("select count(*) from undo_log where log_status = 0 and xid = '" + xid + "'")
                .getFirst());
    }

    @Override
    public void close() throws IOException {
        at.close();
        transactions.close();
        coordinator.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }
}
