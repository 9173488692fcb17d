package dev.plinth.sdk.xa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.transactions.TestCoordinator;
import dev.plinth.sdk.transactions.TestPostgres;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAResource;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** XA on PostgreSQL, with the real coordinator. */
final class XaDataSourceTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final AtomicInteger TABLES = new AtomicInteger();

    @TempDir
    Path directory;

    private final String table = "xa_" + TABLES.incrementAndGet() + "_" + Long.toString(System.nanoTime(), 36);
    private TestCoordinator coordinator;
    private Transactions transactions;
    private XaDataSource database;

    @BeforeEach
    void start() throws SQLException {
        coordinator = new TestCoordinator(directory);
        connect();
        plainly("create table " + table + " (id int primary key, balance int)");
        plainly("insert into " + table + " values (1, 100), (2, 50), (3, 7)");
    }

    private void connect() throws SQLException {
        transactions = Transactions.connect(TransactionOptions.of("bank", coordinator.address()));
        database = XaDataSource.of(transactions, TestPostgres.xa(), 8);
    }

    private void disconnect() {
        database.close();
        transactions.close();
    }

    @AfterEach
    void stop() {
        disconnect();
        coordinator.close();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(LONG);
    }

    private static void plainly(String sql) throws SQLException {
        try (Connection connection = TestPostgres.database().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<Integer> balances() throws SQLException {
        try (Connection connection = TestPostgres.database().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select balance from " + table + " order by id")) {
            List<Integer> balances = new java.util.ArrayList<>();
            while (rows.next()) {
                balances.add(rows.getInt(1));
            }
            return balances;
        }
    }

    private int update(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    private void transfer() throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement change =
                        connection.prepareStatement("update " + table + " set balance = balance + ? where id = ?")) {
            connection.setAutoCommit(false);
            assertThat(connection.getAutoCommit()).isFalse();
            for (int id = 1; id <= 2; id++) {
                change.setInt(1, id == 1 ? -10 : 10);
                change.setInt(2, id);
                change.executeUpdate();
            }
            connection.commit();
        }
    }

    private int preparedNow() throws Exception {
        var xa = TestPostgres.xa().getXAConnection();
        try {
            return (int) List.of(xa.getXAResource().recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN)).stream()
                    .filter(xid -> BranchXid.of(xid).isPresent())
                    .count();
        } finally {
            xa.close();
        }
    }

    @Test
    void nobody_sees_what_is_not_decided_and_everybody_what_is_committed() throws Exception {
        String xid = transactions.<String, Exception>call("pay", LONG, tx -> {
            transfer();
            update("update " + table + " set balance = balance + 1 where id = 3");
            assertThat(balances()).containsExactly(100, 50, 7);
            return tx.xid();
        });
        soon().until(() -> transactions.status(xid) == TransactionStatus.COMMITTED);
        assertThat(balances()).containsExactly(90, 60, 8);
    }

    @Test
    void what_is_rolled_back_never_was() throws Exception {
        String[] xid = new String[1];
        assertThatThrownBy(() -> transactions.<Exception>run("pay", LONG, tx -> {
                    xid[0] = tx.xid();
                    transfer();
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        soon().until(() -> transactions.status(xid[0]) == TransactionStatus.ROLLED_BACK);
        assertThat(balances()).containsExactly(100, 50, 7);
        assertThat(preparedNow()).isZero();
    }

    @Test
    void a_statement_that_fails_rolls_its_branch_back_and_dooms_the_transaction() throws Exception {
        assertThatThrownBy(() -> transactions.<Exception>run("pay", LONG, tx -> {
                    transfer();
                    assertThatThrownBy(() -> update("insert into " + table + " values (3, 0)"))
                            .isInstanceOf(SQLException.class);
                }))
                .hasMessageContaining("ROLLED_BACK");
        soon().until(() -> preparedNow() == 0);
        assertThat(balances()).containsExactly(100, 50, 7);
    }

    @Test
    void what_the_application_rolls_back_itself_is_no_part_of_it() throws Exception {
        assertThatThrownBy(() -> transactions.<Exception>run("pay", LONG, tx -> {
                    try (Connection connection = database.getConnection();
                            Statement statement = connection.createStatement()) {
                        connection.setAutoCommit(false);
                        statement.executeUpdate("delete from " + table);
                        connection.rollback();
                    }
                }))
                .hasMessageContaining("ROLLED_BACK");
        assertThat(balances()).containsExactly(100, 50, 7);
    }

    @Test
    void outside_of_global_transactions_everything_goes_through_as_it_is() throws Exception {
        transfer();
        assertThat(balances()).containsExactly(90, 60, 7);
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.executeUpdate("delete from " + table);
            connection.rollback();
        }
        assertThat(balances()).containsExactly(90, 60, 7);
        assertThat(preparedNow()).isZero();
    }

    @Test
    void a_branch_prepared_before_a_crash_of_its_process_is_ended_by_another_one() throws Exception {
        String xid = transactions.<String, Exception>call("pay", LONG, tx -> {
            transfer();
            // Nobody is there to be asked when it is decided.
            database.close();
            return tx.xid();
        });
        assertThat(preparedNow()).isEqualTo(1);
        assertThat(balances()).containsExactly(100, 50, 7);
        disconnect();
        connect();
        soon().until(() -> transactions.status(xid) == TransactionStatus.COMMITTED);
        assertThat(balances()).containsExactly(90, 60, 7);
    }

    @Test
    void what_was_prepared_after_its_transaction_had_ended_is_found_and_rolled_back() throws Exception {
        String[] xid = new String[1];
        assertThatThrownBy(() -> transactions.<Exception>run("pay", LONG, tx -> {
                    xid[0] = tx.xid();
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        soon().until(() -> transactions.status(xid[0]) == TransactionStatus.ROLLED_BACK);
        var xa = TestPostgres.xa().getXAConnection();
        BranchXid late = new BranchXid(xid[0], 77);
        xa.getXAResource().start(late, XAResource.TMNOFLAGS);
        try (Statement statement = xa.getConnection().createStatement()) {
            statement.executeUpdate("update " + table + " set balance = 0");
        }
        xa.getXAResource().end(late, XAResource.TMSUCCESS);
        xa.getXAResource().prepare(late);
        xa.close();

        assertThat(database.recover()).isEqualTo(1);
        assertThat(balances()).containsExactly(100, 50, 7);
        assertThat(preparedNow()).isZero();
    }
}
