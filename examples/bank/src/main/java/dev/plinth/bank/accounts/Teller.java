package dev.plinth.bank.accounts;

import dev.plinth.bank.Money;
import dev.plinth.bank.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** Operations on one customer: money that comes in to the bank or leaves it, each a local transaction. */
final class Teller {
    /*
     * A row in "external" claims the operation's id, then the account is changed. A refusal throws away both. A second call
     * with the id waits for the first one's end on the primary key, and then finds its row, or claims the id itself.
     */
    private static final String CHECKING = "update checking set balance = balance + ? where customer = ?";
    private static final String SAVINGS =
            "update savings set balance = balance + ? where customer = ? and balance - held + ? >= 0";

    private Teller() {}

    static Outcome depositChecking(Connection connection, String id, long customer, long cents) throws SQLException {
        if (!Money.isAmount(cents)) {
            return Outcome.INVALID_AMOUNT;
        }
        Optional<Outcome> before = claim(connection, id, "DEPOSIT_CHECKING", customer, cents);
        return before.isPresent() ? before.get() : changeChecking(connection, customer, cents);
    }

    static Outcome transactSavings(Connection connection, String id, long customer, long cents) throws SQLException {
        if (!Money.isAmount(cents) && !Money.isAmount(-cents)) {
            return Outcome.INVALID_AMOUNT;
        }
        Optional<Outcome> before = claim(connection, id, "TRANSACT_SAVINGS", customer, cents);
        return before.isPresent() ? before.get() : changeSavings(connection, customer, cents);
    }

    static Outcome writeCheck(Connection connection, String id, long customer, long cents) throws SQLException {
        if (!Money.isAmount(cents)) {
            return Outcome.INVALID_AMOUNT;
        }
        Optional<Balances> balances = Balances.lock(connection, customer);
        if (balances.isEmpty()) {
            return Outcome.NO_SUCH_CUSTOMER;
        }
        boolean covered = balances.get().available() >= cents;
        long change = covered ? -cents : -(cents + Money.OVERDRAFT_PENALTY_CENTS);
        Optional<Outcome> before = claim(connection, id, "WRITE_CHECK", customer, change);
        return before.isPresent() ? before.get() : changeChecking(connection, customer, change);
    }

    /** Empty if the id is new; otherwise the answer to give. */
    private static Optional<Outcome> claim(
            Connection connection, String id, String operation, long customer, long cents) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into external (id, operation, customer, cents)"
                        + " values (?, ?, ?, ?) on conflict (id) do nothing")) {
            insert.setString(1, id);
            insert.setString(2, operation);
            insert.setLong(3, customer);
            insert.setLong(4, cents);
            if (insert.executeUpdate() == 1) {
                return Optional.empty();
            }
        }
        try (PreparedStatement select =
                connection.prepareStatement("select 1 from external where id = ? and operation = ? and customer = ?")) {
            select.setString(1, id);
            select.setString(2, operation);
            select.setLong(3, customer);
            try (ResultSet row = select.executeQuery()) {
                return Optional.of(row.next() ? Outcome.DONE : Outcome.CONFLICTING_ID);
            }
        }
    }

    private static Outcome changeChecking(Connection connection, long customer, long cents) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(CHECKING)) {
            update.setLong(1, cents);
            update.setLong(2, customer);
            return update.executeUpdate() == 1 ? Outcome.DONE : Outcome.NO_SUCH_CUSTOMER;
        }
    }

    private static Outcome changeSavings(Connection connection, long customer, long cents) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(SAVINGS)) {
            update.setLong(1, cents);
            update.setLong(2, customer);
            update.setLong(3, cents);
            if (update.executeUpdate() == 1) {
                return Outcome.DONE;
            }
        }
        return Balances.read(connection, customer).isPresent() ? Outcome.INSUFFICIENT_FUNDS : Outcome.NO_SUCH_CUSTOMER;
    }
}
