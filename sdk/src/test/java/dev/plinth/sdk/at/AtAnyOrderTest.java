package dev.plinth.sdk.at;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.sdk.transactions.TestPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever statements a global transaction consists of: rolled back it leaves nothing, committed it leaves what they would leave alone. */
final class AtAnyOrderTest {

    private static AtWorld world;

    @BeforeContainer
    static void start() throws SQLException {
        world = new AtWorld(TestPostgres.database(), AtOptions.defaults());
    }

    @AfterContainer
    static void stop() throws IOException {
        world.close();
    }

    private static final String COLUMNS = "a int, b varchar(4), n int, s text default 'new', primary key (a, b)";

    private static String filled() throws SQLException {
        String table = world.table(COLUMNS);
        world.execute(
                world.plain,
                "insert into " + table + " select x, 'k' || y, x * 10 + y, null from generate_series(0, 3) x,"
                        + " generate_series(0, 2) y");
        return table;
    }

    /** The same statements for the same seed, in any table. */
    private static void work(Connection connection, String table, long seed) throws SQLException {
        Random random = new Random(seed);
        int transactions = 1 + random.nextInt(3);
        for (int t = 0; t < transactions; t++) {
            boolean alone = random.nextInt(3) == 0;
            connection.setAutoCommit(alone);
            Savepoint savepoint = null;
            int statements = 1 + random.nextInt(5);
            for (int i = 0; i < statements; i++) {
                if (!alone && random.nextInt(5) == 0) {
                    savepoint = connection.setSavepoint();
                }
                statement(connection, table, random);
                if (savepoint != null && random.nextInt(4) == 0) {
                    connection.rollback(savepoint);
                    savepoint = null;
                }
            }
            if (!alone) {
                if (random.nextInt(5) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        }
        connection.setAutoCommit(true);
    }

    private static void statement(Connection connection, String table, Random random) throws SQLException {
        int a = random.nextInt(6);
        String b = "k" + random.nextInt(4);
        switch (random.nextInt(8)) {
            case 0 -> run(connection, "update " + table + " set n = n + ? where a = ? and b = ?", 7, a, b);
            case 1 -> run(connection, "update " + table + " set n = n + 1, s = b where a = ?", a);
            case 2 -> run(connection, "update " + table + " set n = a where n > ? or b = ?", a * 10, b);
            case 3 -> run(connection, "delete from " + table + " where a = ? and b = ?", a, b);
            case 4 -> run(connection, "delete from " + table + " where n % 5 = ?", a);
            case 5 -> {
                run(connection, "delete from " + table + " where a = ? and b = ?", a, b);
                run(connection, "insert into " + table + " (b, n, a) values (?, ?, ?)", b, a * 100, a);
            }
            case 6 -> {
                try (PreparedStatement batch =
                        connection.prepareStatement("update " + table + " set n = ? where b = ? and a = ?")) {
                    for (int i = 0; i < 3; i++) {
                        batch.setInt(1, i);
                        batch.setString(2, b);
                        batch.setInt(3, random.nextInt(4));
                        batch.addBatch();
                    }
                    batch.executeBatch();
                }
            }
            default -> {
                try (Statement batch = connection.createStatement()) {
                    batch.addBatch("delete from " + table + " where a = " + a);
                    batch.addBatch(
                            "insert into " + table + " values (" + a + ", 'k9', 1, 'x'), (" + a + ", 'k8', 2, null)");
                    batch.addBatch("update " + table + " set s = 'y' where a in (" + a + ", 2) and b <> 'k8'");
                    batch.executeBatch();
                }
            }
        }
    }

    private static void run(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }

    @Property(tries = 25)
    void rolled_back_it_leaves_nothing_and_committed_what_the_statements_would_leave_alone(@ForAll long seed)
            throws Exception {
        String alone = filled();
        String global = filled();
        List<String> before = world.content(global);
        try (Connection connection = world.plain.getConnection()) {
            work(connection, alone, seed);
        }
        List<String> after = world.content(alone);
        AtWorld.Work within = () -> {
            try (Connection connection = world.at.getConnection()) {
                work(connection, global, seed);
            }
            assertThat(world.content(global)).isEqualTo(after);
        };
        String xid = world.rolledBack(within);
        assertThat(world.content(global)).isEqualTo(before);
        assertThat(world.undoRecords(xid)).isZero();
        String committed = world.committed(within);
        assertThat(world.content(global)).isEqualTo(after);
        assertThat(world.undoRecords(committed)).isZero();
        world.execute(world.plain, "drop table " + alone);
        world.execute(world.plain, "drop table " + global);
    }
}
