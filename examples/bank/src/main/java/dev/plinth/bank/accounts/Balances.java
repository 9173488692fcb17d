package dev.plinth.bank.accounts;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** What one customer has, and how much of it is held. */
record Balances(long checking, long checkingHeld, long savings, long savingsHeld) {

    private static final String SELECT = "select c.balance, c.held, s.balance, s.held from checking c"
            + " join savings s on s.customer = c.customer where c.customer = ?";

    long sum() {
        return checking + savings;
    }

    long checkingAvailable() {
        return checking - checkingHeld;
    }

    long available() {
        return checkingAvailable() + savings - savingsHeld;
    }

    static Optional<Balances> read(Connection connection, long customer) throws SQLException {
        return select(connection, SELECT, customer);
    }

    /** Nobody else changes them until the local transaction ends. */
    static Optional<Balances> lock(Connection connection, long customer) throws SQLException {
        // One statement would lock in the order of its plan; two lock in everybody's order, and read what they have
        // locked.
        try (PreparedStatement checking =
                        connection.prepareStatement("select 1 from checking where customer = ? for update");
                PreparedStatement savings =
                        connection.prepareStatement("select 1 from savings where customer = ? for update")) {
            checking.setLong(1, customer);
            checking.execute();
            savings.setLong(1, customer);
            savings.execute();
        }
        return read(connection, customer);
    }

    private static Optional<Balances> select(Connection connection, String sql, long customer) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, customer);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Balances(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)))
                        : Optional.empty();
            }
        }
    }
}
