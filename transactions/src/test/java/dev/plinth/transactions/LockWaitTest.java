package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.BranchType;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LockWaitTest {
    private static final Duration WAIT = Duration.ofSeconds(3);
    private static final Duration A_MOMENT = Duration.ofMillis(50);

    private final World world = new World();
    private final TransactionId holder = world.begin();

    @Test
    void a_branch_that_waits_for_a_row_has_it_as_soon_as_the_holder_is_decided_to_commit() {
        world.at(holder, "account:1");
        var waiting = waits(world.begin(), "account:1");
        world.pass(A_MOMENT);
        assertThat(waiting).isNotDone();

        world.settled(world.coordinator.commit(holder));
        world.pass(A_MOMENT);

        assertThat(waiting.join()).isInstanceOf(Outcome.Registered.class);
    }

    @Test
    void of_a_holder_that_rolls_back_it_has_the_row_when_that_is_undone_and_not_before() {
        world.at(holder, "account:1");
        var waiting = waits(world.begin(), "account:1");

        world.settled(world.coordinator.rollback(holder));
        world.pass(A_MOMENT);
        assertThat(waiting).isNotDone();

        world.participantsAnswer();
        world.pass(A_MOMENT);
        assertThat(waiting.join()).isInstanceOf(Outcome.Registered.class);
    }

    @Test
    void who_waits_longest_is_first() {
        world.at(holder, "account:1");
        var first = world.begin();
        var waitsFirst = waits(first, "account:1");
        var waitsSecond = waits(world.begin(), "account:1");

        world.settled(world.coordinator.commit(holder));
        world.pass(A_MOMENT);
        assertThat(waitsFirst).isDone();
        assertThat(waitsSecond).isNotDone();

        world.settled(world.coordinator.commit(first));
        world.pass(A_MOMENT);
        assertThat(waitsSecond.join()).isInstanceOf(Outcome.Registered.class);
    }

    @Test
    void when_patience_is_over_the_conflict_is_the_answer() {
        world.at(holder, "account:1");
        var waiting = waits(world.begin(), "account:1");

        world.pass(WAIT.plus(A_MOMENT));

        assertThat(waiting.join())
                .isInstanceOfSatisfying(
                        Outcome.LockConflict.class,
                        conflict -> assertThat(conflict.holder()).isEqualTo(holder));
    }

    @Test
    void a_waiter_whose_transaction_has_ended_meanwhile_leaves_the_row_to_the_next() {
        world.at(holder, "account:1");
        var ended = world.begin();
        var waitsInVain = waits(ended, "account:1");
        var waitsNext = waits(world.begin(), "account:1");
        world.settled(world.coordinator.rollback(ended));

        world.settled(world.coordinator.commit(holder));
        world.pass(A_MOMENT);
        world.pass(A_MOMENT);

        assertThat(waitsInVain.join()).isNotInstanceOf(Outcome.Registered.class);
        assertThat(waitsNext.join()).isInstanceOf(Outcome.Registered.class);
    }

    @Test
    void a_waiter_who_meets_another_holder_leaves_the_row_that_was_let_go_to_the_next() {
        world.at(holder, "account:1");
        var other = world.begin();
        world.at(other, "account:2");
        var waitsForBoth = waits(world.begin(), "account:1,2");
        var waitsForOne = waits(world.begin(), "account:1");

        world.settled(world.coordinator.commit(holder));
        world.pass(A_MOMENT);
        world.pass(A_MOMENT);

        assertThat(waitsForBoth).isNotDone();
        assertThat(waitsForOne.join()).isInstanceOf(Outcome.Registered.class);
    }

    private CompletableFuture<Outcome.OfRegister> waits(TransactionId transaction, String lockKeys) {
        var waiting = world.coordinator.register(
                new Command.RegisterBranch(
                        transaction, BranchType.AT, "jdbc:accounts", "bank:1", "", LockKey.parse(lockKeys), true),
                WAIT);
        world.threads.settle();
        return waiting;
    }
}
