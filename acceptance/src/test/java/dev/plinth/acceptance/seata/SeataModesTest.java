package dev.plinth.acceptance.seata;

import static dev.plinth.acceptance.seata.BankSchema.OPENING_BALANCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.bank.postgres.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Unmodified {@code seata-all} 2.6.0 applications on real PostgreSQL and real MariaDB, against one server and against three that run as
 * one: AT, TCC, XA and Saga, commit and rollback, and the server, or the three's leader, killed with -9. Those on MariaDB compress what
 * they send, and find the leader as Seata's Raft clients do; those on PostgreSQL have a list of addresses. Each test works on
 * accounts of its own.
 */
class SeataModesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int NO_ACCOUNT = 1_000_000;

    enum Place {
        POSTGRESQL,
        MARIADB,
        POSTGRESQL_AND_THREE_SERVERS,
        MARIADB_AND_THREE_SERVERS
    }

    /** An application with its two schemas and its coordinator. */
    private record Bank(CoordinatorHouse house, SeataAppProcess app, BankSchema first, BankSchema second)
            implements TwoSchemas {
        String begin() {
            return app.run("begin 60000");
        }

        void add(String xid, String mode, String schema, int account, int amount) {
            assertThat(app.run(mode + " " + xid + " " + schema + " " + account + " " + amount))
                    .isEqualTo("1");
        }

        void awaitStatus(String xid, String status) {
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(AssertionError.class)
                    .until(() -> app.run("status " + xid).equals(status));
        }
    }

    @TempDir
    static Path directory;

    private static final List<AutoCloseable> parts = new ArrayList<>();
    private static final Map<Place, Bank> banks = new EnumMap<>(Place.class);

    @BeforeAll
    static void start() throws Exception {
        var postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                directory.resolve("postgres"), EmbeddedPostgres.defaultCache(), 0, "bank"));
        parts.addFirst(postgres);
        var mariadb = MariaDb.start(directory.resolve("mariadb"));
        parts.addFirst(mariadb);
        var one = new ServerProcess(directory.resolve("server"), Path.of("target", "seata-modes-server.log"));
        parts.addFirst(one);
        var three = new ThreeServers(directory.resolve("cluster"), Path.of("target", "seata-modes-cluster.log"));
        parts.addFirst(three);
        onPostgres(Place.POSTGRESQL, one, postgres.jdbcUrl());
        onPostgres(Place.POSTGRESQL_AND_THREE_SERVERS, three, postgres.jdbcUrl());
        onMariaDb(Place.MARIADB, one, mariadb);
        onMariaDb(Place.MARIADB_AND_THREE_SERVERS, three, mariadb);
    }

    private static void onPostgres(Place place, CoordinatorHouse house, String url) throws Exception {
        bank(
                place,
                house,
                List.of(
                        "-Dservice.default.grouplist=" + house.seata(),
                        // By default it sends what concerns a transaction to the server in its XID alone, dead or not.
                        "-Dclient.loadBalance.type=RandomLoadBalance"),
                BankSchema.onPostgres(url, name(place, "first")),
                BankSchema.onPostgres(url, name(place, "second")));
    }

    private static void onMariaDb(Place place, CoordinatorHouse house, MariaDb mariadb) throws Exception {
        bank(
                place,
                house,
                List.of(
                        "-Dregistry.type=raft",
                        "-Dregistry.raft.serverAddr=" + house.http(),
                        "-Dtransport.compressor=gzip"),
                BankSchema.onMariaDb(mariadb, name(place, "first")),
                BankSchema.onMariaDb(mariadb, name(place, "second")));
    }

    /** In lower case, and no longer than Seata's saga tables have room for. */
    private static String name(Place place, String end) {
        return place.name().toLowerCase(Locale.ROOT).replace("_servers", "") + "_" + end;
    }

    private static void bank(
            Place place, CoordinatorHouse house, List<String> options, BankSchema first, BankSchema second)
            throws Exception {
        var name = name(place, "bank");
        var all = new ArrayList<>(options);
        // Applications of their own: a coordinator may ask any process of one about what another process of it did.
        all.add("-Dapplication=" + name);
        var app =
                new SeataAppProcess(all, first.url(), second.url(), Path.of("target", "seata-modes-" + name + ".log"));
        parts.addFirst(app);
        banks.put(place, new Bank(house, app, first, second));
    }

    @AfterEach
    void mend() throws Exception {
        for (var bank : banks.values()) {
            bank.house.mend();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable part : parts) {
            part.close();
        }
    }

    // ---- AT and TCC

    @ParameterizedTest
    @EnumSource
    void at_branches_are_committed(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.add(xid, "add", "a", account, -30);
        bank.add(xid, "add", "b", account, 30);

        assertThat(bank.app.run("commit " + xid)).isEqualTo("Committed");

        bank.assertBalances(account, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
        await().atMost(PATIENCE).until(() -> bank.hasNoUndoRecords(xid));
    }

    @ParameterizedTest
    @EnumSource
    void at_branches_are_rolled_back(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.add(xid, "add", "a", account, -30);
        bank.add(xid, "add", "b", account, 30);
        bank.add(xid, "add", "a", account, -5);

        assertThat(bank.app.run("rollback " + xid)).isEqualTo("Rollbacked");

        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);
        await().atMost(PATIENCE).until(() -> bank.hasNoUndoRecords(xid));
    }

    @ParameterizedTest
    @EnumSource
    void a_change_under_a_global_lock_waits_for_the_transaction_that_holds_the_row(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var holder = bank.begin();
        bank.add(holder, "add", "a", account, -1);

        assertThat(bank.app.fail("locked a " + account + " 7")).contains("LockConflict");
        bank.app.run("commit " + holder);

        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> bank.app.run("locked a " + account + " 7").equals("1"));
        bank.assertBalances(account, OPENING_BALANCE + 6, OPENING_BALANCE);
    }

    @ParameterizedTest
    @EnumSource
    void tcc_branches_are_confirmed_and_cancelled(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var confirmed = bank.begin();
        bank.app.run("freeze " + confirmed + " " + account + " 40");
        assertThat(bank.app.run("commit " + confirmed)).isEqualTo("Committed");
        var cancelled = bank.begin();
        bank.app.run("freeze " + cancelled + " " + account + " 7");
        assertThat(bank.first.frozen(account)).isEqualTo(7);
        assertThat(bank.app.run("rollback " + cancelled)).isEqualTo("Rollbacked");

        assertThat(bank.first.frozen(account)).isZero();
        bank.assertBalances(account, OPENING_BALANCE - 40, OPENING_BALANCE);
    }

    @ParameterizedTest
    @EnumSource
    void at_and_tcc_branches_are_committed_although_the_server_was_killed_since(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.add(xid, "add", "a", account, -30);
        bank.add(xid, "add", "b", account, 30);
        bank.app.run("freeze " + xid + " " + account + " 7");

        bank.house.kill();
        bank.house.goOn();

        assertThat(bank.app.runOnceReached("commit " + xid)).isIn("Committed", "Committing", "CommitRetrying");
        bringBackTheResourceManager(bank);
        bank.awaitStatus(xid, "Committed");
        assertThat(bank.first.frozen(account)).isZero();
        bank.assertBalances(account, OPENING_BALANCE - 37, OPENING_BALANCE + 30);
        await().atMost(PATIENCE).until(() -> bank.hasNoUndoRecords(xid));
    }

    @ParameterizedTest
    @EnumSource
    void at_and_tcc_branches_are_rolled_back_although_the_server_is_killed_in_the_middle_of_that(Place place)
            throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.app.run("freeze " + xid + " " + account + " 7");
        bank.add(xid, "add", "a", account, -30);
        bank.add(xid, "add", "b", account, 30);
        try (var row = bank.second.hold(account)) {
            var rollback = bank.app.start("rollback " + xid);
            await().atMost(PATIENCE).until(() -> bank.second.waiting() > 0);
            bank.house.kill();
            row.rollback();
            bank.house.goOn();
            bringBackTheResourceManager(bank);
            assertThat(bank.app.succeeded(rollback)).startsWith("Rollback");
        }

        bank.awaitStatus(xid, "Rollbacked");
        assertThat(bank.first.frozen(account)).isZero();
        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);
        await().atMost(PATIENCE).until(() -> bank.hasNoUndoRecords(xid));
    }

    // ---- XA

    @ParameterizedTest
    @EnumSource
    void xa_branches_in_two_schemas_are_committed_together(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.add(xid, "xa", "a", account, -30);
        bank.add(xid, "xa", "b", account, 30);
        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);

        assertThat(bank.app.run("commit " + xid)).isEqualTo("Committed");

        bank.assertBalances(account, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
    }

    @ParameterizedTest
    @EnumSource
    void xa_branches_in_two_schemas_are_rolled_back_together(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.add(xid, "xa", "a", account, -30);
        bank.add(xid, "xa", "b", account, 30);

        assertThat(bank.app.run("rollback " + xid)).isEqualTo("Rollbacked");

        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);
        // The rows are free again.
        var next = bank.begin();
        bank.add(next, "xa", "a", account, 1);
        assertThat(bank.app.run("commit " + next)).isEqualTo("Committed");
        bank.assertBalances(account, OPENING_BALANCE + 1, OPENING_BALANCE);
    }

    @ParameterizedTest
    @EnumSource
    void prepared_xa_branches_are_committed_by_a_server_that_was_killed_since(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.begin();
        bank.add(xid, "xa", "a", account, -30);
        bank.add(xid, "xa", "b", account, 30);

        bank.house.kill();
        bank.house.goOn();
        bringBackTheResourceManager(bank);

        assertThat(bank.app.run("commit " + xid)).isEqualTo("Committed");
        bank.assertBalances(account, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
    }

    // ---- Saga

    @ParameterizedTest
    @EnumSource
    void a_saga_goes_through(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();

        var xid = saga(bank.app.run("saga " + account + " " + account + " 30"), "SU null");

        bank.assertBalances(account, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
        bank.awaitStatus(xid, "Committed");
    }

    @ParameterizedTest
    @EnumSource
    void a_saga_that_fails_is_compensated(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();

        var xid = saga(bank.app.run("saga " + account + " " + NO_ACCOUNT + " 30"), "UN SU");

        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);
        bank.awaitStatus(xid, "Rollbacked");
    }

    @ParameterizedTest
    @EnumSource
    void a_saga_whose_compensation_fails_is_compensated_when_the_server_asks_again(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        bank.app.run("stubborn");

        var xid = saga(bank.app.run("saga " + account + " " + NO_ACCOUNT + " 30"), "UN UN");

        bank.awaitStatus(xid, "Rollbacked");
        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);
    }

    @ParameterizedTest
    @EnumSource
    void a_saga_goes_through_although_the_server_was_killed_in_the_middle_of_it(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        String said;
        try (var row = bank.second.hold(account)) {
            var saga = bank.app.start("saga " + account + " " + account + " 30");
            await().atMost(PATIENCE).until(() -> bank.second.waiting() > 0);
            bank.house.kill();
            bank.house.goOn();
            bringBackTheResourceManager(bank);
            row.rollback();
            said = bank.app.succeeded(saga);
        }

        var xid = saga(said, "SU null");
        bank.assertBalances(account, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
        bank.awaitStatus(xid, "Committed");
    }

    /** The XID of a saga that ended so. */
    private static String saga(String said, String status) {
        int blank = said.indexOf(' ');
        assertThat(said.substring(blank + 1)).isEqualTo(status);
        return said.substring(0, blank);
    }

    /** As in {@link SeataApplicationTest}: an application that goes on working has a request soon. */
    private static void bringBackTheResourceManager(Bank bank) throws Exception {
        int any = bank.openAccount();
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> {
                    var xid = bank.begin();
                    bank.add(xid, "add", "a", any, 1);
                    bank.app.run("commit " + xid);
                    return true;
                });
        // Until its next round of connecting, the client draws the dead one too, and gives up when it does.
        await().atMost(PATIENCE)
                .until(
                        () -> bank.app.run("reachable"),
                        reachable -> bank.house.gone().stream().noneMatch(reachable::contains));
    }
}
