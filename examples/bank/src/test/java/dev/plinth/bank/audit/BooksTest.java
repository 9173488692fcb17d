package dev.plinth.bank.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BooksTest {
    private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Leg LEG = new Leg("t", "x", 5);

    private final Books books = new Books(PATIENCE);

    /** A cell that opened with a hundred cents. */
    private static Reading cell(String name, long balances, long external, List<Leg> paid, List<Leg> credited) {
        return new Reading(name, 100, balances, external, 0, 0, 0, paid, List.of(), credited, List.of(), 0);
    }

    private static Reading quiet(String name, long balances) {
        return cell(name, balances, 0, List.of(), List.of());
    }

    @Test
    void untouched_books_are_exact() {
        assertThat(books.reconcile(List.of(quiet("east", 100), quiet("west", 100)), NOON))
                .isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 0));
    }

    @Test
    void a_transfer_that_ended_on_both_sides_is_exact() {
        var verdict = books.reconcile(
                List.of(cell("east", 95, 0, List.of(LEG), List.of()), cell("west", 105, 0, List.of(), List.of(LEG))),
                NOON);

        assertThat(verdict).isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 1));
    }

    @Test
    void money_that_has_left_the_payer_and_not_reached_the_payee_is_in_flight() {
        var verdict = books.reconcile(List.of(cell("east", 95, 0, List.of(LEG), List.of()), quiet("west", 100)), NOON);

        assertThat(verdict).isEqualTo(new Verdict.Exact(200, 5, 1, 0, 0, 0));
    }

    @Test
    void money_that_has_reached_the_payee_first_is_in_flight_too() {
        var verdict = books.reconcile(List.of(quiet("east", 100), cell("west", 105, 0, List.of(), List.of(LEG))), NOON);

        assertThat(verdict).isEqualTo(new Verdict.Exact(200, -5, 1, 0, 0, 0));
    }

    @Test
    void the_other_side_may_come_within_the_patience() {
        books.reconcile(List.of(cell("east", 95, 0, List.of(LEG), List.of()), quiet("west", 100)), NOON);
        books.reconcile(List.of(quiet("east", 95), quiet("west", 100)), NOON.plus(PATIENCE));

        assertThat(books.reconcile(
                        List.of(quiet("east", 95), cell("west", 105, 0, List.of(), List.of(LEG))),
                        NOON.plus(PATIENCE).plusSeconds(1)))
                .isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 1));
    }

    @Test
    void a_transfer_that_stays_half_ended_is_broken() {
        books.reconcile(List.of(cell("east", 95, 0, List.of(LEG), List.of()), quiet("west", 100)), NOON);

        var verdict = books.reconcile(
                List.of(quiet("east", 95), quiet("west", 100)),
                NOON.plus(PATIENCE).plusSeconds(1));

        assertThat(verdict).hasToString("AUDIT BROKEN transfer t has been paid as 0.05 by x and not credited for 31 s");
    }

    @Test
    void a_balance_that_nobody_can_explain_is_broken() {
        assertThat(books.reconcile(List.of(quiet("east", 99), quiet("west", 100)), NOON))
                .asString()
                .contains("AUDIT BROKEN cell east has 0.99, and should have 1.00")
                .contains(
                        "there are 1.99, 0.00 of it in flight; opening balances and what came from outside make 2.00");
    }

    @Test
    void a_loss_in_one_cell_is_not_made_good_by_a_gain_in_another() {
        assertThat(books.reconcile(List.of(quiet("east", 99), quiet("west", 101)), NOON))
                .isInstanceOf(Verdict.Broken.class);
    }

    @Test
    void money_from_outside_is_expected() {
        assertThat(books.reconcile(
                        List.of(
                                cell("east", 130, 30, List.of(), List.of()),
                                cell("west", 80, -20, List.of(), List.of())),
                        NOON))
                .isEqualTo(new Verdict.Exact(210, 0, 0, 0, 0, 0));
    }

    @Test
    void the_two_sides_must_agree_on_amount_and_transaction() {
        var verdict = books.reconcile(
                List.of(
                        cell("east", 95, 0, List.of(LEG), List.of()),
                        cell("west", 106, 1, List.of(), List.of(new Leg("t", "y", 5)))),
                NOON);

        assertThat(verdict).hasToString("AUDIT BROKEN transfer t was paid as 0.05 by x and credited as 0.05 by y");
    }

    @Test
    void a_transfer_that_was_paid_in_two_cells_is_broken() {
        var verdict = books.reconcile(
                List.of(cell("east", 95, 0, List.of(LEG), List.of()), cell("west", 95, 0, List.of(LEG), List.of())),
                NOON);

        assertThat(verdict).asString().contains("transfer t was paid twice");
    }

    @Test
    void accounts_and_transfers_must_agree_on_what_is_held() {
        Reading east = new Reading("east", 100, 100, 0, 7, 6, 1, List.of(), List.of(), List.of(), List.of(), 0);

        assertThat(books.reconcile(List.of(east, quiet("west", 100)), NOON))
                .hasToString("AUDIT BROKEN cell east: accounts hold 0.07, transfers hold 0.06");
    }

    @Test
    void what_is_recent_is_counted_now_and_not_twice_when_it_is_settled() {
        Reading recent = new Reading("east", 100, 95, 0, 0, 0, 0, List.of(), List.of(LEG), List.of(), List.of(), 0);
        Reading settled = cell("east", 95, 0, List.of(LEG), List.of());
        Reading west = cell("west", 105, 0, List.of(), List.of(LEG));

        assertThat(books.reconcile(List.of(recent, west), NOON)).isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 1));
        assertThat(books.reconcile(List.of(settled, quiet("west", 105)), NOON))
                .isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 1));
        assertThat(books.reconcile(List.of(quiet("east", 95), quiet("west", 105)), NOON))
                .isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 1));
    }

    @Test
    void history_counts_as_if_it_had_been_audited() {
        books.enterHistory("east", List.of(LEG), List.of());
        books.enterHistory("west", List.of(), List.of(LEG));

        assertThat(books.reconcile(List.of(quiet("east", 95), quiet("west", 105)), NOON))
                .isEqualTo(new Verdict.Exact(200, 0, 0, 0, 0, 1));
    }

    @Test
    void what_is_wrong_in_the_history_is_said_by_every_check() {
        books.enterHistory("east", List.of(LEG), List.of());
        books.enterHistory("west", List.of(), List.of(new Leg("t", "x", 6)));

        assertThat(books.reconcile(List.of(quiet("east", 95), cell("west", 106, 0, List.of(), List.of())), NOON))
                .asString()
                .contains("transfer t was paid as 0.05 by x and credited as 0.06 by x");
    }
}
