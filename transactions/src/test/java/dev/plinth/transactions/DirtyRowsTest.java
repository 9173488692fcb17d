package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.GlobalStatus;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rows that somebody changed behind a branch's back wait for a person, who keeps or restores them. */
class DirtyRowsTest {
    private static final Command.Audit AUDIT = new Command.Audit("ann", "the customer was called");
    private static final String ROWS =
            "{\"dirty\":[{\"table\":\"account\",\"key\":\"2\",\"fingerprint\":\"0a1b2c3d\"}],\"more\":0}";

    private final Trial trial = new Trial();
    private final TransactionId transaction = trial.begin();
    private final long first = trial.at(transaction, "account:1");
    private final long second = trial.at(transaction, "account:2");

    /** The second branch cannot be undone; the first is. */
    private void failWith(Optional<String> words) {
        trial.rollback(transaction);
        trial.answer(second, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE, words);
        trial.answer(first, BranchStatus.PHASE_TWO_ROLLBACKED);
        assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
    }

    private Outcome decide(Command.RowDecision decision) {
        return trial.bench.apply(new Command.DecideRows(transaction, decision, "0a1b2c3d", AUDIT));
    }

    @Test
    void what_the_participant_said_of_rows_is_kept_with_its_branch_and_survives_a_restart() {
        failWith(Optional.of(ROWS));

        assertThat(trial.view(transaction).branches())
                .extracting(BranchView::rows)
                .containsExactly("", ROWS);
        assertThat(trial.restarted().view(transaction)).isEqualTo(trial.view(transaction));
        assertThat(trial.view(transaction).timeline())
                .filteredOn(event -> event.kind() == TimelineEvent.Kind.BRANCH_FAILED)
                .singleElement()
                .extracting(TimelineEvent::note)
                .asString()
                .contains("a person has to decide");
    }

    @Test
    void a_decision_goes_to_the_participant_with_what_the_person_saw_and_ends_the_transaction() {
        failWith(Optional.of(ROWS));

        assertThat(decide(Command.RowDecision.RESTORE))
                .isEqualTo(new Outcome.Decided(
                        GlobalStatus.ROLLBACK_RETRYING,
                        false,
                        trial.view(transaction).begun()));

        assertThat(trial.asked()).containsExactly(second);
        assertThat(trial.question(second).applicationData())
                .isEqualTo("{\"plinth.decision\":\"restore\",\"plinth.seen\":\"0a1b2c3d\"}");
        assertThat(trial.tryAt(trial.begin(), "account:2", true))
                .as("until it is done, the row is locked")
                .isInstanceOf(Outcome.LockConflict.class);
        trial.answer(second, BranchStatus.PHASE_TWO_ROLLBACKED);
        assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACKED);
        assertThat(trial.view(transaction).timeline())
                .contains(new TimelineEvent(
                        trial.bench.now(), TimelineEvent.Kind.ROWS_RESTORED, 0, "ann: the customer was called"));
        trial.at(trial.begin(), "account:2");
    }

    @Test
    void a_row_that_changed_once_more_waits_for_the_next_decision() {
        failWith(Optional.of(ROWS));
        decide(Command.RowDecision.KEEP);
        var other = ROWS.replace("0a1b2c3d", "ffffffff");

        trial.answer(second, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE, Optional.of(other));

        assertThat(trial.status(transaction)).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
        assertThat(trial.view(transaction).ended()).isEmpty();
        assertThat(trial.view(transaction).branches().getLast().rows()).isEqualTo(other);
    }

    @Test
    void rows_of_a_participant_that_shows_none_can_be_kept_and_not_restored() {
        failWith(Optional.empty());
        byte[] before = trial.bench.state();

        assertThat(decide(Command.RowDecision.RESTORE)).isEqualTo(new Outcome.NoRows(transaction));
        assertThat(trial.bench.state()).isEqualTo(before);
        assertThat(decide(Command.RowDecision.KEEP))
                .isEqualTo(new Outcome.Decided(
                        GlobalStatus.ROLLBACK_FAILED,
                        false,
                        trial.view(transaction).begun()));

        assertThat(trial.view(transaction).ended()).isPresent();
        trial.at(trial.begin(), "account:2");
    }

    @Test
    void nothing_is_decided_about_rows_of_a_transaction_that_does_not_wait_for_it() {
        byte[] before = trial.bench.state();

        assertThat(decide(Command.RowDecision.KEEP))
                .isEqualTo(new Outcome.GoesOtherWay(transaction, GlobalStatus.BEGIN));
        assertThat(trial.bench.apply(new Command.DecideRows(new TransactionId(1), Command.RowDecision.KEEP, "", AUDIT)))
                .isEqualTo(new Outcome.NotFound(new TransactionId(1)));
        assertThat(trial.bench.state()).isEqualTo(before);
        assertThatThrownBy(() -> new Command.DecideRows(transaction, Command.RowDecision.KEEP, "\"", AUDIT))
                .hasMessageContaining("fingerprints");
    }
}
