package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.EffectId;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Two sides of a row that is at home in another partition than its holder: here the engine of either, answered by the test. */
class GuestLocksTest {
    private static final TransactionId GUEST = new TransactionId(5L << 53 | 77);
    private static final long BRANCH = 5L << 53 | 78;

    private final Trial trial = new Trial();

    private <E extends Effect> Map.Entry<EffectId, E> open(Class<E> kind) {
        return trial.bench.openEffects().entrySet().stream()
                .filter(one -> kind.isInstance(one.getValue()))
                .map(one -> Map.entry(one.getKey(), kind.cast(one.getValue())))
                .findFirst()
                .orElseThrow(
                        () -> new AssertionError("no " + kind.getSimpleName() + " among " + trial.bench.openEffects()));
    }

    /** The home of the rows. */
    @Nested
    class Home {
        private Outcome take(long branch, String keys) {
            return trial.bench.apply(new Command.TakeLocks(
                    new Effect.TakeLocks(GUEST, branch, 0, Trial.RESOURCE, LockKey.parse(keys), true)));
        }

        private void told(Command.Standing standing) {
            var question = open(Effect.AskHolder.class);
            trial.bench.result(
                    question.getKey(),
                    new Command.HolderTold(
                            question.getValue().transaction(),
                            question.getValue().branchId(),
                            standing));
        }

        @Test
        void a_guest_has_its_rows_once_however_often_they_are_taken_and_let_go() {
            assertThat(take(BRANCH, "account:1,2")).isEqualTo(new Outcome.Taken());
            assertThat(take(BRANCH, "account:1,2")).isEqualTo(new Outcome.Taken());
            assertThat(trial.locks()).isEqualTo(2);

            trial.bench.apply(new Command.FreeLocks(GUEST, BRANCH));
            trial.bench.apply(new Command.FreeLocks(GUEST, BRANCH));
            assertThat(trial.locks()).isZero();
        }

        @Test
        void a_row_that_two_branches_of_a_guest_hold_is_free_when_both_have_let_go() {
            take(BRANCH, "account:1");
            take(BRANCH + 1, "account:1");

            trial.bench.apply(new Command.FreeLocks(GUEST, BRANCH));
            assertThat(trial.locks()).isEqualTo(1);
            trial.bench.apply(new Command.FreeLocks(GUEST, BRANCH + 1));
            assertThat(trial.locks()).isZero();
        }

        @Test
        void rows_that_others_hold_are_not_taken_and_none_beside_them() {
            var holder = trial.begin();
            trial.at(holder, "account:1");

            assertThat(take(BRANCH, "account:1,2"))
                    .isEqualTo(new Outcome.LockConflict(Trial.RESOURCE, new LockKey("account", "1"), holder, false));
            assertThat(trial.locks()).isEqualTo(1);
        }

        @Test
        void a_guest_in_whose_way_nobody_comes_is_asked_about_after_a_while_and_again() {
            take(BRANCH, "account:1");
            assertThat(trial.bench.openEffects()).isEmpty();

            trial.bench.advance(GuestLocks.CHECK_AFTER);
            told(Command.Standing.HOLDS);
            assertThat(trial.locks()).isEqualTo(1);
            assertThat(trial.bench.openEffects()).isEmpty();

            trial.bench.advance(GuestLocks.CHECK_AFTER);
            told(Command.Standing.GONE);
            assertThat(trial.locks()).isZero();
            assertThat(trial.bench.openEffects()).isEmpty();
            assertThat(trial.bench.engine().nextDeadline()).isEmpty();
        }

        @Test
        void a_guest_in_somebodys_way_is_asked_about_at_once_and_then_not_too_often() {
            take(BRANCH, "account:1");
            var asker = trial.begin();
            assertThat(trial.tryAt(asker, "account:1", true)).isInstanceOf(Outcome.LockConflict.class);
            told(Command.Standing.HOLDS);

            trial.tryAt(asker, "account:1", true);
            assertThat(trial.bench.openEffects()).isEmpty();

            trial.bench.advance(GuestLocks.ASK_SPACING);
            trial.tryAt(asker, "account:1", true);
            told(Command.Standing.GONE);
            assertThat(trial.tryAt(asker, "account:1", true)).isInstanceOf(Outcome.Registered.class);
        }

        @Test
        void who_keeps_local_locks_gives_up_at_once_when_the_guest_is_rolling_back() {
            take(BRANCH, "account:1");
            var asker = trial.begin();
            trial.tryAt(asker, "account:1", false);
            told(Command.Standing.ROLLING_BACK);

            assertThat(trial.tryAt(asker, "account:1", false))
                    .isInstanceOfSatisfying(
                            Outcome.LockConflict.class,
                            conflict -> assertThat(conflict.failFast()).isTrue());
        }

        @Test
        void an_answer_that_comes_when_the_guest_has_left_changes_nothing_for_the_next_holder() {
            take(BRANCH, "account:1");
            trial.tryAt(trial.begin(), "account:1", true);
            var question = open(Effect.AskHolder.class);
            trial.bench.apply(new Command.FreeLocks(GUEST, BRANCH));
            trial.at(trial.begin(), "account:1");

            assertThat(trial.bench.result(
                            question.getKey(), new Command.HolderTold(GUEST, BRANCH, Command.Standing.GONE)))
                    .isFalse();
            trial.bench.apply(new Command.HolderTold(GUEST, BRANCH, Command.Standing.GONE));
            assertThat(trial.locks()).isEqualTo(1);
        }

        @Test
        void guests_homes_and_open_questions_survive_a_snapshot() {
            trial.bench.apply(new Command.ClaimHome(Trial.RESOURCE, 0));
            take(BRANCH, "account:1");
            take(BRANCH + 1, "account:2");
            trial.tryAt(trial.begin(), "account:1", true);

            var restarted = trial.restarted();

            assertThat(restarted.bench.state()).isEqualTo(trial.bench.state());
            assertThat(restarted.locks()).isEqualTo(2);
            assertThat(restarted.bench.engine().home(Trial.RESOURCE)).contains(0);
            restarted.bench.apply(new Command.FreeLocks(GUEST, BRANCH));
            assertThat(restarted.locks()).isEqualTo(1);
        }
    }

    /** The partition of the transaction. */
    @Nested
    class Away {
        private final TransactionId transaction = trial.begin();

        private long register() {
            var register = new Command.RegisterBranch(
                    transaction, BranchType.AT, "jdbc:west", "bank:1", "", LockKey.parse("account:1"), true);
            return ((Outcome.Locking) trial.bench.apply(new Command.RegisterAway(register, 1, 99))).branchId();
        }

        private void answered(Outcome.OfTaking answer) {
            var taking = open(Effect.TakeLocks.class);
            trial.bench.result(
                    taking.getKey(),
                    new Command.LocksAnswered(
                            taking.getValue().transaction(), taking.getValue().branchId(), answer));
        }

        private void freed() {
            var freeing = open(Effect.FreeLocks.class);
            trial.bench.result(
                    freeing.getKey(),
                    new Command.LocksFreed(
                            freeing.getValue().transaction(), freeing.getValue().branchId()));
        }

        private Command.Standing standing(long branch) {
            return trial.bench.engine().standing(transaction, branch);
        }

        private static final Outcome.OfTaking CONFLICT =
                new Outcome.LockConflict("jdbc:west", new LockKey("account", "1"), GUEST, false);

        @Test
        void a_branch_is_there_for_its_participant_with_its_rows_and_for_the_home_before() {
            long branch = register();
            assertThat(trial.view(transaction).branches()).isEmpty();
            assertThat(standing(branch)).isEqualTo(Command.Standing.HOLDS);

            answered(new Outcome.Taken());
            assertThat(trial.view(transaction).branches()).hasSize(1);
        }

        @Test
        void a_branch_that_gets_no_rows_was_never_there() {
            trial.at(transaction, "account:7");
            long branch = register();
            trial.at(transaction, "account:8");

            answered(CONFLICT);

            assertThat(standing(branch)).isEqualTo(Command.Standing.GONE);
            assertThat(trial.view(transaction).branches()).hasSize(2);
            assertThat(trial.locks()).isEqualTo(2);
            trial.commit(transaction);
            assertThat(trial.locks()).isZero();
        }

        @Test
        void a_decision_passes_over_what_waits_for_its_rows_and_frees_them_when_they_have_come() {
            long branch = register();
            assertThat(trial.rollback(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
            assertThat(standing(branch)).isNotEqualTo(Command.Standing.GONE);

            answered(new Outcome.Taken());
            assertThat(standing(branch)).isNotEqualTo(Command.Standing.GONE);
            freed();

            assertThat(standing(branch)).isEqualTo(Command.Standing.GONE);
            assertThat(trial.bench.openEffects()).isEmpty();
        }

        @Test
        void a_transaction_that_ended_is_not_forgotten_before_its_rows_are_free_and_then_is() {
            long branch = register();
            answered(new Outcome.Taken());
            trial.commit(transaction);
            trial.answer(branch, BranchStatus.PHASE_TWO_COMMITTED);
            var key = trial.bench.takeChanged().getLast();
            trial.bench.apply(new Command.Forget(List.of(transaction)));
            assertThat(trial.bench.engine().view(key)).isPresent();

            freed();

            assertThat(trial.bench.takeChanged()).contains(key);
            trial.bench.apply(new Command.Forget(List.of(transaction)));
            assertThat(trial.bench.engine().view(key)).isEmpty();
        }

        @Test
        void a_registration_that_times_out_meanwhile_is_told_that_it_is_too_late() {
            register();
            var told = new ArrayList<Outcome.OfRegister>();
            trial.bench.engine().onRegistered((outcome, ticket) -> {
                assertThat(ticket).isEqualTo(99);
                told.add(outcome);
            });
            trial.bench.advance(Trial.TIMEOUT.plus(Duration.ofSeconds(1)));

            answered(new Outcome.Taken());

            assertThat(told).singleElement().isInstanceOf(Outcome.NotActive.class);
        }

        @Test
        void every_stage_survives_a_snapshot() {
            long branch = register();
            assertThat(trial.restarted().bench.state()).isEqualTo(trial.bench.state());
            answered(new Outcome.Taken());
            assertThat(trial.restarted().bench.state()).isEqualTo(trial.bench.state());
            trial.commit(transaction);
            var restarted = trial.restarted();
            assertThat(restarted.bench.state()).isEqualTo(trial.bench.state());
            assertThat(restarted.bench.engine().standing(transaction, branch)).isEqualTo(Command.Standing.HOLDS);
        }
    }
}
