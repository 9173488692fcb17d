package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A coordinator with a partition for each of two cells. */
class PartitionsTest {
    private static final String EAST = "jdbc:east";
    private static final String WEST = "jdbc:west";
    private static final Duration A_MOMENT = Duration.ofMillis(50);
    private static final TransactionId NOBODY = new TransactionId(1);

    private final World world = new World(new TransactionPartitions(
            List.of("east", "west"), 0, List.of(new TransactionPartitions.Group("west*", 1))));

    private CompletableFuture<Outcome.OfRegister> registers(
            TransactionId transaction, String resource, String keys, Duration wait) {
        var register = new Command.RegisterBranch(
                transaction, BranchType.AT, resource, "bank:1", "", LockKey.parse(keys), true);
        return world.coordinator.register(register, wait, resource.equals(WEST) ? "west_tx" : "east_tx");
    }

    private Outcome.OfRegister register(TransactionId transaction, String resource, String keys) {
        return world.settled(registers(transaction, resource, keys, Duration.ZERO));
    }

    private boolean free(String resource, String key) {
        return world.settled(world.coordinator.lockable(NOBODY, resource, LockKey.parse(key)));
    }

    private long branch(TransactionId transaction, String resource, String keys) {
        return ((Outcome.Registered) register(transaction, resource, keys)).branchId();
    }

    @Test
    void a_transaction_begins_in_the_partition_of_its_clients_group_and_its_id_names_it() {
        assertThat(world.begin("east_tx").partition()).isZero();
        assertThat(world.begin("west_tx").partition()).isEqualTo(1);
    }

    @Test
    void each_partition_decides_about_its_own() {
        var east = world.begin("east_tx");
        var west = world.begin("west_tx");
        world.tcc(west, "freeze");

        assertThat(world.settled(world.coordinator.commit(east))).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(world.settled(world.coordinator.rollback(west))).isEqualTo(GlobalStatus.ROLLBACKING);
        world.participantsAnswer();
        world.pass(A_MOMENT);

        assertThat(world.settled(world.coordinator.status(east))).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(world.settled(world.coordinator.status(west))).isEqualTo(GlobalStatus.ROLLBACKED);
    }

    @Test
    void nothing_is_known_of_a_transaction_of_a_partition_that_is_not_here() {
        var third = new TransactionId(2L << 53 | 1);

        assertThat(world.settled(world.coordinator.status(third))).isEqualTo(GlobalStatus.FINISHED);
        assertThat(world.settled(world.coordinator.commit(third))).isEqualTo(GlobalStatus.FINISHED);
    }

    @Test
    void a_transaction_with_branches_in_both_cells_locks_each_row_at_its_home() {
        var transaction = world.begin("east_tx");
        branch(transaction, EAST, "account:1");
        branch(transaction, WEST, "account:1");

        var west = world.begin("west_tx");
        var east = world.begin("east_tx");
        assertThat(register(west, WEST, "account:1")).isInstanceOf(Outcome.LockConflict.class);
        assertThat(register(east, WEST, "account:1")).isInstanceOf(Outcome.LockConflict.class);
        assertThat(register(west, EAST, "account:1"))
                .isInstanceOfSatisfying(
                        Outcome.LockConflict.class,
                        conflict -> assertThat(conflict.holder()).isEqualTo(transaction));
        assertThat(free(WEST, "account:1")).isFalse();
        assertThat(world.settled(world.coordinator.counts()).locks()).isEqualTo(2);
    }

    @Test
    void the_rows_elsewhere_are_free_with_the_decision_to_commit() {
        var transaction = world.begin("east_tx");
        branch(transaction, WEST, "account:1,2");

        assertThat(world.settled(world.coordinator.commit(transaction))).isEqualTo(GlobalStatus.COMMITTED);
        world.threads.settle();

        assertThat(free(WEST, "account:1,2")).isTrue();
        assertThat(world.settled(world.coordinator.counts()).locks()).isZero();
    }

    @Test
    void the_rows_elsewhere_are_free_when_the_branch_is_undone_and_not_before() {
        var transaction = world.begin("east_tx");
        branch(transaction, WEST, "account:1");

        world.settled(world.coordinator.rollback(transaction));
        assertThat(free(WEST, "account:1")).isFalse();

        world.participantsAnswer();
        assertThat(free(WEST, "account:1")).isTrue();
    }

    @Test
    void rows_elsewhere_of_a_rollback_that_failed_stay_locked_until_a_person_settles_it() {
        var transaction = world.begin("east_tx");
        branch(transaction, WEST, "account:1");
        world.settled(world.coordinator.rollback(transaction));
        world.asked.remove().answer().complete(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE);
        world.threads.settle();

        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
        assertThat(free(WEST, "account:1")).isFalse();

        world.settled(world.coordinator.settle(transaction, new Command.Audit("ann", "mended")));
        world.threads.settle();
        assertThat(free(WEST, "account:1")).isTrue();
    }

    @Test
    void a_refused_branch_leaves_nothing_behind() {
        var holder = world.begin("west_tx");
        branch(holder, WEST, "account:1");
        var transaction = world.begin("east_tx");

        assertThat(register(transaction, WEST, "account:1,2")).isInstanceOf(Outcome.LockConflict.class);

        assertThat(free(WEST, "account:2")).isTrue();
        assertThat(world.settled(world.coordinator.get(transaction))
                        .orElseThrow()
                        .branches())
                .isEmpty();
        assertThat(world.settled(world.coordinator.commit(transaction))).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void who_waits_for_a_row_of_another_partition_has_it_as_soon_as_it_is_free() {
        var holder = world.begin("east_tx");
        branch(holder, WEST, "account:1");
        var waiting = registers(world.begin("east_tx"), WEST, "account:1", Duration.ofSeconds(3));
        var alsoWaiting = registers(world.begin("west_tx"), WEST, "account:1", Duration.ofSeconds(3));
        world.pass(A_MOMENT);
        assertThat(waiting).isNotDone();

        world.settled(world.coordinator.commit(holder));
        world.pass(A_MOMENT);

        assertThat(waiting.join()).isInstanceOf(Outcome.Registered.class);
        assertThat(alsoWaiting).isNotDone();
    }

    @Test
    void the_first_claim_of_a_home_holds_for_every_server_and_every_life() {
        var west = world.begin("west_tx");
        branch(west, WEST, "account:1");

        world.killed();

        // Wished for the east now, as by a server of the east; but the rows of the west are in the west.
        var east = world.begin("east_tx");
        var register =
                new Command.RegisterBranch(east, BranchType.AT, WEST, "bank:1", "", LockKey.parse("account:1"), true);
        assertThat(world.settled(world.coordinator.register(register, Duration.ZERO, "east_tx")))
                .isInstanceOf(Outcome.LockConflict.class);
    }

    @Test
    void rows_that_were_locked_before_there_were_partitions_keep_their_home_in_the_first() {
        var engine = new Trial();
        engine.at(engine.begin(), "account:1");

        assertThat(engine.bench.apply(new Command.ClaimHome(Trial.RESOURCE, 1))).isEqualTo(new Outcome.Claimed(0));
        assertThat(engine.bench.apply(new Command.ClaimHome("jdbc:other", 1))).isEqualTo(new Outcome.Claimed(1));
    }

    @Test
    void a_server_that_was_not_told_of_a_home_elsewhere_locks_nothing_there() {
        var engine = new Trial();
        engine.bench.apply(new Command.ClaimHome(Trial.RESOURCE, 1));

        assertThat(engine.tryAt(engine.begin(), "account:1", true))
                .isInstanceOfSatisfying(
                        Outcome.Overloaded.class,
                        refused -> assertThat(refused.what()).contains("transactions.partitions"));
    }

    @Test
    void what_is_held_elsewhere_survives_a_kill_and_is_freed_after_it() {
        var transaction = world.begin("east_tx");
        branch(transaction, WEST, "account:1");

        world.killed();

        assertThat(free(WEST, "account:1")).isFalse();
        world.settled(world.coordinator.commit(transaction));
        world.killed();
        world.pass(A_MOMENT);
        assertThat(free(WEST, "account:1")).isTrue();
        world.participantsAnswer();
        world.pass(Duration.ofSeconds(3));
        assertThat(world.settled(world.coordinator.counts())).isEqualTo(new TransactionCounts(0, 0, 0, 0));
    }

    @Test
    void a_page_is_the_newest_first_over_all_partitions_and_the_next_goes_on_there() {
        List<TransactionId> begun = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            begun.addFirst(world.begin(i % 3 == 0 ? "west_tx" : "east_tx"));
            world.pass(Duration.ofMillis(10));
        }

        List<TransactionId> listed = new ArrayList<>();
        var from = OptionalLong.empty();
        do {
            var page = world.settled(world.coordinator.live(TransactionFilter.ALL, from, 2));
            page.transactions().forEach(view -> listed.add(view.id()));
            from = page.next();
        } while (from.isPresent());

        assertThat(listed).isEqualTo(begun);
    }

    @Test
    void what_ended_in_either_partition_is_in_one_list() {
        var east = world.begin("east_tx");
        var west = world.begin("west_tx");
        world.settled(world.coordinator.commit(east));
        world.pass(Duration.ofSeconds(1));
        world.settled(world.coordinator.commit(west));
        world.pass(Duration.ofSeconds(1));

        var page = world.settled(world.coordinator.recent(TransactionFilter.ALL, OptionalLong.empty(), 10));

        assertThat(page.transactions().stream().map(TransactionView::id)).containsExactly(west, east);
    }

    @Test
    void a_name_that_is_there_twice_and_a_here_that_is_not_there_are_refused() {
        assertThatThrownBy(() -> new TransactionPartitions(List.of("east", "east"), 0, List.of()))
                .hasMessageContaining("east is there twice");
        assertThatThrownBy(() -> new TransactionPartitions(List.of("east"), 1, List.of()))
                .hasMessageContaining("0 to 0, not 1");
    }
}
