import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.plinth.bench.transactions.Transfers;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.seata.core.context.RootContext;
import org.apache.seata.core.exception.TransactionException;
import org.apache.seata.core.model.GlobalStatus;
import org.apache.seata.rm.RMClient;
import org.apache.seata.rm.datasource.DataSourceProxy;
import org.apache.seata.tm.TMClient;
import org.apache.seata.tm.api.GlobalTransaction;
import org.apache.seata.tm.api.GlobalTransactionContext;

/**
 * Transfers by AT on Seata's original client, for {@code ./plinth bench contention}: each of its two statements is a local transaction
 * of its own, all settings are the client's defaults. Run from its source.
 *
 * <p>Arguments: the database's JDBC address, connections in the pool.
 */
public final class SeataTransfers {
    private static final int TIMEOUT_MILLIS = 60_000;

    private final DataSource database;

    private SeataTransfers(DataSource database) {
        this.database = database;
    }

    public static void main(String[] arguments) throws Exception {
        TMClient.init("bench", "default_tx_group");
        RMClient.init("bench", "default_tx_group");
        var pool = new HikariConfig();
        pool.setJdbcUrl(arguments[0]);
        pool.setMaximumPoolSize(Integer.parseInt(arguments[1]));
        var transfers = new SeataTransfers(new DataSourceProxy(new HikariDataSource(pool)));
        Transfers.serve(transfers::transfer);
        System.exit(0);
    }

    private Transfers.End transfer(int from, int to, int amount) throws TransactionException {
        GlobalTransaction transaction = GlobalTransactionContext.createNew();
        try {
            transaction.begin(TIMEOUT_MILLIS, "transfer");
            try {
                add(from, -amount);
                add(to, amount);
            } catch (SQLException e) {
                transaction.rollback();
                return Transfers.End.ROLLED_BACK;
            }
            try {
                transaction.commit();
            } catch (TransactionException e) {
                return Transfers.End.UNKNOWN;
            }
            return transaction.getLocalStatus() == GlobalStatus.Committed
                    ? Transfers.End.COMMITTED
                    : Transfers.End.UNKNOWN;
        } finally {
            RootContext.unbind();
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
