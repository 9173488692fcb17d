package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class TransactionEngineTest {
    private static final TransactionId UNKNOWN = new TransactionId(42);
    private static final Command.Audit AUDIT = new Command.Audit("ann", "the application is gone");

    private final Trial trial = new Trial();

    @Nested
    class Commit {
        @Test
        void a_transaction_without_branches_is_committed_at_once() {
            var transaction = trial.begin();

            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTED);
            assertThat(trial.view(transaction).ended()).contains(trial.bench.now());
        }

        @Test
        void at_branches_are_committed_for_their_client_with_the_decision_and_all_told_at_once() {
            var transaction = trial.begin();
            long first = trial.at(transaction, "account:1");
            long second = trial.at(transaction, "account:2");

            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTED);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ASYNC_COMMITTING);
            assertThat(trial.asked()).containsExactly(first, second);

            trial.allAnswer();
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMITTED);
        }

        @Test
        void tcc_branches_are_told_one_after_the_other_in_the_order_of_registration() {
            var transaction = trial.begin();
            long first = trial.tcc(transaction, "debit");
            long second = trial.tcc(transaction, "credit");

            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTING);
            assertThat(trial.asked()).containsExactly(first);
            assertThat(trial.allAnswer()).containsExactly(first, second);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMITTED);
        }

        @Test
        void at_branches_come_last_when_others_are_there_too() {
            var transaction = trial.begin();
            long at = trial.at(transaction, "account:1");
            long tcc = trial.tcc(transaction, "debit");
            long xa = ((Outcome.Registered) trial.register(transaction, BranchType.XA, "ledger", "", true)).branchId();

            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTING);
            trial.answer(tcc, BranchStatus.PHASE_TWO_COMMITTED);
            assertThat(trial.asked()).containsExactly(xa);
            trial.answer(xa, BranchStatus.PHASE_TWO_COMMITTED);
            assertThat(trial.asked()).containsExactly(at);
            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTED);
        }

        @Test
        void the_participant_is_asked_with_what_it_registered_and_last_reported() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.bench.apply(
                    new Command.ReportBranch(transaction, branch, BranchStatus.PHASE_ONE_DONE, "{\"amount\":7}"));
            trial.commit(transaction);

            assertThat(trial.question(branch))
                    .isEqualTo(new PhaseTwo(
                            transaction,
                            branch,
                            BranchType.TCC,
                            "debit",
                            "accounts:10.0.0.1:4711",
                            "{\"amount\":7}",
                            PhaseTwo.Direction.COMMIT));
        }

        @Test
        void a_branch_whose_phase_one_failed_is_left_out() {
            var transaction = trial.begin();
            long failed = trial.tcc(transaction, "debit");
            long done = trial.tcc(transaction, "credit");
            trial.report(transaction, failed, BranchStatus.PHASE_ONE_FAILED);

            trial.commit(transaction);

            assertThat(trial.allAnswer()).containsExactly(done);
        }

        @Test
        void an_xa_branch_that_only_read_is_left_out() {
            var transaction = trial.begin();
            long branch =
                    ((Outcome.Registered) trial.register(transaction, BranchType.XA, "ledger", "", true)).branchId();
            trial.report(transaction, branch, BranchStatus.PHASE_ONE_RDONLY);

            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTED);
            assertThat(trial.asked()).isEmpty();
        }

        @Test
        void repeating_it_answers_the_status_as_it_is_then_and_decides_nothing() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");

            assertThat(trial.decided(new Command.Commit(transaction)).first()).isTrue();
            assertThat(trial.decided(new Command.Commit(transaction)))
                    .isEqualTo(new Outcome.Decided(GlobalStatus.COMMITTING, false, trial.bench.now()));
            trial.answer(branch, BranchStatus.PHASE_TWO_COMMITTED);
            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTED);
        }

        @Test
        void it_loses_against_a_rollback_that_came_before() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");
            trial.rollback(transaction);

            assertThat(trial.decided(new Command.Commit(transaction)))
                    .isEqualTo(new Outcome.Decided(GlobalStatus.ROLLBACKING, false, trial.bench.now()));
        }

        @Test
        void an_unknown_transaction_is_not_found() {
            assertThat(trial.bench.apply(new Command.Commit(UNKNOWN))).isEqualTo(new Outcome.NotFound(UNKNOWN));
            assertThat(trial.bench.apply(new Command.Rollback(UNKNOWN))).isEqualTo(new Outcome.NotFound(UNKNOWN));
            assertThat(trial.report(UNKNOWN, 7, BranchStatus.PHASE_ONE_DONE)).isEqualTo(new Outcome.NotFound(UNKNOWN));
            assertThat(trial.tryAt(UNKNOWN, "account:1", true)).isEqualTo(new Outcome.NotFound(UNKNOWN));
            assertThat(trial.bench.apply(new Command.Settle(UNKNOWN, AUDIT))).isEqualTo(new Outcome.NotFound(UNKNOWN));
            assertThat(trial.bench.apply(new Command.ReportGlobal(UNKNOWN, GlobalStatus.COMMITTED)))
                    .isEqualTo(new Outcome.NotFound(UNKNOWN));
        }
    }

    @Nested
    class Rollback {
        @Test
        void branches_are_undone_one_after_the_other_in_the_reverse_order_of_registration() {
            var transaction = trial.begin();
            long first = trial.at(transaction, "account:1");
            long second = trial.tcc(transaction, "debit");
            long third = trial.at(transaction, "account:1");

            assertThat(trial.rollback(transaction)).isEqualTo(GlobalStatus.ROLLBACKING);
            assertThat(trial.asked()).containsExactly(third);
            assertThat(trial.question(third).direction()).isEqualTo(PhaseTwo.Direction.ROLLBACK);
            assertThat(trial.allAnswer()).containsExactly(third, second, first);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
        }

        @Test
        void a_transaction_without_branches_is_rolled_back_at_once() {
            assertThat(trial.rollback(trial.begin())).isEqualTo(GlobalStatus.ROLLBACKED);
        }

        @Test
        void it_loses_against_a_commit_that_came_before() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");
            trial.commit(transaction);

            assertThat(trial.rollback(transaction)).isEqualTo(GlobalStatus.COMMITTING);
            trial.allAnswer();
            assertThat(trial.rollback(transaction)).isEqualTo(GlobalStatus.COMMITTED);
        }

        @Test
        void a_branch_whose_phase_one_failed_is_left_out_and_its_rows_are_free() {
            var transaction = trial.begin();
            long failed = trial.at(transaction, "account:1");
            trial.report(transaction, failed, BranchStatus.PHASE_ONE_FAILED);

            assertThat(trial.rollback(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
            assertThat(trial.locks()).isZero();
        }
    }

    @Nested
    class TimeOut {
        @Test
        void an_undecided_transaction_is_rolled_back_when_its_time_is_over() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");

            trial.bench.advance(Trial.TIMEOUT.minusNanos(1));
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.BEGIN);
            trial.bench.advance(Duration.ofNanos(1));
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACKING);
            trial.allAnswer();
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACKED);
        }

        @Test
        void a_commit_just_before_it_wins() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");
            trial.bench.advance(Trial.TIMEOUT.minusNanos(1));

            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTING);
            trial.bench.advance(Trial.TIMEOUT);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMITTING);
        }

        @Test
        void a_commit_after_it_is_told_that_time_was_up() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");
            trial.bench.advance(Trial.TIMEOUT);

            assertThat(trial.decided(new Command.Commit(transaction)))
                    .returns(GlobalStatus.TIMEOUT_ROLLBACKING, Outcome.Decided::status)
                    .returns(false, Outcome.Decided::first);
        }

        @Test
        void a_commit_that_comes_before_the_tick_but_after_the_time_is_too_late_all_the_same() {
            var due = trial.begin("short", Duration.ofMillis(100));
            var late = trial.begin("long", Duration.ofMillis(100));
            trial.tcc(late, "debit");
            // More are due than one tick takes, so that the last is still undecided after it.
            for (int i = 0; i < TransactionEngine.TIMEOUTS_PER_TICK_MAX; i++) {
                trial.begin("many", Duration.ofMillis(100));
            }
            var last = trial.begin("last", Duration.ofMillis(100));
            trial.bench.advance(Duration.ofMillis(100));
            assertThat(trial.status(due)).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACKED);
            assertThat(trial.status(late)).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACKING);
            assertThat(trial.status(last)).isEqualTo(GlobalStatus.BEGIN);

            assertThat(trial.decided(new Command.Commit(last)))
                    .returns(GlobalStatus.TIMEOUT_ROLLBACKED, Outcome.Decided::status)
                    .returns(true, Outcome.Decided::first);
        }

        @Test
        void when_many_are_due_at_once_each_tick_takes_some_and_none_is_left_behind() {
            for (int i = 0; i < TransactionEngine.TIMEOUTS_PER_TICK_MAX + 1; i++) {
                trial.begin();
            }
            trial.bench.advance(Trial.TIMEOUT);
            assertThat(trial.bench.engine().counts().live()).isEqualTo(1);
            trial.bench.advance(TransactionEngine.TICK_SPACING);
            assertThat(trial.bench.engine().counts().live()).isZero();
            assertThat(trial.bench.engine().nextDeadline()).isEmpty();
        }

        @Test
        void after_it_no_branch_can_join() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");
            trial.bench.advance(Trial.TIMEOUT);

            assertThat(trial.tryAt(transaction, "account:1", true))
                    .isEqualTo(new Outcome.NotActive(transaction, GlobalStatus.TIMEOUT_ROLLBACKING));
        }
    }

    @Nested
    class GlobalLocks {
        @Test
        void a_row_that_another_transaction_holds_is_refused_with_the_holders_name() {
            var holder = trial.begin();
            trial.at(holder, "account:1,2");
            var other = trial.begin();

            assertThat(trial.tryAt(other, "account:3,2", true))
                    .isEqualTo(new Outcome.LockConflict(Trial.RESOURCE, new LockKey("account", "2"), holder, false));
        }

        @Test
        void all_rows_of_a_branch_are_taken_or_none() {
            var holder = trial.begin();
            trial.at(holder, "account:2");
            var other = trial.begin();
            trial.tryAt(other, "account:1,2", true);

            assertThat(trial.view(other).branches()).isEmpty();
            trial.at(trial.begin(), "account:1");
        }

        @Test
        void a_transaction_may_take_its_own_rows_again() {
            var transaction = trial.begin();
            trial.at(transaction, "account:1");

            assertThat(trial.tryAt(transaction, "account:1,2", true)).isInstanceOf(Outcome.Registered.class);
            assertThat(trial.locks()).isEqualTo(2);
        }

        @Test
        void the_same_row_in_another_resource_is_another_row() {
            trial.at(trial.begin(), "account:1");

            assertThat(trial.register(trial.begin(), BranchType.AT, "jdbc:other", "account:1", true))
                    .isInstanceOf(Outcome.Registered.class);
        }

        @Test
        void only_at_branches_take_rows() {
            trial.register(trial.begin(), BranchType.TCC, Trial.RESOURCE, "account:1", true);

            assertThat(trial.locks()).isZero();
        }

        @Test
        void a_commit_frees_them_with_the_decision() {
            var transaction = trial.begin();
            trial.at(transaction, "account:1");
            trial.tcc(transaction, "debit");

            trial.commit(transaction);

            assertThat(trial.locks()).isZero();
            trial.at(trial.begin(), "account:1");
        }

        @Test
        void a_rollback_frees_each_row_with_the_last_branch_that_changed_it() {
            var transaction = trial.begin();
            long first = trial.at(transaction, "account:1,2");
            long second = trial.at(transaction, "account:2,3");
            trial.rollback(transaction);

            trial.answer(second, BranchStatus.PHASE_TWO_ROLLBACKED);
            assertThat(trial.tryAt(trial.begin(), "account:2", true)).isInstanceOf(Outcome.LockConflict.class);
            trial.at(trial.begin(), "account:3");
            trial.answer(first, BranchStatus.PHASE_TWO_ROLLBACKED);
            trial.at(trial.begin(), "account:2");
        }

        @Test
        void an_asker_with_local_locks_fails_fast_if_the_holder_is_rolling_back() {
            var first = trial.begin();
            trial.at(first, "account:1");
            var rollingBack = trial.begin();
            trial.at(rollingBack, "account:2");
            trial.rollback(rollingBack);
            var other = trial.begin();

            assertThat(trial.tryAt(other, "account:1,2", false))
                    .isEqualTo(
                            new Outcome.LockConflict(Trial.RESOURCE, new LockKey("account", "2"), rollingBack, true));
            assertThat(trial.tryAt(other, "account:2", true))
                    .isEqualTo(
                            new Outcome.LockConflict(Trial.RESOURCE, new LockKey("account", "2"), rollingBack, false));
            assertThat(trial.tryAt(other, "account:1", false))
                    .isEqualTo(new Outcome.LockConflict(Trial.RESOURCE, new LockKey("account", "1"), first, false));
        }

        @Test
        void a_query_says_whether_the_rows_are_free_for_the_asker() {
            var holder = trial.begin();
            trial.at(holder, "account:1");
            var engine = trial.bench.engine();

            assertThat(engine.lockable(holder, Trial.RESOURCE, LockKey.parse("account:1")))
                    .isTrue();
            assertThat(engine.lockable(trial.begin(), Trial.RESOURCE, LockKey.parse("account:2,1")))
                    .isFalse();
            assertThat(engine.lockable(trial.begin(), Trial.RESOURCE, LockKey.parse("account:2")))
                    .isTrue();
        }
    }

    @Nested
    class PhaseTwoFailures {
        @Test
        void a_failure_that_may_pass_keeps_the_question_open() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.commit(transaction);

            trial.answer(branch, BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE, Optional.of("no answer in 15 s"));

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMIT_RETRYING);
            assertThat(trial.asked()).containsExactly(branch);
            trial.answer(branch, BranchStatus.PHASE_TWO_COMMITTED);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMITTED);
            assertThat(trial.view(transaction).branches().getFirst().attempts()).isEqualTo(2);
        }

        @Test
        void a_rollback_that_fails_for_now_is_retried_also_after_a_time_out() {
            var asked = trial.begin();
            long first = trial.tcc(asked, "debit");
            trial.rollback(asked);
            trial.answer(first, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE);
            assertThat(trial.status(asked)).isEqualTo(GlobalStatus.ROLLBACK_RETRYING);

            var late = trial.begin();
            long second = trial.tcc(late, "credit");
            trial.bench.advance(Trial.TIMEOUT);
            trial.answer(second, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE);
            assertThat(trial.status(late)).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACK_RETRYING);
        }

        @Test
        void an_answer_that_does_not_fit_the_question_is_no_answer() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.commit(transaction);

            trial.answer(branch, BranchStatus.PHASE_TWO_ROLLBACKED);

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMIT_RETRYING);
            assertThat(trial.asked()).containsExactly(branch);
        }

        @Test
        void a_commit_of_which_a_branch_can_never_be_done_is_not_called_committed_while_undo_records_are_deleted() {
            var transaction = trial.begin();
            long at = trial.at(transaction, "account:1");
            long failing = trial.tcc(transaction, "debit");
            trial.commit(transaction);

            trial.answer(failing, BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE);

            assertThat(trial.asked()).containsExactly(at);
            assertThat(trial.commit(transaction)).isEqualTo(GlobalStatus.COMMITTING);
            trial.answer(at, BranchStatus.PHASE_TWO_COMMITTED);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMIT_FAILED);
        }

        @Test
        void a_commit_that_can_never_be_done_stops_no_other_branch_and_ends_as_failed() {
            var transaction = trial.begin();
            long failing = trial.tcc(transaction, "debit");
            long other = trial.tcc(transaction, "credit");
            trial.commit(transaction);

            trial.answer(failing, BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE);
            assertThat(trial.asked()).containsExactly(other);
            trial.answer(other, BranchStatus.PHASE_TWO_COMMITTED);

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMIT_FAILED);
            assertThat(trial.view(transaction).ended()).isPresent();
        }

        @Test
        void a_rollback_that_can_never_be_done_ends_as_failed_if_it_protects_no_rows() {
            var transaction = trial.begin();
            long failing = trial.tcc(transaction, "debit");
            trial.rollback(transaction);

            trial.answer(failing, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE);

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
            assertThat(trial.view(transaction).ended()).isPresent();
        }

        @Test
        void rows_that_could_not_be_undone_stay_locked_until_a_person_settles_it() {
            var transaction = trial.begin();
            long fine = trial.at(transaction, "account:1,2");
            long failing = trial.at(transaction, "account:2");
            trial.rollback(transaction);
            trial.answer(failing, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE);
            trial.answer(fine, BranchStatus.PHASE_TWO_ROLLBACKED);

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
            assertThat(trial.view(transaction).ended()).isEmpty();
            assertThat(trial.bench.engine().counts()).isEqualTo(new TransactionCounts(1, 1, 1, 0));
            trial.at(trial.begin(), "account:1");
            assertThat(trial.tryAt(trial.begin(), "account:2", true)).isInstanceOf(Outcome.LockConflict.class);

            assertThat(trial.decided(new Command.Settle(transaction, AUDIT)).first())
                    .isTrue();
            assertThat(trial.view(transaction).ended()).isPresent();
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
            trial.at(trial.begin(), "account:2");
        }

        @Test
        void settling_what_has_not_failed_changes_nothing() {
            var transaction = trial.begin();
            trial.tcc(transaction, "debit");
            byte[] before = trial.bench.state();

            assertThat(trial.decided(new Command.Settle(transaction, AUDIT)))
                    .isEqualTo(new Outcome.Decided(GlobalStatus.BEGIN, false, trial.bench.now()));
            assertThat(trial.bench.state()).isEqualTo(before);
        }

        @Test
        void a_result_that_comes_late_changes_nothing() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.tcc(transaction, "credit");
            trial.commit(transaction);
            trial.answer(branch, BranchStatus.PHASE_TWO_COMMITTED);
            byte[] before = trial.bench.state();

            trial.bench.apply(new Command.PhaseTwoResult(
                    transaction, branch, BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE, Optional.empty()));
            trial.bench.apply(
                    new Command.PhaseTwoResult(UNKNOWN, branch, BranchStatus.PHASE_TWO_COMMITTED, Optional.empty()));

            assertThat(trial.bench.state()).isEqualTo(before);
        }

        @Test
        void a_report_about_phase_one_that_comes_after_the_question_changes_nothing() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.commit(transaction);
            byte[] before = trial.bench.state();

            assertThat(trial.report(transaction, branch, BranchStatus.PHASE_ONE_FAILED))
                    .isEqualTo(new Outcome.Reported());
            assertThat(trial.bench.state()).isEqualTo(before);
        }

        @Test
        void what_phase_two_did_nobody_can_report_in_advance() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.report(transaction, branch, BranchStatus.PHASE_TWO_COMMITTED);

            trial.commit(transaction);

            assertThat(trial.asked()).containsExactly(branch);
        }

        @Test
        void an_xa_branch_that_its_database_does_not_know_is_done_long_after_the_time_out() {
            var transaction = trial.begin();
            long branch =
                    ((Outcome.Registered) trial.register(transaction, BranchType.XA, "ledger", "", true)).branchId();
            trial.rollback(transaction);

            trial.answer(branch, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_RETRYING);
            trial.bench.advance(
                    Trial.TIMEOUT.plus(SecondPhase.XAER_NOTA_GRACE_MIN).plusNanos(1));
            trial.answer(branch, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
        }
    }

    @Nested
    class Branches {
        @Test
        void registering_twice_makes_two_branches_as_in_seata() {
            var transaction = trial.begin();

            assertThat(trial.tcc(transaction, "debit")).isNotEqualTo(trial.tcc(transaction, "debit"));
            assertThat(trial.view(transaction).branches()).hasSize(2);
        }

        @Test
        void none_can_join_once_the_transaction_is_decided() {
            var rollingBack = trial.begin();
            trial.tcc(rollingBack, "debit");
            trial.rollback(rollingBack);
            var committed = trial.begin();
            trial.commit(committed);

            assertThat(trial.tryAt(rollingBack, "account:1", true))
                    .isEqualTo(new Outcome.NotActive(rollingBack, GlobalStatus.ROLLBACKING));
            assertThat(trial.tryAt(committed, "account:1", true))
                    .isEqualTo(new Outcome.NotActive(committed, GlobalStatus.COMMITTED));
            assertThat(trial.locks()).isZero();
        }

        @Test
        void a_report_is_taken_as_often_as_it_comes() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");

            for (int i = 0; i < 2; i++) {
                assertThat(trial.report(transaction, branch, BranchStatus.PHASE_ONE_DONE))
                        .isEqualTo(new Outcome.Reported());
            }
            assertThat(trial.view(transaction).branches().getFirst().status()).isEqualTo(BranchStatus.PHASE_ONE_DONE);
        }

        @Test
        void a_report_about_an_unknown_branch_is_refused_by_name() {
            var transaction = trial.begin();

            assertThat(trial.report(transaction, 7, BranchStatus.PHASE_ONE_DONE))
                    .isEqualTo(new Outcome.BranchNotFound(transaction, 7));
        }
    }

    @Nested
    class Saga {
        private final TransactionId transaction = trial.begin("$Saga_transfer", Trial.TIMEOUT);

        @Test
        void its_engine_is_asked_once_about_the_whole_transaction() {
            trial.register(transaction, BranchType.SAGA, "transfer#debit", "", true);
            trial.register(transaction, BranchType.SAGA, "transfer#credit", "", true);
            trial.bench.advance(Trial.TIMEOUT);

            assertThat(trial.question(PhaseTwo.WHOLE_SAGA))
                    .isEqualTo(new PhaseTwo(
                            transaction,
                            PhaseTwo.WHOLE_SAGA,
                            BranchType.SAGA,
                            "bank#default_tx_group",
                            "",
                            "TimeoutRollbacking",
                            PhaseTwo.Direction.ROLLBACK));
            trial.answer(PhaseTwo.WHOLE_SAGA, BranchStatus.PHASE_TWO_ROLLBACKED);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACKED);
        }

        @Test
        void its_engine_is_asked_by_the_name_under_which_it_began_whichever_server_asks() {
            var begun = (Outcome.Begun) trial.bench.apply(
                    new Command.Begin("$Saga_transfer", Trial.TIMEOUT, "bank", "default_tx_group", "10.0.0.2:8091"));
            trial.rollback(begun.transaction());

            assertThat(trial.question(PhaseTwo.WHOLE_SAGA).xidAddress()).isEqualTo("10.0.0.2:8091");
        }

        @Test
        void it_ends_as_its_engine_reports() {
            assertThat(trial.decided(new Command.ReportGlobal(transaction, GlobalStatus.COMMITTED)))
                    .isEqualTo(new Outcome.Decided(GlobalStatus.COMMITTED, true, trial.bench.now()));
            assertThat(trial.bench.engine().nextDeadline()).isEmpty();
        }

        @Test
        void after_a_report_of_failure_its_engine_is_asked_to_compensate() {
            trial.bench.apply(new Command.ReportGlobal(transaction, GlobalStatus.UNKNOWN));

            assertThat(trial.question(PhaseTwo.WHOLE_SAGA).direction()).isEqualTo(PhaseTwo.Direction.ROLLBACK);
            trial.answer(PhaseTwo.WHOLE_SAGA, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_RETRYING);
        }

        @Test
        void it_may_go_forward_instead_and_register_what_it_does_then() {
            trial.rollback(transaction);
            trial.answer(PhaseTwo.WHOLE_SAGA, BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE);

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMIT_RETRYING);
            assertThat(trial.question(PhaseTwo.WHOLE_SAGA).direction()).isEqualTo(PhaseTwo.Direction.COMMIT);
            assertThat(trial.register(transaction, BranchType.SAGA, "transfer#credit", "", true))
                    .isInstanceOf(Outcome.Registered.class);
            trial.answer(PhaseTwo.WHOLE_SAGA, BranchStatus.PHASE_TWO_COMMITTED);
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.COMMITTED);
        }

        @Test
        void its_report_makes_a_question_that_is_open_needless() {
            trial.rollback(transaction);
            trial.bench.apply(new Command.ReportGlobal(transaction, GlobalStatus.ROLLBACKED));

            assertThat(trial.bench.openEffects()).isEmpty();
            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
        }

        @Test
        void a_report_about_a_transaction_that_is_no_saga_is_ignored_as_in_seata() {
            var other = trial.begin();

            assertThat(trial.decided(new Command.ReportGlobal(other, GlobalStatus.COMMITTED))
                            .status())
                    .isEqualTo(GlobalStatus.BEGIN);
        }
    }

    @Nested
    class TheEnd {
        @Test
        void an_ended_transaction_is_seen_under_its_key_until_it_is_forgotten() {
            var transaction = trial.begin();
            var key = Indexes.key(transaction);
            trial.commit(transaction);

            assertThat(trial.bench.takeChanged()).containsExactly(key);
            assertThat(trial.bench.engine().keys(Indexes.ENDED, "", 10)).containsExactly(key);
            assertThat(trial.bench.engine().view(key)).contains(trial.view(transaction));

            trial.bench.apply(new Command.Forget(List.of(transaction, UNKNOWN)));
            assertThat(trial.bench.takeChanged()).containsExactly(key);
            assertThat(trial.bench.engine().view(key)).isEmpty();
            assertThat(trial.bench.apply(new Command.Commit(transaction))).isEqualTo(new Outcome.NotFound(transaction));
        }

        @Test
        void a_transaction_that_lives_cannot_be_forgotten() {
            var transaction = trial.begin();

            trial.bench.apply(new Command.Forget(List.of(transaction)));

            assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.BEGIN);
        }

        @Test
        void keys_come_in_pages() {
            for (int i = 0; i < 3; i++) {
                trial.commit(trial.begin());
            }
            var engine = trial.bench.engine();
            var first = engine.keys("", "", 2);

            assertThat(first).hasSize(2);
            assertThat(engine.keys("", first.getLast(), 2)).hasSize(1).doesNotContainAnyElementsOf(first);
            assertThat(engine.keys("live/", "", 2)).isEmpty();
        }

        @Test
        void the_timeline_tells_what_happened() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.report(transaction, branch, BranchStatus.PHASE_ONE_DONE);
            trial.commit(transaction);
            trial.answer(branch, BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE, Optional.of("no channel"));
            trial.bench.advance(Duration.ofSeconds(1));
            trial.allAnswer();

            assertThat(trial.view(transaction).timeline())
                    .extracting(TimelineEvent::kind)
                    .containsExactly(
                            TimelineEvent.Kind.BEGUN,
                            TimelineEvent.Kind.BRANCH_REGISTERED,
                            TimelineEvent.Kind.BRANCH_REPORTED,
                            TimelineEvent.Kind.COMMIT_DECIDED,
                            TimelineEvent.Kind.ATTEMPT_FAILED,
                            TimelineEvent.Kind.BRANCH_COMMITTED,
                            TimelineEvent.Kind.ENDED);
            assertThat(trial.view(transaction).timeline().get(4).note()).isEqualTo("no channel");
            assertThat(trial.view(transaction).timeline().getLast().at()).isEqualTo(trial.bench.now());
        }

        @Test
        void a_long_timeline_ends_with_the_end() {
            var transaction = trial.begin();
            long branch = trial.tcc(transaction, "debit");
            trial.commit(transaction);
            for (int i = 0; i < TransactionLimits.TIMELINE_EVENTS_MAX; i++) {
                trial.answer(branch, BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE);
            }
            trial.allAnswer();

            assertThat(trial.view(transaction).timeline()).hasSize(TransactionLimits.TIMELINE_EVENTS_MAX + 1);
            assertThat(trial.view(transaction).timeline().getLast().kind()).isEqualTo(TimelineEvent.Kind.ENDED);
        }
    }

    @Nested
    class Bounds {
        private final Trial small = new Trial(new TransactionEngine.Bounds(2, 3, 4, 5));

        @Test
        void beyond_the_live_transactions_a_begin_is_overloaded_until_one_has_left() {
            var first = small.begin();
            small.begin();
            var begin = new Command.Begin("pay", Trial.TIMEOUT, "bank", "default_tx_group");

            assertThat(small.bench.apply(begin)).isInstanceOf(Outcome.Overloaded.class);
            small.commit(first);
            small.bench.apply(new Command.Forget(List.of(first)));
            assertThat(small.bench.apply(begin)).isInstanceOf(Outcome.Begun.class);
        }

        @Test
        void beyond_the_branches_of_a_transaction_a_registration_is_overloaded() {
            var transaction = small.begin();
            for (int i = 0; i < 3; i++) {
                small.tcc(transaction, "debit");
            }

            assertThat(small.register(transaction, BranchType.TCC, "debit", "", true))
                    .isInstanceOf(Outcome.Overloaded.class);
        }

        @Test
        void beyond_the_locked_rows_a_registration_is_overloaded_and_takes_none() {
            small.at(small.begin(), "account:1,2,3");

            assertThat(small.tryAt(small.begin(), "account:4,5", true)).isInstanceOf(Outcome.Overloaded.class);
            assertThat(small.locks()).isEqualTo(3);
        }

        @Test
        void what_is_too_large_by_itself_is_no_command() {
            var name = "x".repeat(TransactionLimits.NAME_CHARS_MAX + 1);

            assertThatThrownBy(() -> new Command.Begin(name, Trial.TIMEOUT, "bank", "group"))
                    .hasMessageContaining("a transaction's name has 1025 characters; the limit is 1024");
            assertThatThrownBy(() -> new Command.Begin("pay", Duration.ZERO, "bank", "group"))
                    .hasMessageContaining("time-out");
            assertThatThrownBy(() -> LockKey.parse("account:" + name)).hasMessageContaining("the limit is 1024");
            assertThatThrownBy(() -> new Command.Forget(Collections.nCopies(10_001, UNKNOWN)))
                    .hasMessageContaining("the limit is 10000");
        }
    }

    @Nested
    class Snapshots {
        @Test
        void a_restored_engine_has_the_same_state_and_goes_on_alike() {
            var rollingBack = trial.begin();
            long undone = trial.at(rollingBack, "account:1,2");
            trial.at(rollingBack, "account:2");
            trial.rollback(rollingBack);
            var begun = trial.begin();
            trial.tcc(begun, "debit");
            trial.commit(trial.begin());
            var failed = trial.begin();
            long broken = trial.at(failed, "account:9");
            trial.rollback(failed);
            trial.answer(broken, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE);

            var restored = trial.restarted();

            assertThat(restored.bench.state()).isEqualTo(trial.bench.state());
            assertThat(restored.bench.engine().counts())
                    .isEqualTo(trial.bench.engine().counts());
            assertThat(restored.bench.engine().nextDeadline())
                    .isEqualTo(trial.bench.engine().nextDeadline());
            for (Trial each : List.of(trial, restored)) {
                each.allAnswer();
                each.bench.advance(Trial.TIMEOUT);
                each.allAnswer();
                assertThat(each.view(rollingBack).branches().getFirst().id()).isEqualTo(undone);
            }
            assertThat(restored.bench.state()).isEqualTo(trial.bench.state());
        }

        @Test
        void a_snapshot_shows_the_moment_it_was_taken_at() throws IOException {
            var transaction = trial.begin();
            var snapshot = trial.bench.engine().snapshot();
            byte[] before = trial.bench.state();
            trial.tcc(transaction, "debit");
            for (int i = 0; i < 2_000; i++) {
                trial.begin();
            }
            var written = new ByteArrayOutputStream();
            snapshot.encode(written);

            assertThat(written.toByteArray()).isEqualTo(before);
        }

        @Test
        void an_engine_at_work_takes_over_a_state_in_place_of_its_own() throws IOException {
            var kept = trial.begin();
            trial.at(kept, "accounts:1");
            var other = new Trial();
            var gone = other.begin();
            other.at(gone, "accounts:2");
            other.bench.engine().restore(new ByteArrayInputStream(trial.bench.state()));

            assertThat(other.bench.state()).isEqualTo(trial.bench.state());
            assertThat(other.bench.engine().counts())
                    .isEqualTo(trial.bench.engine().counts());
            assertThat(other.bench.engine().lockable(other.begin(), Trial.RESOURCE, LockKey.parse("accounts:2")))
                    .isTrue();
        }

        @Test
        void damaged_state_is_refused_with_a_reason() {
            byte[] state = trial.bench.state();
            var cut = new ByteArrayInputStream(state, 0, state.length - 1);

            assertThatThrownBy(() -> new TransactionEngine(0).restore(cut))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("ends inside a record");
            assertThatThrownBy(() -> new TransactionEngine(3).restore(new ByteArrayInputStream(state)))
                    .hasMessageContaining("a snapshot of partition 0 for the engine of partition 3");
        }
    }

    @Nested
    class Ids {
        @Test
        void an_id_names_its_partition_and_grows() {
            var bench = new Trial();
            var first = bench.begin();
            var second = bench.begin();

            assertThat(first.partition()).isZero();
            assertThat(second).isGreaterThan(first);
            var ids = new TransactionIds(1023);
            var other = new TransactionId(ids.next(bench.bench.now()));
            assertThat(other.partition()).isEqualTo(1023);
        }

        @Test
        void an_engine_that_starts_anew_later_repeats_no_id() {
            var before = trial.begin();
            var anew = new Trial();
            anew.bench.advance(Duration.ofMillis(1));

            assertThat(anew.begin()).isGreaterThan(before);
        }
    }
}
