package dev.plinth.shop;

import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.seata.core.context.RootContext;
import org.apache.seata.rm.datasource.DataSourceProxy;
import org.apache.seata.tm.api.TransactionalExecutor;
import org.apache.seata.tm.api.TransactionalTemplate;
import org.apache.seata.tm.api.transaction.TransactionInfo;

/** Takes orders, each in one global transaction over the schemas of orders and of the stock. */
final class Orders {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final DataSource orders;
    private final DataSource stock;

    Orders(DataSource orders, DataSource stock) {
        this.orders = new DataSourceProxy(orders);
        this.stock = new DataSourceProxy(stock);
    }

    /**
     * Books an order.
     *
     * @param thinkMillis how long the transaction stays undecided
     * @return the XID of its global transaction
     * @throws IllegalStateException if it was not booked, with the reason; then nothing has changed
     */
    String take(long id, String item, int pieces, long thinkMillis) {
        try {
            return (String) new TransactionalTemplate().execute(new TransactionalExecutor() {
                @Override
                public Object execute() throws Throwable {
                    insert(id, item, pieces);
                    takeFromStock(item, pieces);
                    Thread.sleep(thinkMillis);
                    return RootContext.getXID();
                }

                @Override
                public TransactionInfo getTransactionInfo() {
                    var info = new TransactionInfo();
                    info.setName("order");
                    info.setTimeOut(TIMEOUT_MILLIS);
                    return info;
                }
            });
        } catch (TransactionalExecutor.ExecutionException e) {
            var original = e.getOriginalException();
            throw new IllegalStateException(e.getCode() + (original == null ? "" : ": " + original.getMessage()), e);
        } catch (Throwable e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private void insert(long id, String item, int pieces) throws SQLException {
        try (var connection = orders.getConnection();
                var statement = connection.prepareStatement("INSERT INTO orders (id, item, pieces) VALUES (?, ?, ?)")) {
            statement.setLong(1, id);
            statement.setString(2, item);
            statement.setInt(3, pieces);
            statement.executeUpdate();
        }
    }

    private void takeFromStock(String item, int pieces) throws SQLException {
        try (var connection = stock.getConnection();
                var statement = connection.prepareStatement(
                        "UPDATE stock SET pieces = pieces - ? WHERE item = ? AND pieces >= ?")) {
            statement.setInt(1, pieces);
            statement.setString(2, item);
            statement.setInt(3, pieces);
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("there are no " + pieces + " pieces of " + item);
            }
        }
    }
}
