package dev.plinth.acceptance.seata;

import static dev.plinth.acceptance.seata.BankSchema.OPENING_BALANCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.bank.postgres.EmbeddedPostgres;
import dev.plinth.transactions.Xid;
import java.nio.file.Files;
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
 * Two unmodified {@code seata-all} 2.6.0 applications, one of each of two cells, at servers whose transactions have a partition for each
 * cell: the rows of the one's database are at home in the east, those of the other's in the west, and both write into both.
 */
class SeataPartitionsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String EAST_AND_WEST = """
            transactions:
              partitions: [east, west]
              groups:
                - { group: "west*", partition: west }
            """;

    enum Place {
        ONE_SERVER,
        THREE_SERVERS
    }

    private record Bank(
            CoordinatorHouse house, SeataAppProcess east, SeataAppProcess west, BankSchema first, BankSchema second)
            implements TwoSchemas {}

    @TempDir
    static Path directory;

    private static final List<AutoCloseable> parts = new ArrayList<>();
    private static final Map<Place, Bank> banks = new EnumMap<>(Place.class);

    @BeforeAll
    static void start() throws Exception {
        var postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                directory.resolve("postgres"), EmbeddedPostgres.defaultCache(), 0, "bank"));
        parts.addFirst(postgres);
        var file = Files.writeString(directory.resolve("plinth.yaml"), EAST_AND_WEST);
        var one = new ServerProcess(
                directory.resolve("server"),
                Path.of("target", "seata-partitions-server.log"),
                0,
                List.of("--config", file.toString()));
        parts.addFirst(one);
        var three = new ThreeServers(
                directory.resolve("cluster"), Path.of("target", "seata-partitions-cluster.log"), EAST_AND_WEST);
        parts.addFirst(three);
        bank(Place.ONE_SERVER, one, postgres.jdbcUrl());
        bank(Place.THREE_SERVERS, three, postgres.jdbcUrl());
    }

    private static void bank(Place place, CoordinatorHouse house, String url) throws Exception {
        var name = place.name().toLowerCase(Locale.ROOT);
        var first = BankSchema.onPostgres(url, name + "_east");
        var second = BankSchema.onPostgres(url, name + "_west");
        var east = app(house, name + "-east", "east_tx_group", first, second);
        var west = app(house, name + "-west", "west_tx_group", first, second);
        var bank = new Bank(house, east, west, first, second);
        banks.put(place, bank);
        // Each database is at home where its rows are first locked from.
        int account = bank.openAccount();
        settle(east, "a", account);
        settle(west, "b", account);
    }

    private static void settle(SeataAppProcess app, String schema, int account) {
        var xid = app.run("begin 60000");
        assertThat(app.run("add " + xid + " " + schema + " " + account + " 0")).isEqualTo("1");
        assertThat(app.run("commit " + xid)).isEqualTo("Committed");
    }

    /** Seata's client connects a resource manager again when that has something to say. */
    private static void bringBackTheResourceManagers(Bank bank) throws Exception {
        int any = bank.openAccount();
        for (var app : List.of(bank.east, bank.west)) {
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(AssertionError.class)
                    .until(() -> {
                        settle(app, "a", any);
                        settle(app, "b", any);
                        return true;
                    });
        }
    }

    private static SeataAppProcess app(
            CoordinatorHouse house, String name, String group, BankSchema first, BankSchema second) throws Exception {
        var app = new SeataAppProcess(
                List.of(
                        "-Dservice.default.grouplist=" + house.seata(),
                        "-Dclient.loadBalance.type=RandomLoadBalance",
                        "-Dgroup=" + group,
                        "-Dapplication=" + name),
                first.url(),
                second.url(),
                Path.of("target", "seata-partitions-" + name + ".log"));
        parts.addFirst(app);
        return app;
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

    private static void add(SeataAppProcess app, String xid, String schema, int account, int amount) {
        assertThat(app.run("add " + xid + " " + schema + " " + account + " " + amount))
                .isEqualTo("1");
    }

    @ParameterizedTest
    @EnumSource
    void a_transfer_between_cells_is_committed_whichever_began_it(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        for (var app : List.of(bank.east, bank.west)) {
            var xid = app.run("begin 60000");
            assertThat(Xid.parse(xid).id().partition()).isEqualTo(app == bank.east ? 0 : 1);
            add(app, xid, "a", account, -10);
            add(app, xid, "b", account, 10);

            assertThat(app.run("commit " + xid)).isEqualTo("Committed");
            await().atMost(PATIENCE).until(() -> bank.hasNoUndoRecords(xid));
        }
        bank.assertBalances(account, OPENING_BALANCE - 20, OPENING_BALANCE + 20);
    }

    @ParameterizedTest
    @EnumSource
    void a_transfer_between_cells_is_rolled_back_whichever_began_it(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        for (var app : List.of(bank.east, bank.west)) {
            var xid = app.run("begin 60000");
            add(app, xid, "b", account, 30);
            add(app, xid, "a", account, -30);
            add(app, xid, "b", account, 5);

            assertThat(app.run("rollback " + xid)).isEqualTo("Rollbacked");
            bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_row_has_one_holder_wherever_holder_and_asker_began(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var holder = bank.east.run("begin 60000");
        add(bank.east, holder, "b", account, -1);

        assertThat(bank.west.fail("locked b " + account + " 7")).contains("LockConflict");
        assertThat(bank.east.fail("locked b " + account + " 7")).contains("LockConflict");
        var other = bank.west.run("begin 60000");
        assertThat(bank.west.fail("add " + other + " b " + account + " 1")).contains("LockConflict");

        bank.east.run("commit " + holder);
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> bank.west.run("locked b " + account + " 7").equals("1"));
        bank.west.run("rollback " + other);
        bank.assertBalances(account, OPENING_BALANCE, OPENING_BALANCE + 6);
    }

    @ParameterizedTest
    @EnumSource
    void a_transfer_between_cells_is_committed_although_the_server_was_killed_since(Place place) throws Exception {
        var bank = banks.get(place);
        int account = bank.openAccount();
        var xid = bank.east.run("begin 60000");
        add(bank.east, xid, "a", account, -30);
        add(bank.east, xid, "b", account, 30);

        bank.house.kill();
        bank.house.goOn();

        assertThat(bank.east.runOnceReached("commit " + xid)).isIn("Committed", "Committing");
        bringBackTheResourceManagers(bank);
        await().atMost(PATIENCE).until(() -> bank.hasNoUndoRecords(xid));
        bank.assertBalances(account, OPENING_BALANCE - 30, OPENING_BALANCE + 30);
        // The rows are free again in both cells.
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> bank.west.run("locked b " + account + " 1").equals("1"));
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> bank.west.run("locked a " + account + " 1").equals("1"));
    }
}
