package dev.plinth.acceptance.seata;

import static dev.plinth.acceptance.seata.BankSchema.OPENING_BALANCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.bank.postgres.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A running system moves from Seata's own server 2.0.0 to Plinth without stopping, as {@code docs/from-seata.md} says: one process of
 * an application after the other is started with the new address; what had begun at the old server ends there.
 */
class MovingFromSeataTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MOVED = 1;
    private static final int OLD_COMMITTED = 2;
    private static final int OLD_ROLLED_BACK = 3;
    private static final int FROZEN = 4;

    @TempDir
    static Path directory;

    private static final List<AutoCloseable> parts = new ArrayList<>();
    private static BankSchema first;
    private static BankSchema second;
    private static OriginalSeataServer seata;
    private static ServerProcess plinth;

    @BeforeAll
    static void start() throws Exception {
        var postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                directory.resolve("postgres"), EmbeddedPostgres.defaultCache(), 0, "bank"));
        parts.addFirst(postgres);
        first = BankSchema.onPostgres(postgres.jdbcUrl(), "first");
        second = BankSchema.onPostgres(postgres.jdbcUrl(), "second");
        seata = OriginalSeataServer.start(directory.resolve("seata"));
        parts.addFirst(seata);
        plinth = new ServerProcess(directory.resolve("server"), Path.of("target", "moving-server.log"));
        parts.addFirst(plinth);
        for (int account : List.of(MOVED, OLD_COMMITTED, OLD_ROLLED_BACK, FROZEN)) {
            first.openAccount(account);
            second.openAccount(account);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable part : parts) {
            part.close();
        }
    }

    private static SeataAppProcess process(String coordinator, String name) throws Exception {
        var process = new SeataAppProcess(
                coordinator, first.url(), second.url(), Path.of("target", "moving-" + name + ".log"));
        parts.addFirst(process);
        return process;
    }

    /**
     * Undecided, with branches in AT and TCC. At Seata's server TCC has to freeze another account than AT changes: it rolls back what
     * was done first first ({@code DefaultCore.doGlobalRollback} of 2.0.0 goes through {@code getSortedBranches}), so AT would meet
     * what TCC has not undone yet, call the row dirty, and the transaction would end as {@code RollbackFailed}.
     */
    private static String underWay(SeataAppProcess app, int account, int frozen) {
        var xid = app.run("begin 60000");
        assertThat(app.run("add " + xid + " a " + account + " -30")).isEqualTo("1");
        assertThat(app.run("add " + xid + " b " + account + " 30")).isEqualTo("1");
        app.run("freeze " + xid + " " + frozen + " 7");
        return xid;
    }

    @Test
    void new_transactions_run_here_while_those_that_began_at_seatas_server_end_there() throws Exception {
        var before = process(seata.seata(), "before");
        var committed = underWay(before, OLD_COMMITTED, FROZEN);
        var rolledBack = underWay(before, OLD_ROLLED_BACK, FROZEN);

        // The same application, on the same databases and undo logs, started with the new address.
        var after = process(plinth.seata(), "after");
        var moved = underWay(after, MOVED, MOVED);
        assertThat(after.run("commit " + moved)).isEqualTo("Committed");
        assertThat(after.fail("transfer " + MOVED + " " + MOVED + " 5 fail")).contains("RollbackDone");

        // What is under way at the old server is untouched by that, and ends there.
        assertThat(first.balance(OLD_COMMITTED)).isEqualTo(OPENING_BALANCE - 30);
        assertThat(before.run("commit " + committed)).isEqualTo("Committed");
        assertThat(before.run("rollback " + rolledBack)).isEqualTo("Rollbacked");
        await().atMost(PATIENCE)
                .until(() -> first.undoRecords(committed) + second.undoRecords(committed) == 0
                        && first.undoRecords(rolledBack) + second.undoRecords(rolledBack) == 0
                        && first.undoRecords(moved) + second.undoRecords(moved) == 0);
        before.close();
        seata.close();

        // Here what was done last is undone first, so one row may be in two branches.
        var last = underWay(after, OLD_COMMITTED, OLD_COMMITTED);
        assertThat(after.run("rollback " + last)).isEqualTo("Rollbacked");
        assertBalances(MOVED, OPENING_BALANCE - 37, OPENING_BALANCE + 30);
        assertBalances(OLD_COMMITTED, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
        assertBalances(OLD_ROLLED_BACK, OPENING_BALANCE, OPENING_BALANCE);
        assertBalances(FROZEN, OPENING_BALANCE - 7, OPENING_BALANCE);
    }

    private static void assertBalances(int account, int inFirst, int inSecond) throws Exception {
        assertThat(first.balance(account)).as("balance in the first schema").isEqualTo(inFirst);
        assertThat(second.balance(account)).as("balance in the second schema").isEqualTo(inSecond);
        assertThat(first.frozen(account)).as("frozen").isZero();
    }
}
