package dev.plinth.bank.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.bank.Accounts;
import dev.plinth.bank.Answer;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.Payments;
import dev.plinth.bank.Reservation;
import dev.plinth.bank.TestDatabases;
import dev.plinth.bank.TransferKind;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clients, against a bank that answers as each test wants. */
class DriverTest {
    private static final Mix PAYMENTS_ONLY = new Mix(0, 0, 0, 0, 0, 100);
    private static final Mix DEPOSITS_ONLY = new Mix(0, 100, 0, 0, 0, 0);

    @TempDir
    private Path directory;

    /** Answers the first operation with what it was given, one after another, and everything else with DONE. */
    private static final class ScriptedBank implements Payments, Accounts {
        private final Deque<Supplier<Outcome>> script = new ArrayDeque<>();
        private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();

        private synchronized Outcome answer(String id) {
            attempts.computeIfAbsent(id, fresh -> new AtomicInteger()).incrementAndGet();
            Supplier<Outcome> next = id.equals("run-1") ? script.poll() : null;
            return next == null ? Outcome.DONE : next.get();
        }

        int attempts(String id) {
            AtomicInteger count = attempts.get(id);
            return count == null ? 0 : count.get();
        }

        private static Answer with(Outcome outcome, long cents) {
            return outcome == Outcome.DONE ? Answer.done(cents) : Answer.refused(outcome);
        }

        @Override
        public Answer sendPayment(String transferId, long payer, long payee, long cents) {
            return with(answer(transferId), cents);
        }

        @Override
        public Answer amalgamate(String transferId, long payer, long payee) {
            return with(answer(transferId), 1);
        }

        @Override
        public Answer balance(long customer) {
            return Answer.done(1);
        }

        @Override
        public Outcome depositChecking(String operationId, long customer, long cents) {
            return answer(operationId);
        }

        @Override
        public Outcome transactSavings(String operationId, long customer, long cents) {
            return answer(operationId);
        }

        @Override
        public Outcome writeCheck(String operationId, long customer, long cents) {
            return answer(operationId);
        }

        @Override
        public Reservation hold(String transferId, TransferKind kind, long payer, long payee, long cents) {
            throw new AssertionError("a client holds nothing");
        }

        @Override
        public Outcome prepareCredit(String transferId, long payee, long payer, long cents) {
            throw new AssertionError("a client prepares nothing");
        }
    }

    private final ScriptedBank bank = new ScriptedBank();
    private final Statistics total = new Statistics();

    private Driver driver(Mix mix, Duration retryFor, Acknowledgements acknowledgements) {
        var shape = new Workload.Shape(mix, TestDatabases.CUSTOMERS, TestDatabases.CELLS, 10, 0.9, 0.3);
        return new Driver(bank, bank, new Workload(shape), new Pacer(1_000), acknowledgements, "run", 1, retryFor);
    }

    private long transfers(Driver driver) {
        total.add(driver.takeStatistics());
        return total.transfers();
    }

    @Test
    void a_transfer_that_failed_is_tried_again_with_its_id_until_it_is_done() throws Exception {
        bank.script.add(() -> {
            throw new PlinthException(Code.TIMEOUT, "lost");
        });
        bank.script.add(() -> {
            throw new IllegalStateException("the service's own trouble");
        });
        bank.script.add(() -> Outcome.IN_PROGRESS);
        bank.script.add(() -> Outcome.ROLLED_BACK);
        bank.script.add(() -> Outcome.UNKNOWN);
        Driver driver = driver(PAYMENTS_ONLY, Duration.ofMinutes(1), Acknowledgements.none());
        driver.setClients(1);
        await().until(() -> bank.attempts("run-1") == 6);
        driver.stop(Duration.ofSeconds(10));

        transfers(driver);
        assertThat(total.line())
                .contains(
                        "failed.IN_PROGRESS=1 failed.IllegalStateException=1 failed.ROLLED_BACK=1 failed.TIMEOUT=1 failed.UNKNOWN=1")
                .contains("gave_up=0");
        assertThat(driver.failure()).isEmpty();
    }

    @Test
    void a_transfer_that_is_refused_is_not_tried_again() throws Exception {
        bank.script.add(() -> Outcome.INSUFFICIENT_FUNDS);
        Driver driver = driver(PAYMENTS_ONLY, Duration.ofMinutes(1), Acknowledgements.none());
        driver.setClients(1);
        await().until(() -> transfers(driver) > 3);
        driver.stop(Duration.ofSeconds(10));

        assertThat(bank.attempts("run-1")).isEqualTo(1);
        assertThat(total.line()).contains("refused.INSUFFICIENT_FUNDS=1");
    }

    @Test
    void a_client_gives_up_when_the_time_for_an_operation_is_over() throws Exception {
        bank.script.add(() -> {
            throw new PlinthException(Code.UNAVAILABLE, "away");
        });
        Driver driver = driver(PAYMENTS_ONLY, Duration.ZERO, Acknowledgements.none());
        driver.setClients(1);
        await().until(() -> transfers(driver) > 3);
        driver.stop(Duration.ofSeconds(10));

        assertThat(bank.attempts("run-1")).isEqualTo(1);
        assertThat(total.line()).contains("gave_up=1").contains("failed.UNAVAILABLE=1");
    }

    @Test
    void what_was_acknowledged_and_nothing_else_is_written_down_before_it_is_counted() throws Exception {
        bank.script.add(() -> Outcome.INSUFFICIENT_FUNDS);
        Path file = directory.resolve("acknowledged");
        try (Acknowledgements acknowledgements = Acknowledgements.to(file)) {
            Driver driver = driver(PAYMENTS_ONLY, Duration.ofMinutes(1), acknowledgements);
            driver.setClients(4);
            await().untilAsserted(() -> {
                long counted = transfers(driver);
                assertThat(counted).isGreaterThan(50);
                assertThat(Files.readAllLines(file).size()).isGreaterThanOrEqualTo((int) counted);
            });
            driver.stop(Duration.ofSeconds(10));
            total.add(driver.takeStatistics());
        }
        List<String> lines = Files.readAllLines(file);

        assertThat(lines).hasSize((int) total.transfers()).allMatch(line -> line.matches("transfer run-\\w+ [0-9]+"));
        assertThat(lines).doesNotHaveDuplicates();
        assertThat(bank.attempts).hasSize(lines.size() + 1);
    }

    @Test
    void other_writes_are_written_down_too() throws Exception {
        Path file = directory.resolve("acknowledged");
        try (Acknowledgements acknowledgements = Acknowledgements.to(file)) {
            Driver driver = driver(DEPOSITS_ONLY, Duration.ofMinutes(1), acknowledgements);
            driver.setClients(1);
            await().until(() -> Files.readAllLines(file).size() > 3);
            driver.stop(Duration.ofSeconds(10));
        }
        assertThat(Files.readAllLines(file)).contains("external run-1", "external run-2");
    }

    @Test
    void clients_can_be_added_while_it_runs() throws Exception {
        Driver driver = driver(PAYMENTS_ONLY, Duration.ofMinutes(1), Acknowledgements.none());
        driver.setClients(0);
        driver.setClients(3);
        await().until(() -> transfers(driver) > 10);
        driver.setClients(5);
        long before = transfers(driver);
        await().until(() -> transfers(driver) > before + 10);
        driver.stop(Duration.ofSeconds(10));
    }

    @Test
    void a_driver_that_cannot_write_down_what_was_acknowledged_stops() throws Exception {
        Acknowledgements closed = Acknowledgements.to(directory.resolve("acknowledged"));
        closed.close();
        Driver driver = driver(PAYMENTS_ONLY, Duration.ofMinutes(1), closed);
        driver.setClients(2);

        await().until(() -> driver.failure().isPresent());
        driver.stop(Duration.ofSeconds(10));
        assertThat(driver.failure().orElseThrow()).hasMessageContaining("acknowledged");
    }
}
