package dev.plinth.acceptance.seata.app;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** The services that the saga {@code transfer} calls: ordinary local transactions. An account that is not there makes one fail. */
public final class Ledger {
    private final DataSource first;
    private final DataSource second;

    /** The next giving back fails, once. */
    private final AtomicBoolean stubborn = new AtomicBoolean();

    Ledger(DataSource first, DataSource second) {
        this.first = first;
        this.second = second;
    }

    void beStubborn() {
        stubborn.set(true);
    }

    public boolean take(int account, int amount) throws SQLException {
        return add(first, account, -amount);
    }

    public boolean give(int account, int amount) throws SQLException {
        if (!add(second, account, amount)) {
            throw new IllegalStateException("there is no account " + account);
        }
        return true;
    }

    public boolean giveBack(int account, int amount) throws SQLException {
        if (stubborn.getAndSet(false)) {
            throw new IllegalStateException("not now");
        }
        return add(first, account, amount);
    }

    /** Saga's compensation runs also for a step that failed: then there is nothing to take back. */
    public boolean takeBack(int account, int amount) {
        return true;
    }

    private static boolean add(DataSource database, int account, int amount) throws SQLException {
        try (Connection connection = database.getConnection();
                var statement = connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
            statement.setInt(1, amount);
            statement.setInt(2, account);
            return statement.executeUpdate() == 1;
        }
    }
}
