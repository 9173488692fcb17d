package dev.plinth.sdk.saga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.transactions.TestCoordinator;
import dev.plinth.sdk.transactions.TestPostgres;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.transactions.BranchView;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.BranchStatus;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sagas on a real database, with the real coordinator. */
final class SagasTest {

    record Trip(String customer, int cents) {}

    record Ticket(String number) {}

    private static final Duration LONG = Duration.ofSeconds(30);

    /** A step that says what it did. */
    private final class Told implements Step<Trip, Ticket> {
        private final String name;

        Told(String name) {
            this.name = name;
        }

        @Override
        public Ticket run(Context context, Trip trip) throws Exception {
            String before =
                    context.result("flight", Ticket.class).map(Ticket::number).orElse("-");
            runs.add(context.idempotencyKey()
                    .substring(0, context.idempotencyKey().indexOf('/')));
            log.add(name + " " + trip.customer() + " after " + before);
            if (hanging.contains(name)) {
                reached.countDown();
                released.await();
            }
            if (failing.contains(name)) {
                throw new IllegalStateException(name + " is sold out");
            }
            return new Ticket(name + "-1");
        }

        @Override
        public void compensate(Context context, Trip trip, Optional<Ticket> ticket) {
            assertThat(context.idempotencyKey()).endsWith("/" + name);
            if (stubborn.remove(name)) {
                throw new IllegalStateException(name + " cannot be undone at the moment");
            }
            log.add("undo " + name + " " + ticket.map(Ticket::number).orElse("?"));
        }
    }

    @TempDir
    Path directory;

    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    private final Set<String> hanging = ConcurrentHashMap.newKeySet();
    private final Set<String> stubborn = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    private final List<String> runs = new CopyOnWriteArrayList<>();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final Saga<Trip> trip = Saga.named("trip", Trip.class)
            .then("flight", Ticket.class, new Told("flight"))
            .then("hotel", Ticket.class, new Told("hotel"))
            .then("car", Ticket.class, new Told("car"));
    private final Saga<Trip> resumed = Saga.named("resumed", Trip.class)
            .then("flight", Ticket.class, new Told("flight"))
            .then("hotel", Ticket.class, new Told("hotel"))
            .whenUnfinished(Saga.Unfinished.RESUME);
    private TestCoordinator coordinator;
    private Transactions transactions;
    private Sagas sagas;

    @BeforeEach
    void start() throws SQLException {
        coordinator = new TestCoordinator(directory);
        connect();
    }

    private void connect() throws SQLException {
        transactions = Transactions.connect(TransactionOptions.of("travel", coordinator.address()));
        sagas = Sagas.serve(transactions, TestPostgres.database(), List.of(trip, resumed));
    }

    @AfterEach
    void stop() {
        sagas.close();
        transactions.close();
        coordinator.close();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(LONG);
    }

    @Test
    void steps_run_one_after_the_other_and_know_the_results_of_those_before() {
        String xid = sagas.run(trip, new Trip("ann", 100), LONG);
        assertThat(log).containsExactly("flight ann after -", "hotel ann after flight-1", "car ann after flight-1");
        soon().until(() -> transactions.status(xid) == TransactionStatus.COMMITTED);
        assertThat(coordinator.transaction(xid).branches())
                .extracting(BranchView::applicationData)
                .containsExactly(
                        "{\"saga\":\"trip\",\"step\":\"flight\"}",
                        "{\"saga\":\"trip\",\"step\":\"hotel\"}",
                        "{\"saga\":\"trip\",\"step\":\"car\"}");
        assertThat(coordinator.transaction(xid).branches())
                .extracting(BranchView::status)
                .containsOnly(BranchStatus.PHASE_TWO_COMMITTED);
    }

    @Test
    void when_a_step_fails_what_was_done_is_compensated_in_the_reverse_order_until_that_is_done() {
        failing.add("car");
        stubborn.add("hotel");
        assertThatThrownBy(() -> sagas.run(trip, new Trip("bob", 100), LONG))
                .isInstanceOfSatisfying(PlinthException.class, e -> {
                    assertThat(e.code()).isEqualTo(PlinthException.Code.ROLLED_BACK);
                    assertThat(e.getMessage()).contains("car is sold out");
                });
        soon().untilAsserted(() -> assertThat(log)
                .containsExactly(
                        "flight bob after -",
                        "hotel bob after flight-1",
                        "car bob after flight-1",
                        "undo car ?",
                        "undo hotel hotel-1",
                        "undo flight flight-1"));
    }

    /** As if the process were gone: nobody ends the run, another process serves from now on, and the coordinator has it ended. */
    private String crashInHotel(Saga<Trip> saga) throws Exception {
        hanging.add("hotel");
        CompletableFuture<Void> lost = CompletableFuture.runAsync(
                () -> sagas.run(saga, new Trip("cid", 100), LONG),
                task -> Thread.ofVirtual().start(task));
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        hanging.clear();
        sagas.close();
        transactions.close();
        connect();
        String xid = runs.getFirst();
        // As its time-out would.
        assertThat(coordinator.coordinator().rollback(Xid.parse(xid).id())).succeedsWithin(LONG);
        soon().until(() -> {
            TransactionStatus status = transactions.status(xid);
            return status == TransactionStatus.ROLLED_BACK || status == TransactionStatus.COMMITTED;
        });
        released.countDown();
        assertThat(lost).failsWithin(LONG);
        return xid;
    }

    @Test
    void a_run_whose_process_is_gone_is_compensated_by_another_one() throws Exception {
        String xid = crashInHotel(trip);
        assertThat(transactions.status(xid)).isEqualTo(TransactionStatus.ROLLED_BACK);
        assertThat(log)
                .containsExactly(
                        "flight cid after -", "hotel cid after flight-1", "undo hotel ?", "undo flight flight-1");
    }

    @Test
    void a_run_that_resumes_is_finished_by_another_process_from_where_it_stood() throws Exception {
        String xid = crashInHotel(resumed);
        assertThat(transactions.status(xid)).isEqualTo(TransactionStatus.COMMITTED);
        assertThat(log).containsExactly("flight cid after -", "hotel cid after flight-1", "hotel cid after flight-1");
    }

    @Test
    void what_is_kept_of_ended_runs_is_deleted_when_asked() throws Exception {
        String xid = sagas.run(trip, new Trip("dan", 100), LONG);
        soon().until(() -> transactions.status(xid) == TransactionStatus.COMMITTED);
        assertThat(sagas.deleteEnded(Duration.ofHours(1))).isZero();
        assertThat(sagas.deleteEnded(Duration.ofHours(-1))).isPositive();
    }

    @Test
    void names_and_nesting_are_checked() {
        assertThatThrownBy(() -> Saga.named("a b", Trip.class)).hasMessageContaining("name: 'a b'");
        assertThatThrownBy(() -> trip.then("car", Ticket.class, new Told("car")))
                .hasMessageContaining("'car' is in");
        assertThatThrownBy(() -> sagas.run(Saga.named("x", Trip.class), new Trip("x", 1), LONG))
                .hasMessageContaining("not one that is served");
        assertThatThrownBy(() ->
                        transactions.run("outer", LONG, transaction -> sagas.run(trip, new Trip("x", 1), LONG)))
                .hasMessageContaining("cannot be part of another");
    }
}
