package dev.plinth.bank.payments;

import static dev.plinth.bank.TestDatabases.OPENING_CENTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.bank.Money;
import dev.plinth.bank.Outcome;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transfers between two real databases, with a coordinator that makes no mistakes. */
class PaymentsTest {
    private static final long ALICE = 1; // east
    private static final long BOB = 2; // east
    private static final long CAROL = 51; // west
    private static final long STRANGER = 1_000_000;

    private TwoCells accounts;
    private PaymentsProvider payments;

    @BeforeEach
    void openAccounts() throws SQLException {
        TestCoordinator coordinator = new TestCoordinator(0, 1);
        accounts = new TwoCells(coordinator);
        payments = new PaymentsProvider(coordinator, accounts, Duration.ofSeconds(10));
    }

    @AfterEach
    void disconnect() {
        accounts.close();
    }

    private long balance(long customer) {
        return accounts.balance(customer).cents();
    }

    @Test
    void a_payment_moves_money_within_a_cell_and_between_cells() {
        assertThat(payments.sendPayment("t1", ALICE, BOB, 500).outcome()).isEqualTo(Outcome.DONE);
        assertThat(payments.sendPayment("t2", ALICE, CAROL, 300).outcome()).isEqualTo(Outcome.DONE);

        assertThat(balance(ALICE)).isEqualTo(2 * OPENING_CENTS - 800);
        assertThat(balance(BOB)).isEqualTo(2 * OPENING_CENTS + 500);
        assertThat(balance(CAROL)).isEqualTo(2 * OPENING_CENTS + 300);
    }

    @Test
    void a_payment_that_is_ordered_twice_with_one_id_is_paid_once_and_answered_the_same() {
        var first = payments.sendPayment("t", ALICE, CAROL, 300);
        var second = payments.sendPayment("t", ALICE, CAROL, 300);

        assertThat(second).hasToString(first.toString()).hasToString("DONE 3.00");
        assertThat(balance(CAROL)).isEqualTo(2 * OPENING_CENTS + 300);
    }

    @Test
    void amalgamate_moves_everything_and_says_how_much() {
        var first = payments.amalgamate("t", ALICE, CAROL);
        var second = payments.amalgamate("t", ALICE, CAROL);

        assertThat(first).hasToString("DONE " + Money.text(2 * OPENING_CENTS));
        assertThat(second).hasToString(first.toString());
        assertThat(balance(ALICE)).isZero();
        assertThat(balance(CAROL)).isEqualTo(4 * OPENING_CENTS);
        assertThat(payments.amalgamate("u", ALICE, CAROL).outcome()).isEqualTo(Outcome.INSUFFICIENT_FUNDS);
    }

    @Test
    void a_payment_that_is_refused_on_either_side_changes_nothing() {
        assertThat(payments.sendPayment("a", ALICE, BOB, OPENING_CENTS + 1).outcome())
                .isEqualTo(Outcome.INSUFFICIENT_FUNDS);
        assertThat(payments.sendPayment("b", ALICE, STRANGER, 1).outcome()).isEqualTo(Outcome.NO_SUCH_CUSTOMER);
        assertThat(payments.sendPayment("c", STRANGER, ALICE, 1).outcome()).isEqualTo(Outcome.NO_SUCH_CUSTOMER);
        assertThat(payments.sendPayment("d", ALICE, BOB, 0).outcome()).isEqualTo(Outcome.INVALID_AMOUNT);

        assertThat(balance(ALICE)).isEqualTo(2 * OPENING_CENTS);
        assertThat(payments.sendPayment("e", ALICE, BOB, OPENING_CENTS).outcome())
                .isEqualTo(Outcome.DONE);
    }

    @Test
    void an_id_that_is_none_is_refused_with_its_form() {
        assertThatThrownBy(() -> payments.sendPayment("no id", ALICE, BOB, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'no id' is not 1 to 64 characters");
    }
}
