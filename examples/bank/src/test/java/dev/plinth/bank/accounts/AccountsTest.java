package dev.plinth.bank.accounts;

import static dev.plinth.bank.Outcome.CONFLICTING_ID;
import static dev.plinth.bank.Outcome.DONE;
import static dev.plinth.bank.Outcome.INSUFFICIENT_FUNDS;
import static dev.plinth.bank.Outcome.INVALID_AMOUNT;
import static dev.plinth.bank.Outcome.IN_PROGRESS;
import static dev.plinth.bank.Outcome.NO_SUCH_CUSTOMER;
import static dev.plinth.bank.TestDatabases.OPENING_CENTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.bank.Money;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.ShardRange;
import dev.plinth.bank.TestDatabases;
import dev.plinth.bank.TransferKind;
import dev.plinth.sdk.transactions.TccBranch;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the accounts do, on a real PostgreSQL, without a network around it. */
class AccountsTest {
    private static final long ALICE = 1;
    private static final long BOB = 2;
    private static final long NOBODY = 51; // belongs to the other cell

    private final Debit debit = new Debit();
    private final Credit credit = new Credit();
    private Connection connection;

    @BeforeEach
    void openAccounts() throws SQLException {
        connection = DriverManager.getConnection(TestDatabases.fresh("east"));
        connection.setAutoCommit(false);
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    private static TccBranch branch(String xid) {
        return new TccBranch(xid, 1, "bank.debit.east");
    }

    private static Debit.Arguments payment(String id, long cents) {
        return new Debit.Arguments(id, TransferKind.SEND_PAYMENT, ALICE, BOB, cents);
    }

    private static Debit.Arguments amalgamation(String id) {
        return new Debit.Arguments(id, TransferKind.AMALGAMATE, ALICE, BOB, 0);
    }

    private static Credit.Arguments credit(String id, long cents) {
        return new Credit.Arguments(id, ALICE, BOB, cents);
    }

    /** Runs a step in a local transaction of its own, as the fence does. */
    private <T> T locally(Step<T> step) throws SQLException {
        boolean done = false;
        try {
            T result = step.run();
            connection.commit();
            done = true;
            return result;
        } finally {
            if (!done) {
                connection.rollback();
            }
        }
    }

    private interface Step<T> {
        T run() throws SQLException;
    }

    private long hold(String xid, Debit.Arguments transfer) throws SQLException {
        return locally(() -> debit.tryIt(branch(xid), transfer, connection));
    }

    private void confirm(String xid, Debit.Arguments transfer) throws SQLException {
        locally(() -> {
            debit.confirm(branch(xid), transfer, connection);
            return true;
        });
    }

    private void cancel(String xid, Debit.Arguments transfer) throws SQLException {
        locally(() -> {
            debit.cancel(branch(xid), transfer, connection);
            return true;
        });
    }

    private Balances balances(long customer) throws SQLException {
        return locally(() -> Balances.read(connection, customer)).orElseThrow();
    }

    private void assertRefused(Step<?> step, Outcome outcome) {
        assertThatThrownBy(() -> locally(step))
                .isInstanceOfSatisfying(
                        Refusal.class,
                        refusal -> assertThat(refusal.answer().outcome()).isEqualTo(outcome));
    }

    @Test
    void a_cell_opens_the_accounts_of_its_own_shards_once_only() throws SQLException {
        Schema.create(connection, "east", TestDatabases.CUSTOMERS, new ShardRange(0, 49), OPENING_CENTS);
        connection.setAutoCommit(false);

        assertThat(number("select count(*) from checking")).isEqualTo(100);
        assertThat(number("select count(*) from savings")).isEqualTo(100);
        assertThat(number("select cents from opening")).isEqualTo(2 * 100 * OPENING_CENTS);
        assertThat(number("select sum(balance) from checking")).isEqualTo(100 * OPENING_CENTS);
        assertThat(Balances.read(connection, NOBODY)).isEmpty();
    }

    @Test
    void a_deposit_is_added_to_checking() throws SQLException {
        assertThat(locally(() -> Teller.depositChecking(connection, "d", ALICE, 500)))
                .isEqualTo(DONE);
        assertThat(balances(ALICE)).isEqualTo(new Balances(OPENING_CENTS + 500, 0, OPENING_CENTS, 0));
        assertThat(number("select sum(cents) from external")).isEqualTo(500);
    }

    @Test
    void an_operation_with_an_id_that_was_used_for_it_changes_nothing_and_is_answered_done() throws SQLException {
        locally(() -> Teller.depositChecking(connection, "d", ALICE, 500));

        assertThat(locally(() -> Teller.depositChecking(connection, "d", ALICE, 500)))
                .isEqualTo(DONE);
        assertThat(balances(ALICE).checking()).isEqualTo(OPENING_CENTS + 500);
    }

    @Test
    void an_operation_with_an_id_that_was_used_for_another_is_refused() throws SQLException {
        locally(() -> Teller.depositChecking(connection, "d", ALICE, 500));

        assertThat(Teller.depositChecking(connection, "d", BOB, 500)).isEqualTo(CONFLICTING_ID);
        assertThat(Teller.transactSavings(connection, "d", ALICE, 500)).isEqualTo(CONFLICTING_ID);
    }

    @Test
    void savings_can_be_emptied_and_not_overdrawn() throws SQLException {
        assertThat(locally(() -> Teller.transactSavings(connection, "a", ALICE, -OPENING_CENTS)))
                .isEqualTo(DONE);
        assertThat(Teller.transactSavings(connection, "b", ALICE, -1)).isEqualTo(INSUFFICIENT_FUNDS);
        connection.rollback();
        assertThat(balances(ALICE).savings()).isZero();
    }

    @Test
    void a_check_beyond_both_accounts_is_paid_with_a_penalty() throws SQLException {
        assertThat(locally(() -> Teller.writeCheck(connection, "a", ALICE, 2 * OPENING_CENTS)))
                .isEqualTo(DONE);
        assertThat(balances(ALICE).checking()).isEqualTo(-OPENING_CENTS);

        assertThat(locally(() -> Teller.writeCheck(connection, "b", ALICE, 1))).isEqualTo(DONE);
        assertThat(balances(ALICE).checking()).isEqualTo(-OPENING_CENTS - 1 - Money.OVERDRAFT_PENALTY_CENTS);
        assertThat(number("select sum(cents) from external"))
                .isEqualTo(-2 * OPENING_CENTS - 1 - Money.OVERDRAFT_PENALTY_CENTS);
    }

    @Test
    void what_is_held_is_not_available_for_a_check() throws SQLException {
        hold("x", payment("t", OPENING_CENTS));

        locally(() -> Teller.writeCheck(connection, "c", ALICE, OPENING_CENTS + 1));

        assertThat(balances(ALICE).checking()).isEqualTo(-1 - Money.OVERDRAFT_PENALTY_CENTS);
    }

    @Test
    void operations_on_unknown_customers_and_silly_amounts_change_nothing() throws SQLException {
        assertThat(Teller.depositChecking(connection, "a", NOBODY, 1)).isEqualTo(NO_SUCH_CUSTOMER);
        connection.rollback();
        assertThat(Teller.transactSavings(connection, "b", NOBODY, -1)).isEqualTo(NO_SUCH_CUSTOMER);
        connection.rollback();
        assertThat(Teller.writeCheck(connection, "c", NOBODY, 1)).isEqualTo(NO_SUCH_CUSTOMER);
        connection.rollback();
        assertThat(Teller.depositChecking(connection, "d", ALICE, 0)).isEqualTo(INVALID_AMOUNT);
        assertThat(Teller.depositChecking(connection, "d", ALICE, Money.AMOUNT_CENTS_MAX + 1))
                .isEqualTo(INVALID_AMOUNT);
        assertThat(Teller.transactSavings(connection, "e", ALICE, 0)).isEqualTo(INVALID_AMOUNT);
        assertThat(Teller.writeCheck(connection, "f", ALICE, -1)).isEqualTo(INVALID_AMOUNT);
        assertThat(number("select count(*) from external")).isZero();
    }

    @Test
    void a_hold_leaves_the_balance_and_takes_what_is_available() throws SQLException {
        assertThat(hold("x", payment("t", 600))).isEqualTo(600);
        assertThat(balances(ALICE)).isEqualTo(new Balances(OPENING_CENTS, 600, OPENING_CENTS, 0));

        assertRefused(
                () -> debit.tryIt(branch("y"), payment("u", OPENING_CENTS - 599), connection), INSUFFICIENT_FUNDS);
        assertThat(hold("y", payment("u", OPENING_CENTS - 600))).isEqualTo(OPENING_CENTS - 600);
    }

    @Test
    void a_confirmed_hold_is_paid() throws SQLException {
        hold("x", payment("t", 600));
        confirm("x", payment("t", 600));

        assertThat(balances(ALICE)).isEqualTo(new Balances(OPENING_CENTS - 600, 0, OPENING_CENTS, 0));
        assertThat(text("select state from transfer where id = 't'")).isEqualTo("PAID");
    }

    @Test
    void a_cancelled_hold_is_released() throws SQLException {
        hold("x", payment("t", 600));
        cancel("x", payment("t", 600));

        assertThat(balances(ALICE)).isEqualTo(new Balances(OPENING_CENTS, 0, OPENING_CENTS, 0));
        assertThat(text("select state from transfer where id = 't'")).isEqualTo("RELEASED");
    }

    @Test
    void amalgamate_takes_both_accounts() throws SQLException {
        assertThat(hold("x", amalgamation("t"))).isEqualTo(2 * OPENING_CENTS);
        assertThat(balances(ALICE).available()).isZero();
        confirm("x", amalgamation("t"));

        assertThat(balances(ALICE)).isEqualTo(new Balances(0, 0, 0, 0));
    }

    @Test
    void amalgamate_of_an_overdrawn_customer_leaves_the_two_accounts_together_at_zero() throws SQLException {
        locally(() -> Teller.writeCheck(connection, "c", ALICE, OPENING_CENTS + 400));

        assertThat(hold("x", amalgamation("t"))).isEqualTo(OPENING_CENTS - 400);
        confirm("x", amalgamation("t"));

        assertThat(balances(ALICE)).isEqualTo(new Balances(-400, 0, 400, 0));
    }

    @Test
    void amalgamate_leaves_what_is_held_by_others() throws SQLException {
        hold("x", payment("t", 600));

        assertThat(hold("y", amalgamation("u"))).isEqualTo(2 * OPENING_CENTS - 600);
        confirm("y", amalgamation("u"));
        confirm("x", payment("t", 600));

        assertThat(balances(ALICE)).isEqualTo(new Balances(0, 0, 0, 0));
    }

    @Test
    void nothing_is_amalgamated_of_nothing() throws SQLException {
        hold("x", amalgamation("t"));

        assertRefused(() -> debit.tryIt(branch("y"), amalgamation("u"), connection), INSUFFICIENT_FUNDS);
    }

    @Test
    void a_transfer_that_was_paid_is_not_paid_again() throws SQLException {
        hold("x", payment("t", 600));
        confirm("x", payment("t", 600));

        assertThatThrownBy(() -> locally(() -> debit.tryIt(branch("y"), payment("t", 600), connection)))
                .isInstanceOfSatisfying(Refusal.class, refusal -> {
                    assertThat(refusal.answer().alreadyPaid()).isTrue();
                    assertThat(refusal.answer().cents()).isEqualTo(600);
                });
        assertThat(balances(ALICE)).isEqualTo(new Balances(OPENING_CENTS - 600, 0, OPENING_CENTS, 0));
    }

    @Test
    void a_transfer_that_was_paid_is_said_to_be_so_also_when_nothing_is_left() throws SQLException {
        hold("x", amalgamation("t"));
        confirm("x", amalgamation("t"));

        assertThatThrownBy(() -> locally(() -> debit.tryIt(branch("y"), amalgamation("t"), connection)))
                .isInstanceOfSatisfying(
                        Refusal.class,
                        refusal -> assertThat(refusal.answer().alreadyPaid()).isTrue());
    }

    @Test
    void a_transfer_that_is_under_way_is_not_begun_again() throws SQLException {
        hold("x", payment("t", 600));

        assertRefused(() -> debit.tryIt(branch("y"), payment("t", 600), connection), IN_PROGRESS);
        assertThat(balances(ALICE).checkingHeld()).isEqualTo(600);
    }

    @Test
    void a_transfer_that_was_rolled_back_can_be_tried_again_with_the_same_id() throws SQLException {
        hold("x", payment("t", 600));
        cancel("x", payment("t", 600));
        hold("y", payment("t", 600));
        confirm("y", payment("t", 600));

        assertThat(balances(ALICE).checking()).isEqualTo(OPENING_CENTS - 600);
        assertThat(text("select xid from transfer where id = 't'")).isEqualTo("y");
    }

    @Test
    void an_id_that_stands_for_another_transfer_is_refused() throws SQLException {
        hold("x", payment("t", 600));

        assertRefused(() -> debit.tryIt(branch("y"), payment("t", 601), connection), CONFLICTING_ID);
        assertRefused(() -> debit.tryIt(branch("y"), amalgamation("t"), connection), CONFLICTING_ID);
    }

    @Test
    void a_payer_or_payee_who_is_not_in_this_cell_is_refused() {
        assertRefused(
                () -> debit.tryIt(
                        branch("x"), new Debit.Arguments("t", TransferKind.SEND_PAYMENT, NOBODY, BOB, 1), connection),
                NO_SUCH_CUSTOMER);
        assertRefused(
                () -> debit.tryIt(
                        branch("x"), new Debit.Arguments("t", TransferKind.AMALGAMATE, NOBODY, BOB, 0), connection),
                NO_SUCH_CUSTOMER);
        assertRefused(
                () -> credit.tryIt(branch("x"), new Credit.Arguments("t", ALICE, NOBODY, 1), connection),
                NO_SUCH_CUSTOMER);
    }

    @Test
    void a_prepared_credit_cannot_be_spent_and_a_confirmed_one_can() throws SQLException {
        locally(() -> credit.tryIt(branch("x"), credit("t", 600), connection));
        assertThat(balances(BOB).available()).isEqualTo(2 * OPENING_CENTS);

        locally(() -> {
            credit.confirm(branch("x"), credit("t", 600), connection);
            return true;
        });
        assertThat(balances(BOB).available()).isEqualTo(2 * OPENING_CENTS + 600);
    }

    @Test
    void a_dropped_credit_is_never_paid_and_can_be_prepared_anew() throws SQLException {
        locally(() -> credit.tryIt(branch("x"), credit("t", 600), connection));
        assertRefused(() -> credit.tryIt(branch("y"), credit("t", 600), connection), IN_PROGRESS);
        locally(() -> {
            credit.cancel(branch("x"), credit("t", 600), connection);
            return true;
        });
        locally(() -> credit.tryIt(branch("y"), credit("t", 700), connection));
        locally(() -> {
            credit.confirm(branch("y"), credit("t", 700), connection);
            return true;
        });

        assertThat(balances(BOB).checking()).isEqualTo(OPENING_CENTS + 700);
        assertRefused(() -> credit.tryIt(branch("z"), credit("t", 700), connection), CONFLICTING_ID);
    }

    @Test
    void a_second_phase_of_a_transaction_that_holds_nothing_fails_and_changes_nothing() throws SQLException {
        hold("x", payment("t", 600));

        assertThatThrownBy(() -> confirm("y", payment("t", 600))).hasMessageContaining("not held by y");
        assertThatThrownBy(() -> locally(() -> {
                    credit.confirm(branch("y"), credit("t", 600), connection);
                    return true;
                }))
                .hasMessageContaining("not prepared by y");
        assertThat(balances(ALICE)).isEqualTo(new Balances(OPENING_CENTS, 600, OPENING_CENTS, 0));
        assertThat(balances(BOB).checking()).isEqualTo(OPENING_CENTS);
    }

    private long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }
}
