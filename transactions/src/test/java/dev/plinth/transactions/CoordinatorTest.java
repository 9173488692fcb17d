package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.Refused;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CoordinatorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final World world = new World();

    @Test
    void a_commit_that_waits_answers_when_the_participants_have_confirmed() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");
        world.tcc(transaction, "credit");

        var committed = world.coordinator.commitAndAwait(transaction, PATIENCE);
        world.threads.settle();
        assertThat(committed).isNotDone();

        world.participantsAnswer();
        assertThat(committed).isCompletedWithValue(GlobalStatus.COMMITTED);
    }

    @Test
    void a_rollback_that_waits_answers_when_the_participants_have_cancelled() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");

        var rolledBack = world.coordinator.rollbackAndAwait(transaction, PATIENCE);
        world.participantsAnswer();

        assertThat(rolledBack).isCompletedWithValue(GlobalStatus.ROLLBACKED);
    }

    @Test
    void when_the_transactions_share_of_the_heap_is_taken_nothing_new_comes_in_and_what_lives_ends_as_it_wants() {
        var full = new World(900);
        var first = full.begin();
        full.tcc(first, "debit");
        var second = full.begin();
        full.tcc(second, "debit");

        assertThatThrownBy(full::begin)
                .cause()
                .isInstanceOfSatisfying(
                        Refused.class, refusal -> assertThat(refusal.code()).isEqualTo(Refused.Code.OVERLOADED));
        assertThat(full.coordinator.register(
                        new Command.RegisterBranch(second, BranchType.TCC, "credit", "bank:1", "{}", List.of(), true)))
                .isCompletedExceptionally();

        full.settled(full.coordinator.commit(first));
        full.settled(full.coordinator.rollback(second));
        full.participantsAnswer();
        assertThat(full.settled(full.coordinator.status(first))).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(full.settled(full.coordinator.status(second))).isEqualTo(GlobalStatus.ROLLBACKED);
        full.pass(HistoryFeed.PAUSE);
        assertThat(full.begin()).isNotNull();
    }

    @Test
    void a_commit_that_does_not_wait_answers_with_the_decision() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");

        assertThat(world.settled(world.coordinator.commit(transaction))).isEqualTo(GlobalStatus.COMMITTING);
    }

    @Test
    void a_commit_of_at_branches_never_waits() {
        var transaction = world.begin();
        world.at(transaction, "account:1");

        assertThat(world.settled(world.coordinator.commitAndAwait(transaction, PATIENCE)))
                .isEqualTo(GlobalStatus.COMMITTED);
        assertThat(world.asked).hasSize(1);
        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.ASYNC_COMMITTING);
    }

    @Test
    void patience_has_an_end_and_the_commit_goes_on() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");
        var committed = world.coordinator.commitAndAwait(transaction, PATIENCE);
        world.threads.settle();

        world.pass(PATIENCE);

        assertThat(committed).isCompletedWithValue(GlobalStatus.COMMITTING);
        world.participantsAnswer();
        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void a_participant_that_cannot_be_reached_ends_the_waiting_and_is_tried_again() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");
        var committed = world.coordinator.commitAndAwait(transaction, PATIENCE);
        world.threads.settle();

        world.asked.remove().answer().completeExceptionally(new IllegalStateException("no channel to debit"));
        world.threads.settle();

        assertThat(committed).isCompleted();
        assertThat(committed.join()).isIn(GlobalStatus.COMMITTING, GlobalStatus.COMMIT_RETRYING);
        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.COMMIT_RETRYING);
        assertThat(world.settled(world.coordinator.get(transaction))
                        .orElseThrow()
                        .timeline())
                .extracting(TimelineEvent::note)
                .contains("no channel to debit");
        world.pass(Duration.ofSeconds(1));
        world.participantsAnswer();
        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void a_participant_that_is_away_for_long_does_not_fill_the_journal_and_is_asked_at_once_when_it_is_back() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");
        world.settled(world.coordinator.commit(transaction));
        for (int i = 0; i < 10; i++) {
            world.asked.remove().answer().complete(BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE);
            world.pass(Duration.ofSeconds(11));
        }
        world.asked.remove().answer().completeExceptionally(new IllegalStateException("still away"));
        world.threads.settle();

        assertThat(world.settled(world.coordinator.get(transaction))
                        .orElseThrow()
                        .branches()
                        .getFirst()
                        .attempts())
                .isEqualTo(ParticipantCalls.FAILURES_JOURNALED_MAX);
        world.coordinator.participantBack(Set.of("debit"));
        world.participantsAnswer();
        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void what_was_decided_is_carried_out_after_a_crash() {
        var committed = world.begin();
        world.tcc(committed, "debit");
        world.settled(world.coordinator.commit(committed));
        var undecided = world.begin();
        world.tcc(undecided, "credit");

        world.powerLost();

        assertThat(world.asked)
                .extracting(World.Asked::phaseTwo)
                .extracting(PhaseTwo::transaction)
                .containsExactly(committed);
        world.participantsAnswer();
        assertThat(world.settled(world.coordinator.status(committed))).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(world.settled(world.coordinator.commit(undecided))).isEqualTo(GlobalStatus.COMMITTING);
    }

    @Test
    void an_ended_transaction_leaves_the_engine_and_its_history_outlives_a_crash() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");
        world.settled(world.coordinator.commit(transaction));
        world.participantsAnswer();
        var seen = world.settled(world.coordinator.get(transaction)).orElseThrow();
        world.pass(Duration.ofSeconds(1));

        assertThat(world.settled(world.coordinator.counts())).isEqualTo(new TransactionCounts(0, 0, 0, 0));
        world.powerLost();
        assertThat(world.settled(world.coordinator.get(transaction))).contains(seen);
        assertThat(world.settled(world.coordinator.recent(TransactionFilter.ALL, OptionalLong.empty(), 10)))
                .isEqualTo(new TransactionPage(List.of(seen), OptionalLong.empty()));
    }

    @Test
    void a_commit_repeated_long_after_the_end_is_answered_with_the_end() {
        var committed = world.begin();
        world.settled(world.coordinator.commit(committed));
        var rolledBack = world.begin();
        world.settled(world.coordinator.rollback(rolledBack));
        world.pass(Duration.ofSeconds(1));
        world.killed();

        assertThat(world.settled(world.coordinator.commitAndAwait(committed, PATIENCE)))
                .isEqualTo(GlobalStatus.COMMITTED);
        assertThat(world.settled(world.coordinator.commit(rolledBack))).isEqualTo(GlobalStatus.ROLLBACKED);
        assertThat(world.settled(world.coordinator.status(rolledBack))).isEqualTo(GlobalStatus.ROLLBACKED);
    }

    @Test
    void of_an_unknown_transaction_nothing_is_known() {
        var unknown = new TransactionId(42);

        assertThat(world.settled(world.coordinator.commit(unknown))).isEqualTo(GlobalStatus.FINISHED);
        assertThat(world.settled(world.coordinator.rollbackAndAwait(unknown, PATIENCE)))
                .isEqualTo(GlobalStatus.FINISHED);
        assertThat(world.settled(world.coordinator.status(unknown))).isEqualTo(GlobalStatus.FINISHED);
        assertThat(world.settled(world.coordinator.reportGlobal(unknown, GlobalStatus.COMMITTED)))
                .isEqualTo(GlobalStatus.COMMITTED);
        assertThat(world.settled(world.coordinator.get(unknown))).isEmpty();
    }

    @Test
    void a_time_out_needs_nobody_to_ask() {
        var transaction = world.begin();
        world.tcc(transaction, "debit");

        world.pass(World.TIMEOUT.plusSeconds(1));
        world.participantsAnswer();

        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.TIMEOUT_ROLLBACKED);
    }

    @Test
    void when_the_history_cannot_be_written_transactions_wait_in_the_engine_and_nothing_is_lost() {
        world.historyDisk.failWrites(true);
        var transaction = world.begin();
        world.settled(world.coordinator.commit(transaction));
        world.pass(Duration.ofSeconds(2));
        assertThat(world.settled(world.coordinator.counts()).unrecorded()).isEqualTo(1);
        assertThat(world.reports).anyMatch(report -> report.contains("could not be written to the history"));

        world.historyDisk.failWrites(false);
        world.pass(Duration.ofSeconds(2));

        assertThat(world.settled(world.coordinator.counts()).unrecorded()).isZero();
        world.powerLost();
        assertThat(world.settled(world.coordinator.status(transaction))).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void live_transactions_come_in_pages_the_newest_first_and_can_be_searched() {
        var first = world.begin();
        var second = world.settled(
                world.coordinator.begin(new Command.Begin("Transfer", World.TIMEOUT, "bank", "default_tx_group")));
        var third = world.begin();

        var page = world.settled(world.coordinator.live(TransactionFilter.ALL, OptionalLong.empty(), 2));
        assertThat(page.transactions()).extracting(TransactionView::id).containsExactly(third, second);
        var rest = world.settled(world.coordinator.live(TransactionFilter.ALL, page.next(), 2));
        assertThat(rest.transactions()).extracting(TransactionView::id).containsExactly(first);
        assertThat(rest.next()).isEmpty();
        var byName = new TransactionFilter(Set.of(), "transf");
        assertThat(world.settled(world.coordinator.live(byName, OptionalLong.empty(), 2))
                        .transactions())
                .extracting(TransactionView::id)
                .containsExactly(second);
        var byXid = new TransactionFilter(Set.of(), "127.0.0.1:8091:" + first);
        assertThat(world.settled(world.coordinator.live(byXid, OptionalLong.empty(), 2))
                        .transactions())
                .extracting(TransactionView::id)
                .containsExactly(first);
        assertThatThrownBy(() -> world.coordinator.live(TransactionFilter.ALL, OptionalLong.empty(), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void each_second_tells_what_was_begun_and_decided_and_how_long_that_took() {
        for (int i = 0; i < 3; i++) {
            world.begin();
        }
        var committed = world.begin();
        world.clock.advance(Duration.ofMillis(20));
        world.settled(world.coordinator.commit(committed));
        world.settled(world.coordinator.commit(committed));
        world.settled(world.coordinator.rollback(world.begin()));
        world.pass(Duration.ofSeconds(2));

        var pulse = world.coordinator.pulses().getFirst();
        assertThat(pulse)
                .returns(5L, TransactionPulse::begun)
                .returns(1L, TransactionPulse::committed)
                .returns(1L, TransactionPulse::rolledBack);
        assertThat(pulse.maxMicros()).isBetween(19_000L, 22_000L);
        assertThat(pulse.p50Micros()).isLessThanOrEqualTo(pulse.p99Micros());
        world.pass(World.TIMEOUT);
        assertThat(world.coordinator.pulses().stream()
                        .mapToLong(TransactionPulse::rolledBack)
                        .sum())
                .isEqualTo(4);
        world.pass(Duration.ofMinutes(5));
        assertThat(world.coordinator.pulses()).hasSize(300);
    }
}
