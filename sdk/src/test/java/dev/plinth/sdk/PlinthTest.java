package dev.plinth.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Shard;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.transactions.FakeCoordinator;
import dev.plinth.sdk.transactions.TccAction;
import dev.plinth.sdk.transactions.TccBranch;
import dev.plinth.sdk.transactions.TccParticipant;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two applications that find and call each other through the SDK alone. */
final class PlinthTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private static final Cell EAST = Cell.sharded("east", Zone.of("zone-a", "north"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("zone-b", "north"));

    /** What the provider offers. */
    public interface Accounts {
        String greet(@UserId long user);

        String hold(long cents);

        CompletableFuture<String> later(String text);

        void refuse();
    }

    /** What its participant holds. */
    public record Hold(long cents) {}

    private static final class AccountsProvider implements Accounts {
        final Queue<String> calls = new ConcurrentLinkedQueue<>();
        private final String name;
        private final Transactions transactions;
        private final TccParticipant<Hold, String> holding;

        AccountsProvider(String name, Transactions transactions) {
            this.name = name;
            this.transactions = transactions;
            holding = transactions.participant("accounts.hold", Hold.class, new TccAction<>() {
                @Override
                public String tryIt(TccBranch branch, Hold arguments) {
                    calls.add("try " + arguments.cents());
                    return "held " + arguments.cents() + " for " + branch.xid();
                }

                @Override
                public void confirm(TccBranch branch, Hold arguments) {
                    calls.add("confirm " + arguments.cents());
                }

                @Override
                public void cancel(TccBranch branch, Hold arguments) {
                    calls.add("cancel " + arguments.cents());
                }
            });
        }

        @Override
        public String greet(long user) {
            return "hello " + user + " from " + name + ", in "
                    + transactions.currentXid().orElse("no transaction");
        }

        @Override
        public String hold(long cents) {
            return holding.tryIt(new Hold(cents));
        }

        @Override
        public CompletableFuture<String> later(String text) {
            return CompletableFuture.completedFuture("later " + text);
        }

        @Override
        public void refuse() {
            throw new IllegalStateException("refused by " + name);
        }
    }

    private final TestServer server = new TestServer();
    private final FakeCoordinator coordinator = new FakeCoordinator();
    private final Deque<Plinth> connected = new ArrayDeque<>();

    private PlinthOptions options(String application) {
        return PlinthOptions.of(application)
                .withServers(server.address())
                .withCoordinators(coordinator.address().toString())
                .withCallTimeout(Duration.ofSeconds(10));
    }

    private Plinth connect(String application) {
        return connect(options(application));
    }

    private Plinth connect(PlinthOptions options) {
        Plinth plinth = Plinth.connect(options);
        connected.push(plinth);
        return plinth;
    }

    private AccountsProvider provide(Plinth plinth, String name) {
        AccountsProvider provider = new AccountsProvider(name, plinth.transactions());
        plinth.publish(Accounts.class, provider);
        soon().until(() -> coordinator.serves("accounts.hold"));
        return provider;
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(LONG);
    }

    @AfterEach
    void close() {
        connected.forEach(Plinth::close);
        coordinator.close();
        server.close();
    }

    @Test
    void a_service_that_one_application_publishes_another_one_calls_by_its_interface() {
        provide(connect("accounts"), "a");
        Accounts accounts = connect("payments").reference(Accounts.class);
        assertThat(accounts.greet(7)).isEqualTo("hello 7 from a, in no transaction");
        assertThat(accounts.later("x")).succeedsWithin(LONG).isEqualTo("later x");
    }

    @Test
    void a_reference_made_before_the_provider_is_there_finds_it_when_it_comes() {
        Accounts accounts = connect("payments").reference(Accounts.class);
        assertThatThrownBy(() -> accounts.greet(7))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE));
        provide(connect("accounts"), "a");
        soon().ignoreException(PlinthException.class)
                .until(() -> accounts.greet(7).startsWith("hello 7"));
    }

    @Test
    void a_called_participant_takes_part_in_its_callers_transaction_and_confirms_after_the_commit() {
        AccountsProvider provider = provide(connect("accounts"), "a");
        Plinth payments = connect("payments");
        Accounts accounts = payments.reference(Accounts.class);

        String xid = payments.transactions().call("pay", LONG, tx -> {
            assertThat(accounts.greet(7)).endsWith("in " + tx.xid());
            assertThat(accounts.hold(100)).isEqualTo("held 100 for " + tx.xid());
            return tx.xid();
        });

        soon().until(() -> coordinator.status(xid) == GlobalStatus.COMMITTED);
        assertThat(provider.calls.stream().distinct()).containsExactly("try 100", "confirm 100");
        assertThat(accounts.greet(7)).endsWith("in no transaction");
    }

    @Test
    void a_called_participant_cancels_when_its_caller_fails() {
        AccountsProvider provider = provide(connect("accounts"), "a");
        Plinth payments = connect("payments");
        Accounts accounts = payments.reference(Accounts.class);

        assertThatThrownBy(() -> payments.transactions().run("pay", LONG, tx -> {
                    accounts.hold(100);
                    accounts.refuse();
                }))
                .hasMessageContaining("refused by a");

        soon().until(() -> coordinator.status(coordinator.xids().getFirst()) == GlobalStatus.ROLLBACKED);
        assertThat(provider.calls.stream().distinct()).containsExactly("try 100", "cancel 100");
    }

    @Test
    void calls_and_transactions_go_on_while_the_registry_is_away_and_after_it_is_back() {
        provide(connect("accounts"), "a");
        Plinth payments = connect("payments");
        Accounts accounts = payments.reference(Accounts.class);
        assertThat(accounts.greet(1)).startsWith("hello 1");

        for (int restart = 0; restart < 3; restart++) {
            server.stop();
            assertThat(payments.transactions().<String, RuntimeException>call("pay", LONG, tx -> accounts.hold(1)))
                    .startsWith("held 1");
            server.start();
            assertThat(accounts.greet(2)).startsWith("hello 2");
        }
    }

    @Test
    void a_provider_that_closes_is_called_no_more_and_the_other_one_is() {
        Plinth first = connect("accounts");
        provide(first, "first");
        provide(connect("accounts"), "second");
        Accounts accounts = connect("payments").reference(Accounts.class);
        soon().until(() -> accounts.greet(1).contains("first"));
        soon().until(() -> accounts.greet(1).contains("second"));

        first.close();

        for (int i = 0; i < 50; i++) {
            assertThat(accounts.greet(i)).contains("second");
        }
    }

    @Test
    void calls_for_a_user_go_to_the_cell_that_owns_the_user_also_after_the_user_has_moved() {
        CellMap map = CellMap.evenly(ShardFunction.lastDigits(100), List.of(EAST, WEST));
        server.put(map);
        provide(connect(options("accounts").inCell("east", "zone-a")), "east");
        provide(connect(options("accounts").inCell("west", "zone-b")), "west");
        Accounts accounts = connect("payments").reference(Accounts.class);
        soon().ignoreException(PlinthException.class)
                .until(() -> accounts.greet(107).contains("from east")
                        && accounts.greet(157).contains("from west"));
        for (long user = 1_000; user < 1_100; user++) {
            assertThat(accounts.greet(user)).contains(user % 100 < 50 ? "from east" : "from west");
        }

        server.put(map.next(Map.of(new Shard(7), Assignment.open(WEST))));

        soon().until(() -> accounts.greet(107).contains("from west"));
        assertThat(accounts.greet(108)).contains("from east");
    }

    @Test
    void a_user_whose_shard_is_on_the_move_is_served_when_it_has_arrived() {
        CellMap map = CellMap.evenly(ShardFunction.lastDigits(100), List.of(EAST, WEST));
        server.put(map);
        provide(connect(options("accounts").inCell("east", "zone-a")), "east");
        provide(connect(options("accounts").inCell("west", "zone-b")), "west");
        Accounts accounts = connect("payments").reference(Accounts.class);
        soon().ignoreException(PlinthException.class)
                .until(() -> accounts.greet(107).contains("from east"));
        CellMap frozen = map.next(Map.of(new Shard(7), Assignment.frozen(EAST)));
        server.put(frozen);
        Accounts impatient = connect("impatient")
                .reference(Accounts.class, ReferenceOptions.DEFAULT.withTimeout(Duration.ofMillis(200)));
        soon().until(() -> {
            try {
                impatient.greet(107);
                return false;
            } catch (PlinthException e) {
                return e.code() == Code.SHARD_FROZEN;
            }
        });

        CompletableFuture<String> waiting = CompletableFuture.supplyAsync(() -> accounts.greet(107));
        server.put(frozen.next(Map.of(new Shard(7), Assignment.open(WEST))));

        assertThat(waiting).succeedsWithin(LONG).asString().contains("from west");
    }

    @Test
    void a_withdrawn_service_is_served_no_more() {
        Plinth accounts = connect("accounts");
        Publication publication = accounts.publish(Accounts.class, new AccountsProvider("a", accounts.transactions()));
        assertThat(publication.service()).isEqualTo(Accounts.class.getName() + ":1.0");
        Accounts reference = connect("payments").reference(Accounts.class);
        assertThat(reference.greet(1)).startsWith("hello 1");
        publication.close();
        soon().untilAsserted(() -> assertThatThrownBy(() -> reference.greet(1))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE)));
    }

    @Test
    void another_version_is_another_service() {
        provide(connect("accounts"), "a");
        Accounts other = connect("payments").reference(Accounts.class, ReferenceOptions.DEFAULT.withVersion("2.0"));
        assertThatThrownBy(() -> other.greet(1))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE));
    }

    @Test
    void without_a_server_a_call_waits_for_its_time_out_and_says_that_nobody_could_be_reached() {
        server.stop();
        Accounts accounts = connect("payments")
                .reference(Accounts.class, ReferenceOptions.DEFAULT.withTimeout(Duration.ofMillis(100)));
        assertThatThrownBy(() -> accounts.greet(1)).isInstanceOfSatisfying(PlinthException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(e).hasMessageContaining(Accounts.class.getName());
        });
    }

    @Test
    void after_close_everything_says_closed() {
        Plinth plinth = connect("accounts");
        plinth.close();
        plinth.close();
        assertThatThrownBy(plinth::transactions)
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.CLOSED));
        assertThatThrownBy(() -> plinth.publish(Runnable.class, () -> {}))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.CLOSED));
    }

    @Test
    void an_address_that_nobody_could_reach_is_not_registered() {
        Plinth plinth = connect(options("accounts").withListen("0.0.0.0:0"));
        assertThatThrownBy(() -> plinth.publish(Runnable.class, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("advertise");
    }
}
