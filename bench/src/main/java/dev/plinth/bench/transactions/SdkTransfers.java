package dev.plinth.bench.transactions;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.plinth.sdk.HostPort;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.at.AtDataSource;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.Transactions;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * {@link Transfers} by AT on the SDK, in a process of its own, with the SDK's defaults.
 *
 * <p>Arguments: the coordinator's host and port, the database's JDBC address, connections in the pool.
 */
public final class SdkTransfers {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final Transactions transactions;
    private final DataSource database;

    private SdkTransfers(Transactions transactions, DataSource database) {
        this.transactions = transactions;
        this.database = database;
    }

    public static void main(String[] arguments) throws Exception {
        var pool = new HikariConfig();
        pool.setJdbcUrl(arguments[1]);
        pool.setMaximumPoolSize(Integer.parseInt(arguments[2]));
        var transactions = Transactions.connect(TransactionOptions.of("bench", HostPort.parse(arguments[0])));
        var transfers = new SdkTransfers(transactions, AtDataSource.of(transactions, new HikariDataSource(pool)));
        Transfers.serve(transfers::transfer);
        System.exit(0);
    }

    private Transfers.End transfer(int from, int to, int amount) {
        try {
            transactions.<SQLException>run("transfer", TIMEOUT, _ -> {
                add(from, -amount);
                add(to, amount);
            });
            return Transfers.End.COMMITTED;
        } catch (SQLException e) {
            return Transfers.End.ROLLED_BACK;
        } catch (PlinthException e) {
            return e.code() == PlinthException.Code.ROLLED_BACK ? Transfers.End.ROLLED_BACK : Transfers.End.UNKNOWN;
        }
    }

    private void add(int account, int amount) throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
            statement.setInt(1, amount);
            statement.setInt(2, account);
            if (statement.executeUpdate() != 1) {
                throw new SQLException("there is no account " + account);
            }
        }
    }
}
