package dev.plinth.bank.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.bank.Answer;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.TestDatabases;
import dev.plinth.bank.payments.PaymentsProvider;
import dev.plinth.bank.payments.TestCoordinator;
import dev.plinth.bank.payments.TwoCells;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

/** The bank on two real databases, under a coordinator that makes every mistake a coordinator may; and the auditor beside it. */
class MoneyIsWholeTest {
    private static final int CLIENTS = 4;
    private static final int OPERATIONS_OF_A_CLIENT = 60;
    private static final int ATTEMPTS_MAX = 6;
    private static final double FAULT_SHARE = 0.1;
    private static final long HOT_CUSTOMERS = 6;

    private static Auditor auditor(TwoCells cells) {
        return new Auditor(cells.databases(), Duration.ofMinutes(10), InstantSource.system());
    }

    @Property(tries = 5, shrinking = ShrinkingMode.OFF)
    void money_is_whole_at_every_moment_and_every_acknowledged_write_is_there_once(@ForAll long seed) throws Exception {
        TestCoordinator coordinator = new TestCoordinator(FAULT_SHARE, seed);
        List<Acknowledged> acknowledged = Collections.synchronizedList(new ArrayList<>());
        try (TwoCells cells = new TwoCells(coordinator);
                Auditor auditor = auditor(cells);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var payments = new PaymentsProvider(coordinator, cells, Duration.ofSeconds(10));
            AtomicInteger running = new AtomicInteger(CLIENTS);
            List<Future<Boolean>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                SplittableRandom random = new SplittableRandom(seed + client);
                String name = "c" + client;
                clients.add(threads.submit(() -> {
                    try {
                        for (int i = 0; i < OPERATIONS_OF_A_CLIENT; i++) {
                            operate(name + "-" + i, random, cells, payments, acknowledged);
                            coordinator.catchUpALittle();
                        }
                        return true;
                    } finally {
                        running.decrementAndGet();
                    }
                }));
            }
            while (running.get() > 0) {
                assertThat(auditor.check()).isInstanceOf(Verdict.Exact.class);
            }
            for (Future<Boolean> client : clients) {
                assertThat(client.get()).isTrue();
            }
            coordinator.catchUp();

            assertThat(auditor.check())
                    .isInstanceOfSatisfying(
                            Verdict.Exact.class,
                            exact -> assertThat(exact.isQuiet())
                                    .as(exact.toString())
                                    .isTrue());
            assertThat(acknowledged).hasSizeGreaterThan(CLIENTS * OPERATIONS_OF_A_CLIENT / 3);
            assertThat(auditor.missing(acknowledged)).isEmpty();

            // One that comes later, and has to read the history, finds the same.
            try (Auditor second = auditor(cells)) {
                assertThat(second.check()).isEqualTo(auditor.check());
            }
        }
    }

    private static void operate(
            String id,
            SplittableRandom random,
            TwoCells accounts,
            PaymentsProvider payments,
            List<Acknowledged> acknowledged)
            throws Exception {
        long customer = customer(random);
        long other = customer == 1 ? 2 : 1;
        long payee = random.nextBoolean() ? other : customer(random);
        long cents = random.nextLong(1, TestDatabases.OPENING_CENTS / 2);
        switch (random.nextInt(6)) {
            case 0 -> external(id, acknowledged, () -> accounts.depositChecking(id, customer, cents));
            case 1 -> external(id, acknowledged, () -> accounts.transactSavings(id, customer, -cents));
            case 2 -> external(id, acknowledged, () -> accounts.writeCheck(id, customer, cents));
            case 3 -> transfer(id, acknowledged, () -> payments.amalgamate(id, customer, payee));
            default -> transfer(id, acknowledged, () -> payments.sendPayment(id, customer, payee, cents));
        }
    }

    /** A hot customer of either cell. */
    private static long customer(SplittableRandom random) {
        return random.nextLong(1, HOT_CUSTOMERS + 1) + (random.nextBoolean() ? 50 : 0);
    }

    private static void external(String id, List<Acknowledged> acknowledged, Callable<Outcome> operation)
            throws Exception {
        if (operation.call() == Outcome.DONE) {
            assertThat(operation.call()).isEqualTo(Outcome.DONE); // and done once all the same
            acknowledged.add(new Acknowledged.External(id));
        }
    }

    private static void transfer(String id, List<Acknowledged> acknowledged, Callable<Answer> operation)
            throws Exception {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Answer answer = operation.call();
            if (answer.outcome() == Outcome.DONE) {
                acknowledged.add(new Acknowledged.Transfer(id, answer.cents()));
                return;
            }
            if (!answer.outcome().isRetryable()) {
                return;
            }
        }
    }

    @Test
    void the_auditor_finds_a_cent_that_was_made() throws Exception {
        try (TwoCells cells = new TwoCells(new TestCoordinator(0, 1));
                Auditor auditor = auditor(cells)) {
            assertThat(auditor.check()).isInstanceOf(Verdict.Exact.class);

            execute(cells.databases().get("west"), "update savings set balance = balance + 1 where customer = 51");

            assertThat(auditor.check()).asString().contains("AUDIT BROKEN cell west has");
        }
    }

    @Test
    void the_auditor_finds_a_payment_that_never_arrives() throws Exception {
        TestCoordinator coordinator = new TestCoordinator(0, 1);
        try (TwoCells cells = new TwoCells(coordinator);
                Auditor auditor = new Auditor(cells.databases(), Duration.ZERO, InstantSource.system())) {
            var payments = new PaymentsProvider(coordinator, cells, Duration.ofSeconds(10));
            payments.sendPayment("t", 1, 51, 500);
            execute(cells.databases().get("west"), "update checking set balance = balance - 500 where customer = 51");
            execute(cells.databases().get("west"), "update credit set state = 'DROPPED' where id = 't'");
            auditor.check();

            assertThat(auditor.check())
                    .asString()
                    .contains("transfer t has been paid as 5.00")
                    .contains("not credited");
        }
    }

    @Test
    void an_acknowledged_write_that_is_missing_or_of_another_amount_is_named() throws Exception {
        TestCoordinator coordinator = new TestCoordinator(0, 1);
        try (TwoCells cells = new TwoCells(coordinator);
                Auditor auditor = auditor(cells)) {
            var payments = new PaymentsProvider(coordinator, cells, Duration.ofSeconds(10));
            payments.sendPayment("t", 1, 51, 500);
            cells.depositChecking("d", 1, 100);

            assertThat(auditor.missing(List.of(new Acknowledged.Transfer("t", 500), new Acknowledged.External("d"))))
                    .isEmpty();
            assertThat(auditor.missing(List.of(
                            new Acknowledged.Transfer("t", 501),
                            new Acknowledged.Transfer("u", 1),
                            new Acknowledged.External("e"))))
                    .containsExactly(
                            "acknowledged transfer t of 5.01 was paid as 5.00",
                            "acknowledged transfer t of 5.01 was credited as 5.00",
                            "acknowledged transfer u was paid 0 times",
                            "acknowledged transfer u was credited 0 times",
                            "acknowledged write e was done 0 times");
        }
    }

    @Test
    void a_check_that_fails_at_one_database_loses_nothing_of_the_other() throws Exception {
        TestCoordinator coordinator = new TestCoordinator(0, 1);
        try (TwoCells cells = new TwoCells(coordinator);
                Auditor auditor = auditor(cells)) {
            var payments = new PaymentsProvider(coordinator, cells, Duration.ofSeconds(10));
            auditor.check();
            payments.sendPayment("t", 1, 51, 500);
            String west = cells.databases().get("west");
            execute(west, "alter table credit rename to hidden");
            assertThatThrownBy(auditor::check).isInstanceOf(SQLException.class).hasMessageContaining("credit");
            execute(west, "alter table hidden rename to credit");

            assertThat(auditor.check())
                    .hasToString("AUDIT exact total=40000.00 in-flight=0.00 half-ended=0 held=0 prepared=0 ended=1");
        }
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
