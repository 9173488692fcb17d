package dev.plinth.acceptance.seata.app;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import org.apache.seata.rm.tcc.api.BusinessActionContext;
import org.apache.seata.rm.tcc.api.BusinessActionContextParameter;

/**
 * The participant, with a fence of its own: a row for each branch says how far it is, so that repetition, a rollback without a
 * try, and a try after its rollback do no harm.
 *
 * <p>Public, not final and with a constructor without arguments, because Seata makes a subclass of it; and it reads the parameters'
 * annotations here, not at the interface.
 */
public class FreezeOnDatabase implements FreezeAction {
    /** Seata makes the subclass' instance itself, so this cannot come by a constructor. Set before the first transaction. */
    private static volatile Optional<DataSource> database = Optional.empty();

    static void use(DataSource dataSource) {
        database = Optional.of(dataSource);
    }

    @Override
    public boolean freeze(
            BusinessActionContext context,
            @BusinessActionContextParameter(paramName = "account") int account,
            @BusinessActionContextParameter(paramName = "amount") int amount) {
        return inTransaction(connection -> {
            // Fails by the key if the rollback was here before the try.
            update(
                    connection,
                    "INSERT INTO freezing (xid, branch_id, account, amount, state) VALUES (?, ?, ?, ?, 'tried')",
                    context.getXid(),
                    context.getBranchId(),
                    account,
                    amount);
            int changed = update(
                    connection,
                    "UPDATE account SET balance = balance - ?, frozen = frozen + ? WHERE id = ? AND balance >= ?",
                    amount,
                    amount,
                    account,
                    amount);
            if (changed != 1) {
                throw new SQLException("account " + account + " has less than " + amount);
            }
            return true;
        });
    }

    @Override
    public boolean take(BusinessActionContext context) {
        return inTransaction(connection -> {
            if (moved(connection, context, "taken")) {
                update(
                        connection,
                        "UPDATE account SET frozen = frozen - ? WHERE id = ?",
                        context.getActionContext("amount", Integer.class),
                        context.getActionContext("account", Integer.class));
            }
            return true;
        });
    }

    @Override
    public boolean giveBack(BusinessActionContext context) {
        return inTransaction(connection -> {
            if (moved(connection, context, "given back")) {
                update(
                        connection,
                        "UPDATE account SET balance = balance + ?, frozen = frozen - ? WHERE id = ?",
                        context.getActionContext("amount", Integer.class),
                        context.getActionContext("amount", Integer.class),
                        context.getActionContext("account", Integer.class));
            } else if (!known(connection, context)) {
                update(
                        connection,
                        "INSERT INTO freezing (xid, branch_id, account, amount, state) VALUES (?, ?, 0, 0, 'given back')",
                        context.getXid(),
                        context.getBranchId());
            }
            return true;
        });
    }

    private static boolean moved(Connection connection, BusinessActionContext context, String state)
            throws SQLException {
        return update(
                        connection,
                        "UPDATE freezing SET state = ? WHERE xid = ? AND branch_id = ? AND state = 'tried'",
                        state,
                        context.getXid(),
                        context.getBranchId())
                == 1;
    }

    private static boolean known(Connection connection, BusinessActionContext context) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM freezing WHERE xid = ? AND branch_id = ?")) {
            statement.setString(1, context.getXid());
            statement.setLong(2, context.getBranchId());
            return statement.executeQuery().next();
        }
    }

    private static int update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            return statement.executeUpdate();
        }
    }

    private interface Work {
        boolean in(Connection connection) throws SQLException;
    }

    private static boolean inTransaction(Work work) {
        try (Connection connection = database.orElseThrow().getConnection()) {
            connection.setAutoCommit(false);
            try {
                boolean done = work.in(connection);
                connection.commit();
                return done;
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
