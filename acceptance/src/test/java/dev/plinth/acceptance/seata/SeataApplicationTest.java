package dev.plinth.acceptance.seata;

import static dev.plinth.acceptance.seata.BankSchema.OPENING_BALANCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.bank.postgres.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An unmodified {@code seata-all} 2.6.0 application on real PostgreSQL: AT and TCC, commit and rollback, locks, time-out, and the
 * server killed with -9 at the worst moments. Each test works on accounts of its own.
 */
class SeataApplicationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final AtomicInteger ACCOUNTS = new AtomicInteger();

    @TempDir
    static Path directory;

    private static EmbeddedPostgres postgres;
    private static BankSchema first;
    private static BankSchema second;
    private static ServerProcess server;
    private static SeataAppProcess app;

    /** This test's account, in both schemas. */
    private int account;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                directory.resolve("postgres"), EmbeddedPostgres.defaultCache(), 0, "bank"));
        first = BankSchema.onPostgres(postgres.jdbcUrl(), "first");
        second = BankSchema.onPostgres(postgres.jdbcUrl(), "second");
        server = new ServerProcess(directory.resolve("server"), Path.of("target", "seata-server.log"));
        app = new SeataAppProcess(server.seata(), first.url(), second.url(), Path.of("target", "seata-app.log"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (app != null) {
            app.close();
        }
        if (server != null) {
            server.close();
        }
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void openAccounts() throws Exception {
        account = ACCOUNTS.incrementAndGet();
        first.openAccount(account);
        second.openAccount(account);
    }

    // ---- AT

    @Test
    void at_branches_in_two_schemas_are_committed_together() throws Exception {
        var xid = begin();
        add(xid, "a", -30);
        add(xid, "b", 30);

        assertThat(app.run("commit " + xid)).isEqualTo("Committed");

        assertBalances(OPENING_BALANCE - 30, OPENING_BALANCE + 30);
        assertNothingIsLeftOf(xid);
    }

    @Test
    void at_branches_in_two_schemas_are_rolled_back_together() throws Exception {
        var xid = begin();
        add(xid, "a", -30);
        add(xid, "b", 30);
        add(xid, "a", -5);
        assertBalances(OPENING_BALANCE - 35, OPENING_BALANCE + 30);

        assertThat(app.run("rollback " + xid)).isEqualTo("Rollbacked");

        assertBalances(OPENING_BALANCE, OPENING_BALANCE);
        assertNothingIsLeftOf(xid);
    }

    @Test
    void a_row_is_its_transactions_until_that_is_decided() throws Exception {
        var holder = begin();
        add(holder, "a", -1);
        var other = begin();

        assertThat(app.fail("add " + other + " a " + account + " 7")).contains("LockConflict");

        app.run("commit " + holder);
        add(other, "a", 7);
        app.run("commit " + other);
        assertBalances(OPENING_BALANCE + 6, OPENING_BALANCE);
        assertNothingIsLeftOf(holder);
        assertNothingIsLeftOf(other);
    }

    @Test
    void a_transaction_that_nobody_ends_is_rolled_back_after_its_time_out() throws Exception {
        var xid = app.run("begin 1000");
        add(xid, "a", -30);

        await().atMost(PATIENCE).until(() -> first.balance(account) == OPENING_BALANCE);

        await().atMost(PATIENCE).until(() -> app.run("status " + xid).equals("TimeoutRollbacked"));
        assertNothingIsLeftOf(xid);
    }

    // ---- TCC

    @Test
    void a_tcc_branch_is_confirmed() throws Exception {
        var xid = begin();
        app.run("freeze " + xid + " " + account + " 40");
        assertThat(first.frozen(account)).isEqualTo(40);

        assertThat(app.run("commit " + xid)).isEqualTo("Committed");

        assertThat(first.frozen(account)).isZero();
        assertBalances(OPENING_BALANCE - 40, OPENING_BALANCE);
    }

    @Test
    void a_tcc_branch_is_cancelled() throws Exception {
        var xid = begin();
        app.run("freeze " + xid + " " + account + " 40");

        assertThat(app.run("rollback " + xid)).isEqualTo("Rollbacked");

        assertThat(first.frozen(account)).isZero();
        assertBalances(OPENING_BALANCE, OPENING_BALANCE);
    }

    // ---- both, as an application writes it

    @Test
    void at_and_tcc_in_one_transaction_template_are_committed_together() throws Exception {
        var xid = app.run("transfer " + account + " " + account + " 10 succeed");

        assertThat(first.frozen(account)).isZero();
        // AT took 10, TCC took 10.
        assertBalances(OPENING_BALANCE - 20, OPENING_BALANCE + 10);
        assertNothingIsLeftOf(xid);
    }

    @Test
    void at_and_tcc_in_one_transaction_template_are_rolled_back_together() throws Exception {
        assertThat(app.fail("transfer " + account + " " + account + " 10 fail"))
                .contains("RollbackDone")
                .contains("the application does not want to");

        assertThat(first.frozen(account)).isZero();
        assertBalances(OPENING_BALANCE, OPENING_BALANCE);
    }

    // ---- the server is killed

    @Test
    void a_transaction_is_committed_by_a_server_that_was_killed_after_its_branches_registered() throws Exception {
        var xid = begin();
        add(xid, "a", -30);
        add(xid, "b", 30);
        app.run("freeze " + xid + " " + account + " 7");

        server.kill();
        server.start();

        var other = begin();
        assertThat(app.fail("add " + other + " a " + account + " 1")).contains("LockConflict");
        app.run("rollback " + other);
        assertThat(app.run("commit " + xid)).isEqualTo("Committed");
        assertThat(first.frozen(account)).isZero();
        assertBalances(OPENING_BALANCE - 37, OPENING_BALANCE + 30);
        assertNothingIsLeftOf(xid);
    }

    @Test
    void a_transaction_is_rolled_back_by_a_server_that_was_killed_after_its_branches_registered() throws Exception {
        var xid = begin();
        add(xid, "a", -30);
        add(xid, "b", 30);
        app.run("freeze " + xid + " " + account + " 7");

        server.kill();
        server.start();

        bringBackTheResourceManager();
        assertThat(app.run("rollback " + xid)).isEqualTo("Rollbacked");
        assertThat(first.frozen(account)).isZero();
        assertBalances(OPENING_BALANCE, OPENING_BALANCE);
        assertNothingIsLeftOf(xid);
    }

    @Test
    void a_commit_goes_on_after_the_server_was_killed_in_the_middle_of_it() throws Exception {
        var xid = begin();
        app.run("freeze " + xid + " " + account + " 40");
        try (var row = first.hold(account)) {
            var commit = app.start("commit " + xid);
            // The participant is asked only after the decision is on disk, and cannot finish while the row is held.
            await().atMost(PATIENCE).until(() -> first.waiting() > 0);
            server.kill();
            row.rollback();
            server.start();
            bringBackTheResourceManager();
            assertThat(app.succeeded(commit)).isIn("Committed", "CommitRetrying");
        }

        await().atMost(PATIENCE).until(() -> app.run("status " + xid).equals("Committed"));
        assertThat(first.frozen(account)).isZero();
        assertBalances(OPENING_BALANCE - 40, OPENING_BALANCE);
    }

    @Test
    void a_rollback_goes_on_after_the_server_was_killed_in_the_middle_of_it() throws Exception {
        var xid = begin();
        add(xid, "a", -30);
        add(xid, "b", 30);
        try (var row = second.hold(account)) {
            var rollback = app.start("rollback " + xid);
            await().atMost(PATIENCE).until(() -> first.waiting() > 0);
            server.kill();
            row.rollback();
            server.start();
            bringBackTheResourceManager();
            assertThat(app.succeeded(rollback)).startsWith("Rollback");
        }

        await().atMost(PATIENCE).until(() -> app.run("status " + xid).equals("Rollbacked"));
        assertBalances(OPENING_BALANCE, OPENING_BALANCE);
        assertNothingIsLeftOf(xid);
    }

    private static String begin() {
        return app.run("begin 60000");
    }

    private void add(String xid, String schema, int amount) {
        assertThat(app.run("add " + xid + " " + schema + " " + account + " " + amount))
                .isEqualTo("1");
    }

    private void assertBalances(int inFirst, int inSecond) throws Exception {
        assertThat(first.balance(account)).as("balance in the first schema").isEqualTo(inFirst);
        assertThat(second.balance(account)).as("balance in the second schema").isEqualTo(inSecond);
    }

    /** Neither undo records nor locks; the client deletes the records some time after the commit. */
    private void assertNothingIsLeftOf(String xid) throws Exception {
        await().atMost(PATIENCE).until(() -> first.undoRecords(xid) == 0 && second.undoRecords(xid) == 0);
        var next = begin();
        add(next, "a", 1);
        add(next, "b", 1);
        app.run("rollback " + next);
    }

    /**
     * Seata's resource manager notices only at its next request, or every ten seconds, that its coordinator came back; an
     * application that goes on working has such a request soon.
     */
    private static void bringBackTheResourceManager() throws Exception {
        int any = ACCOUNTS.incrementAndGet();
        first.openAccount(any);
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> {
                    var xid = begin();
                    app.run("add " + xid + " a " + any + " 1");
                    app.run("commit " + xid);
                    return true;
                });
    }
}
