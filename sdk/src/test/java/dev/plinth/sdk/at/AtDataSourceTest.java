package dev.plinth.sdk.at;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.at.AtRefusedException.Reason;
import dev.plinth.sdk.transactions.TestPostgres;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Outcome;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** AT on PostgreSQL, with the real coordinator. */
final class AtDataSourceTest {

    private static final String ACCOUNTS = "id bigint primary key, name varchar(40) not null, balance numeric(20,2)";

    private static AtWorld world;

    @BeforeAll
    static void start() throws SQLException {
        world = new AtWorld(TestPostgres.database(), AtOptions.defaults().withLockWait(Duration.ofSeconds(20)));
    }

    @AfterAll
    static void stop() throws IOException {
        world.close();
    }

    private static String accounts() throws SQLException {
        String table = world.table(ACCOUNTS);
        world.execute(
                world.plain, "insert into " + table + " values (1, 'alice', 100), (2, 'bob', 50), (3, 'carol', null)");
        return table;
    }

    private static CompletableFuture<Void> async(AtWorld.Work work) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        work.run();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> Thread.ofVirtual().start(task));
    }

    @Test
    void what_a_rolled_back_transaction_inserted_updated_and_deleted_is_as_it_was() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        String xid = world.rolledBack(() -> {
            assertThat(world.update("insert into " + table + " values (4, 'dora', 7), (5, 'emil', 8)"))
                    .isEqualTo(2);
            assertThat(world.update("update " + table + " set balance = balance + 1 where balance > 60"))
                    .isEqualTo(1);
            assertThat(world.update("update " + table + " set name = 'ann', balance = 0 where id in (1, 4)"))
                    .isEqualTo(2);
            assertThat(world.update("delete from " + table + " where id = 2 or name = 'carol'"))
                    .isEqualTo(2);
            assertThat(world.content(table)).containsExactly("1|ann|0.00", "4|ann|0.00", "5|emil|8.00");
        });
        assertThat(world.content(table)).isEqualTo(before);
        assertThat(world.undoRecords(xid)).isZero();
    }

    @Test
    void what_a_committed_transaction_did_stays_and_its_undo_records_go() throws Exception {
        String table = accounts();
        String xid = world.committed(() -> {
            world.update("update " + table + " set balance = 1 where id = 1");
            world.update("delete from " + table + " where id = 2");
        });
        assertThat(world.content(table)).containsExactly("1|alice|1.00", "3|carol|null");
        assertThat(world.undoRecords(xid)).isZero();
    }

    @Test
    void a_local_transaction_of_many_statements_is_undone_as_a_whole_in_reverse_order() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            try (Connection connection = world.at.getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.executeUpdate("update " + table + " set balance = 10 where id = 1");
                statement.executeUpdate("update " + table + " set balance = 20 where id = 2");
                statement.executeUpdate("update " + table + " set balance = 30 where id = 1");
                statement.executeUpdate("delete from " + table + " where id = 1");
                statement.executeUpdate("insert into " + table + " values (1, 'another', 5)");
                connection.commit();
                statement.executeUpdate("update " + table + " set balance = 6 where id = 1");
                connection.commit();
            }
            assertThat(world.content(table)).contains("1|another|6.00", "2|bob|20.00");
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void what_the_application_rolled_back_itself_is_not_undone_once_more() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            try (Connection connection = world.at.getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.executeUpdate("update " + table + " set balance = 10 where id = 1");
                Savepoint savepoint = connection.setSavepoint();
                statement.executeUpdate("update " + table + " set balance = 20 where id = 1");
                statement.executeUpdate("delete from " + table + " where id = 2");
                connection.rollback(savepoint);
                statement.executeUpdate("update " + table + " set balance = 30 where id = 3");
                connection.commit();
                statement.executeUpdate("delete from " + table);
                connection.rollback();
            }
            assertThat(world.content(table)).containsExactly("1|alice|10.00", "2|bob|50.00", "3|carol|30.00");
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void every_type_of_value_is_put_back_as_it_was() throws Exception {
        world.execute(
                world.plain,
                "do $$ begin create type mood as enum ('sad', 'glad'); exception when others then null; end $$");
        String table = world.table("id uuid primary key, a smallint, b int, c bigint, d numeric(30,10), e real,"
                + " f double precision, g text, h char(5), i boolean, j bytea, k date, l time(6), m timestamp(6),"
                + " n timestamptz, o json, p jsonb, q int[], r mood, s inet, t interval, u bit(3), v money,"
                + " w bigint generated always as identity, x int generated always as (b * 2) stored, y text");
        world.execute(
                world.plain,
                "insert into " + table
                        + " (id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, y) values"
                        + " ('00000000-0000-0000-0000-000000000001', -1, 2, 9007199254740993, 1234567890.0123456789, 1.1,"
                        + " 'NaN', 'it''s \\ \"text\" ✓', 'ab', true, '\\x00ff10', '2026-02-28', '23:59:59.123456',"
                        + " '2026-02-28 01:02:03.456789', '2026-02-28 01:02:03.456789+05', '{\"a\" : 1}', '{\"b\": [1, 2]}',"
                        + " '{1,null,3}', 'glad', '10.0.0.0/8', '1 mon 2 days 03:04:05.6', B'101', 12.34, null),"
                        + " ('00000000-0000-0000-0000-000000000002', null, null, null, null, null, 'Infinity', '', null, false,"
                        + " '', '0044-03-15 BC', null, 'infinity', '-infinity', null, null, '{}', null, null, null, null, null,"
                        + " 'y')");
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            world.update("delete from " + table + " where id = '00000000-0000-0000-0000-000000000001'");
            assertThat(world.content(table)).hasSize(1);
            world.update("delete from " + table);
        });
        assertThat(world.content(table)).isEqualTo(before);
        world.rolledBack(() -> {
            world.update(
                    "update " + table + " set a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 'x', h = 'x', i = null,"
                            + " j = 'x', k = now(), l = now(), m = now(), n = now(), o = '1', p = '1', q = '{7}', r = 'sad',"
                            + " s = '::1', t = '1s', u = B'000', v = 1, y = 'z'");
            assertThat(world.content(table)).doesNotContainAnyElementsOf(before);
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void generated_keys_reach_the_application_and_their_rows_are_undone() throws Exception {
        String table = world.table("id serial primary key, name text default 'none'");
        List<Long> keys = new ArrayList<>();
        AtWorld.Work inserts = () -> {
            try (Connection connection = world.at.getConnection();
                    PreparedStatement insert = connection.prepareStatement(
                            "insert into " + table + " (name) values (?)", Statement.RETURN_GENERATED_KEYS);
                    PreparedStatement unasked =
                            connection.prepareStatement("insert into " + table + " (name) values (?), (?)");
                    Statement plain = connection.createStatement()) {
                insert.setString(1, "one");
                insert.executeUpdate();
                try (ResultSet generated = insert.getGeneratedKeys()) {
                    assertThat(generated.next()).isTrue();
                    keys.add(generated.getLong("id"));
                }
                unasked.setString(1, "two");
                unasked.setString(2, "three");
                assertThat(unasked.executeUpdate()).isEqualTo(2);
                assertThat(plain.executeUpdate("insert into " + table + " default values"))
                        .isEqualTo(1);
                insert.setString(1, "four");
                insert.addBatch();
                insert.setString(1, "five");
                insert.addBatch();
                assertThat(insert.executeBatch()).containsExactly(1, 1);
                plain.addBatch("insert into " + table + " (name) values ('six')");
                plain.addBatch("update " + table + " set name = 'SIX' where name = 'six'");
                assertThat(plain.executeBatch()).containsExactly(1, 1);
            }
            assertThat(world.rows("select name from " + table))
                    .containsExactlyInAnyOrder("one", "two", "three", "none", "four", "five", "SIX");
        };
        world.rolledBack(inserts);
        assertThat(world.content(table)).isEmpty();
        world.committed(inserts);
        assertThat(world.content(table)).hasSize(7);
        assertThat(keys).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void rows_with_composite_keys_and_names_in_quotes_are_undone_too() throws Exception {
        String name = "\"Odd. Name\"";
        world.execute(world.plain, "create schema if not exists \"My Schema\"");
        world.execute(world.plain, "drop table if exists \"My Schema\"." + name);
        String table = "\"My Schema\"." + name;
        world.execute(
                world.plain,
                "create table " + table + " (\"Part A\" int, b text, \"select\" text, primary key (b, \"Part A\"))");
        world.execute(world.plain, "insert into " + table + " values (1, 'x', 'p'), (1, 'y', 'q'), (2, 'x', 'r')");
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            world.update(
                    "update " + table + " set \"select\" = 'changed' where \"Part A\" = 1 and b in ('x', 'y', 'z')");
            world.update("delete from " + table + " where b = 'x'");
            world.update("insert into " + table + " (\"Part A\", b) values (9, 'n')");
            assertThat(world.content(table)).containsExactly("1|y|changed", "9|n|null");
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void a_prepared_batch_is_undone_whether_its_rows_are_named_by_their_keys_or_not() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            try (Connection connection = world.at.getConnection();
                    PreparedStatement byKey = connection.prepareStatement(
                            "update " + table + " set balance = ? where id = ? and name <> ?");
                    PreparedStatement byName = connection.prepareStatement(
                            "update " + table + " set balance = balance + ? where name = ?")) {
                for (int round = 1; round <= 2; round++) {
                    for (long id = 1; id <= 3; id++) {
                        byKey.setInt(1, round);
                        byKey.setLong(2, id);
                        byKey.setString(3, "bob");
                        byKey.addBatch();
                    }
                }
                assertThat(byKey.executeBatch()).containsExactly(1, 0, 1, 1, 0, 1);
                byName.setInt(1, 5);
                byName.setString(2, "carol");
                byName.addBatch();
                byName.setInt(1, 6);
                byName.setString(2, "carol");
                byName.addBatch();
                assertThat(byName.executeBatch()).containsExactly(1, 1);
            }
            assertThat(world.content(table)).containsExactly("1|alice|2.00", "2|bob|50.00", "3|carol|13.00");
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void outside_of_global_transactions_everything_goes_through_as_it_is() throws Exception {
        String table = accounts();
        assertThat(world.update(
                        "insert into " + table + " values (1, 'x', 0) on conflict (id) do update set balance = 9"))
                .isEqualTo(1);
        assertThat(world.update("update " + table + " set id = 11 where id = 1"))
                .isEqualTo(1);
        assertThat(world.content(table)).contains("11|alice|9.00");
    }

    @Test
    void a_row_belongs_to_its_transaction_until_that_is_decided() throws Exception {
        String table = accounts();
        CountDownLatch changed = new CountDownLatch(1);
        CountDownLatch decide = new CountDownLatch(1);
        CompletableFuture<Void> first = async(() -> world.committed(() -> {
            world.update("update " + table + " set balance = balance + 1 where id = 1");
            changed.countDown();
            assertThat(decide.await(30, TimeUnit.SECONDS)).isTrue();
        }));
        assertThat(changed.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Void> second = async(() ->
                world.committed(() -> world.update("update " + table + " set balance = balance * 2 where id = 1")));
        world.committed(() -> world.update("update " + table + " set balance = 0 where id = 2"));
        assertThat(second).isNotDone();
        decide.countDown();
        first.get(30, TimeUnit.SECONDS);
        second.get(30, TimeUnit.SECONDS);
        assertThat(world.content(table)).contains("1|alice|202.00");
    }

    @Test
    void who_waits_for_a_global_lock_does_not_hold_the_row_that_a_rollback_needs() throws Exception {
        String table = accounts();
        CountDownLatch changed = new CountDownLatch(1);
        CountDownLatch decide = new CountDownLatch(1);
        CompletableFuture<Void> first = async(() -> world.rolledBack(() -> {
            world.update("update " + table + " set balance = balance + 1 where id = 1");
            changed.countDown();
            assertThat(decide.await(30, TimeUnit.SECONDS)).isTrue();
        }));
        assertThat(changed.await(30, TimeUnit.SECONDS)).isTrue();
        CountDownLatch waiting = new CountDownLatch(1);
        CompletableFuture<Void> second = async(() -> world.committed(() -> {
            try (Connection connection = world.at.getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                waiting.countDown();
                statement.executeUpdate("update " + table + " set balance = balance * 2 where name = 'alice'");
                connection.commit();
            }
        }));
        assertThat(waiting.await(30, TimeUnit.SECONDS)).isTrue();
        decide.countDown();
        first.get(30, TimeUnit.SECONDS);
        second.get(30, TimeUnit.SECONDS);
        assertThat(world.content(table)).contains("1|alice|200.00");
    }

    @Test
    void a_global_lock_is_not_waited_for_longer_than_was_said() throws Exception {
        String table = accounts();
        try (Transactions others = Transactions.connect(TransactionOptions.of("shop", world.coordinator.address()));
                AtDataSource impatient = AtDataSource.of(
                        others, world.plain, AtOptions.defaults().withLockWait(Duration.ofMillis(50)))) {
            world.committed(() -> {
                world.update("update " + table + " set balance = 1 where id = 1");
                CompletableFuture<Void> other = async(() -> others.<SQLException>run(
                        "other",
                        AtWorld.LONG,
                        tx -> world.execute(impatient, "delete from " + table + " where id = 1")));
                assertThatThrownBy(other::get).rootCause().isInstanceOfSatisfying(GlobalLockException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("40001");
                    assertThat(e.getMessage()).contains(table + ":1");
                });
            });
        }
        assertThat(world.content(table)).contains("1|alice|1.00");
    }

    @Test
    void a_select_for_update_waits_for_the_rows_transaction_and_reads_what_was_decided() throws Exception {
        String table = accounts();
        CountDownLatch changed = new CountDownLatch(1);
        CountDownLatch decide = new CountDownLatch(1);
        CompletableFuture<Void> first = async(() -> world.rolledBack(() -> {
            world.update("update " + table + " set balance = 7 where id = 1");
            changed.countDown();
            assertThat(decide.await(30, TimeUnit.SECONDS)).isTrue();
        }));
        assertThat(changed.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(world.content(table)).contains("1|alice|7.00"); // who does not ask may read what is rolled back
        List<String> read = new ArrayList<>();
        AtWorld.Work reading = () -> {
            try (Connection connection = world.at.getConnection();
                    PreparedStatement select = connection.prepareStatement(
                            "select balance from " + table + " where name = ? for update")) {
                select.setString(1, "alice");
                try (ResultSet rows = select.executeQuery()) {
                    rows.next();
                    synchronized (read) {
                        read.add(rows.getString(1));
                    }
                }
            }
        };
        CompletableFuture<Void> inside = async(() -> world.committed(reading));
        CompletableFuture<Void> outside = async(() -> world.at.<Integer, Exception>respectingGlobalLocks(() -> {
            reading.run();
            inside.get(30, TimeUnit.SECONDS); // before the row gets a name by which it would not be found
            return world.update("update " + table + " set name = 'al' where id = 1");
        }));
        assertThat(inside).isNotDone();
        assertThat(outside).isNotDone();
        decide.countDown();
        first.get(30, TimeUnit.SECONDS);
        inside.get(30, TimeUnit.SECONDS);
        outside.get(30, TimeUnit.SECONDS);
        assertThat(read).allMatch("100.00"::equals).isNotEmpty();
        assertThat(world.content(table)).contains("1|al|100.00");
    }

    @Test
    void a_branch_that_was_rolled_back_before_its_local_commit_does_not_commit_any_more() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        assertThatThrownBy(() -> world.transactions.<Exception>run("slow", Duration.ofMillis(300), tx -> {
                    try (Connection connection = world.at.getConnection();
                            Statement statement = connection.createStatement()) {
                        connection.setAutoCommit(false);
                        statement.executeUpdate("update " + table + " set balance = 0 where id = 1");
                        AtWorld.soon()
                                .until(() -> world.transactions.status(tx.xid()) == TransactionStatus.ROLLED_BACK);
                        connection.commit();
                    }
                }))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(PlinthException.Code.ROLLED_BACK));
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void a_row_that_others_changed_is_not_overwritten_and_the_whole_branch_waits_for_a_decision() throws Exception {
        String table = accounts();
        String xid = world.failed(() -> {
            try (Connection connection = world.at.getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.executeUpdate("update " + table + " set balance = 0 where id = 1");
                statement.executeUpdate("update " + table + " set balance = 0 where id = 2");
                connection.commit();
            }
            world.execute(world.plain, "update " + table + " set balance = 77 where id = 1");
        });
        AtWorld.soon().until(() -> world.transactions.status(xid) == TransactionStatus.FAILED);
        assertThat(world.coordinator.transaction(xid).status()).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
        assertThat(world.content(table)).contains("1|alice|77.00");
        assertThat(world.undoRecords(xid)).isPositive();
    }

    /** A branch with two rows, one of which somebody else changes before it is rolled back. */
    private String dirty(String table) throws Exception {
        String xid = world.failed(() -> {
            world.update("update " + table + " set balance = 0 where id <= 2");
            world.execute(world.plain, "update " + table + " set balance = 77 where id = 1");
        });
        AtWorld.soon().until(() -> world.transactions.status(xid) == TransactionStatus.FAILED);
        return xid;
    }

    private String rows(String xid) {
        return world.coordinator.transaction(xid).branches().getFirst().rows();
    }

    private void decide(String xid, Command.RowDecision decision, String rows) {
        String seen = Pattern.compile("\"fingerprint\":\"([0-9a-f]{8})\"")
                .matcher(rows)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.joining(","));
        assertThat(world.coordinator
                        .coordinator()
                        .decideRows(new Command.DecideRows(
                                Xid.parse(xid).id(), decision, seen, new Command.Audit("ann", "tested")))
                        .join())
                .isInstanceOf(Outcome.Decided.class);
    }

    @Test
    void the_coordinator_knows_a_dirty_row_in_all_three_states_and_has_it_kept_when_a_person_says_so()
            throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        String xid = dirty(table);
        assertThat(rows(xid))
                .contains("\"table\":\"" + table + "\"", "\"key\":\"1\"")
                .contains("\"balance\":\"100.00\"", "\"balance\":\"0.00\"", "\"balance\":\"77.00\"");

        decide(xid, Command.RowDecision.KEEP, rows(xid));

        AtWorld.soon().until(() -> world.transactions.status(xid) == TransactionStatus.ROLLED_BACK);
        assertThat(world.content(table))
                .as("the other row is undone")
                .contains("1|alice|77.00")
                .containsAll(before.subList(1, before.size()));
        assertThat(world.undoRecords(xid)).isZero();
    }

    @Test
    void a_dirty_row_is_restored_when_a_person_says_so() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        String xid = dirty(table);

        decide(xid, Command.RowDecision.RESTORE, rows(xid));

        AtWorld.soon().until(() -> world.transactions.status(xid) == TransactionStatus.ROLLED_BACK);
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void a_decision_about_a_row_that_has_changed_once_more_is_asked_for_again() throws Exception {
        String table = accounts();
        String xid = dirty(table);
        String seen = rows(xid);
        world.execute(world.plain, "update " + table + " set balance = 78 where id = 1");

        decide(xid, Command.RowDecision.RESTORE, seen);

        AtWorld.soon().until(() -> rows(xid).contains("78.00"));
        assertThat(world.content(table)).contains("1|alice|78.00");
        decide(xid, Command.RowDecision.KEEP, rows(xid));
        AtWorld.soon().until(() -> world.transactions.status(xid) == TransactionStatus.ROLLED_BACK);
        assertThat(world.content(table)).contains("1|alice|78.00");
    }

    @Test
    void a_dirty_row_that_was_put_right_by_hand_is_undone_by_asking_again() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        String xid = dirty(table);
        world.execute(world.plain, "update " + table + " set balance = 0 where id = 1");

        world.coordinator
                .coordinator()
                .force(Xid.parse(xid).id(), PhaseTwo.Direction.ROLLBACK, new Command.Audit("ann", "put right"))
                .join();

        AtWorld.soon().until(() -> world.transactions.status(xid) == TransactionStatus.ROLLED_BACK);
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void a_row_that_others_changed_back_to_what_it_was_needs_no_undoing() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            world.update("update " + table + " set balance = 0 where id = 1");
            world.execute(world.plain, "update " + table + " set balance = 100 where id = 1");
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void a_column_that_others_changed_and_the_branch_did_not_stays_changed() throws Exception {
        String table = accounts();
        world.rolledBack(() -> {
            world.update("update " + table + " set balance = 0 where id = 1");
            world.execute(world.plain, "update " + table + " set name = 'al' where id = 1");
        });
        assertThat(world.content(table)).contains("1|al|100.00");
    }

    @Test
    void a_column_that_was_added_since_the_table_was_first_met_is_put_back_too() throws Exception {
        String table = accounts();
        world.rolledBack(() -> world.update("delete from " + table + " where id = 1"));
        world.execute(world.plain, "alter table " + table + " add column more text default 'more'");
        List<String> before = world.content(table);
        assertThatThrownBy(() -> world.committed(() -> world.update("delete from " + table + " where id = 1")))
                .hasMessageContaining("have changed");
        world.rolledBack(() -> world.update("delete from " + table + " where id = 1"));
        assertThat(world.content(table)).isEqualTo(before);
    }

    private static void refused(Reason reason, String sql, String table) throws SQLException {
        List<String> before = world.content(table);
        assertThatThrownBy(() -> world.transactions.<SQLException>run("test", AtWorld.LONG, tx -> world.update(sql)))
                .as(sql)
                .isInstanceOfSatisfying(AtRefusedException.class, e -> {
                    assertThat(e.reason()).isEqualTo(reason);
                    assertThat(e.advice()).isNotBlank();
                });
        assertThatThrownBy(() -> world.transactions.<SQLException>run("test", AtWorld.LONG, tx -> {
                    world.update("update " + table + " set name = 'changed' where name = 'alice'");
                    assertThatThrownBy(() -> world.update(sql)).isInstanceOf(AtRefusedException.class);
                }))
                .as("who swallows a refusal cannot commit")
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(PlinthException.Code.ROLLED_BACK));
        AtWorld.soon().until(() -> world.content(table).equals(before));
    }

    @Test
    void what_could_not_be_undone_is_refused_before_it_runs_and_the_transaction_rolls_back() throws Exception {
        String table = accounts();
        String keyless = world.table("name text");
        String parent = world.table("id int primary key");
        world.table("id int primary key, parent int references " + parent + " on delete cascade");
        refused(Reason.NO_PRIMARY_KEY, "insert into " + keyless + " values ('x')", table);
        refused(Reason.KEY_CHANGED, "update " + table + " set id = 9 where id = 1", table);
        refused(Reason.CASCADE, "delete from " + parent, table);
        refused(Reason.JOIN, "update " + table + " set balance = 0 from " + parent + " p where p.id = 1", table);
        refused(Reason.SUBQUERY, "delete from " + table + " where id in (select id from " + parent + ")", table);
        refused(Reason.KIND, "truncate table " + table, table);
        refused(Reason.KEY_VALUE, "insert into " + world.table("id text primary key") + " values ('a,b')", table);
    }

    @Test
    void more_rows_than_one_statement_may_change_are_refused() throws Exception {
        String table = world.table("id int primary key, name text");
        world.execute(world.plain, "insert into " + table + " select n, 'alice' from generate_series(1, 10001) n");
        assertThatThrownBy(() -> world.committed(() -> world.update("update " + table + " set name = 'x'")))
                .isInstanceOfSatisfying(
                        AtRefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_MANY_ROWS));
        world.rolledBack(() -> assertThat(world.update("update " + table + " set name = 'y' where id <= 2000"))
                .isEqualTo(2000));
        assertThat(world.rows("select distinct name from " + table)).containsExactly("alice");
    }

    @Test
    void a_transaction_goes_on_over_a_restart_of_the_coordinator() throws Exception {
        String table = accounts();
        List<String> before = world.content(table);
        world.rolledBack(() -> {
            world.update("update " + table + " set balance = 0 where id = 1");
            world.coordinator.stop();
            world.coordinator.start();
            world.update("update " + table + " set balance = 0 where id = 2");
        });
        assertThat(world.content(table)).isEqualTo(before);
    }

    @Test
    void old_undo_records_are_deleted_when_the_coordinator_asks() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (Connection connection = world.plain.getConnection();
                    PreparedStatement insert = connection.prepareStatement(
                            "insert into undo_log (branch_id, xid, context, rollback_info, log_status, log_created,"
                                    + " log_modified) values (?, 'old', 'x', '{}', 1, ?, now())")) {
                insert.setLong(1, i);
                insert.setTimestamp(2, Timestamp.valueOf("2020-01-01 00:00:00"));
                insert.executeUpdate();
            }
        }
        UndoLog log = new UndoLog(Dialect.POSTGRESQL, "undo_log");
        Tables tables = new Tables(Dialect.POSTGRESQL);
        Undo undo = new Undo(world.plain, Dialect.POSTGRESQL, log, tables, new Images(Dialect.POSTGRESQL), "public");
        AtResource resource = new AtResource(world.plain, log, undo);
        resource.deleteOld(7);
        resource.close();
        assertThat(world.rows("select 1 from undo_log where xid = 'old'")).isEmpty();
    }

    @Test
    void a_database_without_the_table_of_undo_records_is_refused_with_what_makes_it() {
        assertThatThrownBy(() -> AtDataSource.of(
                        world.transactions, world.plain, AtOptions.defaults().withUndoTable("not_there")))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("create table if not exists not_there");
    }

    @Test
    void one_process_serves_a_database_once() {
        assertThatThrownBy(() -> AtDataSource.of(world.transactions, world.plain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is registered already");
    }
}
