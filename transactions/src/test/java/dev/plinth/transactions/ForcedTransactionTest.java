package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A person decides for an application that does not. */
class ForcedTransactionTest {
    private static final Command.Audit AUDIT = new Command.Audit("ann", "the application is gone");

    private final Trial trial = new Trial();

    @Test
    void a_person_decides_for_an_application_that_does_not() {
        var committed = trial.begin();
        trial.tcc(committed, "debit");
        var rolledBack = trial.begin();
        trial.tcc(rolledBack, "debit");

        assertThat(force(committed, PhaseTwo.Direction.COMMIT))
                .isEqualTo(new Outcome.Decided(GlobalStatus.COMMITTING, true, trial.bench.now()));
        assertThat(force(rolledBack, PhaseTwo.Direction.ROLLBACK))
                .isEqualTo(new Outcome.Decided(GlobalStatus.ROLLBACKING, true, trial.bench.now()));
        trial.allAnswer();

        assertThat(trial.status(committed)).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(trial.status(rolledBack)).isEqualTo(GlobalStatus.ROLLBACKED);
        assertThat(trial.view(committed).timeline())
                .contains(new TimelineEvent(
                        trial.bench.now(), TimelineEvent.Kind.COMMIT_FORCED, 0, "ann: the application is gone"));
        assertThat(trial.view(rolledBack).timeline())
                .extracting(TimelineEvent::kind)
                .contains(TimelineEvent.Kind.ROLLBACK_FORCED);
    }

    @Test
    void what_was_decided_cannot_be_forced_the_other_way() {
        var committing = trial.begin();
        trial.tcc(committing, "debit");
        trial.commit(committing);
        var rolledBack = trial.begin();
        trial.rollback(rolledBack);
        byte[] before = trial.bench.state();

        assertThat(force(committing, PhaseTwo.Direction.ROLLBACK))
                .isEqualTo(new Outcome.GoesOtherWay(committing, GlobalStatus.COMMITTING));
        assertThat(force(rolledBack, PhaseTwo.Direction.COMMIT))
                .isEqualTo(new Outcome.GoesOtherWay(rolledBack, GlobalStatus.ROLLBACKED));
        assertThat(trial.bench.state()).isEqualTo(before);
    }

    @Test
    void forcing_what_ended_so_changes_nothing() {
        var transaction = trial.begin();
        trial.commit(transaction);
        byte[] before = trial.bench.state();

        assertThat(force(transaction, PhaseTwo.Direction.COMMIT))
                .isEqualTo(new Outcome.Decided(GlobalStatus.COMMITTED, false, trial.bench.now()));
        assertThat(trial.bench.state()).isEqualTo(before);
    }

    @Test
    void one_that_is_on_its_way_is_told_so_in_its_timeline() {
        var transaction = trial.begin();
        long branch = trial.tcc(transaction, "debit");
        trial.commit(transaction);

        assertThat(force(transaction, PhaseTwo.Direction.COMMIT))
                .isEqualTo(new Outcome.Decided(GlobalStatus.COMMITTING, false, trial.bench.now()));

        assertThat(trial.asked()).containsExactly(branch);
        assertThat(trial.view(transaction).timeline())
                .extracting(TimelineEvent::kind)
                .contains(TimelineEvent.Kind.COMMIT_FORCED);
    }

    @Test
    void rows_that_could_not_be_undone_are_tried_again() {
        var transaction = trial.begin();
        long fine = trial.at(transaction, "account:1");
        long failing = trial.at(transaction, "account:2");
        trial.rollback(transaction);
        trial.answer(failing, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE);
        trial.answer(fine, BranchStatus.PHASE_TWO_ROLLBACKED);
        assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_FAILED);

        force(transaction, PhaseTwo.Direction.ROLLBACK);

        assertThat(trial.asked()).containsExactly(failing);
        assertThat(trial.locks()).isEqualTo(1);
        trial.allAnswer();
        assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
        assertThat(trial.locks()).isZero();
    }

    @Test
    void a_time_out_that_is_over_comes_first() {
        var transaction = trial.begin("pay", Duration.ofSeconds(1));
        trial.tcc(transaction, "debit");
        trial.bench.advance(Duration.ofSeconds(2));

        assertThat(force(transaction, PhaseTwo.Direction.COMMIT))
                .isEqualTo(new Outcome.GoesOtherWay(transaction, GlobalStatus.TIMEOUT_ROLLBACKING));
    }

    @Test
    void a_saga_is_asked_as_a_whole() {
        var saga = trial.begin("$Saga_transfer", Trial.TIMEOUT);

        force(saga, PhaseTwo.Direction.ROLLBACK);

        assertThat(trial.asked()).containsExactly(PhaseTwo.WHOLE_SAGA);
    }

    @Test
    void who_did_it_and_why_must_be_said() {
        assertThatThrownBy(() -> Command.Audit.of(" ", "why"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("operator");
        assertThatThrownBy(() -> Command.Audit.of("ann", ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reason");
        assertThatThrownBy(() -> Command.Audit.of("ann", "x".repeat(501)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("500");
    }

    private Outcome force(TransactionId transaction, PhaseTwo.Direction direction) {
        return trial.bench.apply(new Command.Force(transaction, direction, AUDIT));
    }
}
