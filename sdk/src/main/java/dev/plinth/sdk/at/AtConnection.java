package dev.plinth.sdk.at;

import dev.plinth.sdk.jdbc.Proxies;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Savepoint;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A connection whose statements can be undone. What is not named here goes through as it is. */
final class AtConnection implements InvocationHandler {
    /*
     * Proxies of the JDK, for JDBC's interfaces have some two hundred methods, of which a tenth concern us. The price, a lookup by
     * name, is nothing beside a round trip to a database.
     */
    private final Connection target;
    private final Session session;

    private AtConnection(AtDatabase at, Connection target) {
        this.target = target;
        this.session = new Session(at, target);
    }

    static Connection of(AtDatabase at, Connection target) {
        return (Connection) Proxy.newProxyInstance(
                AtConnection.class.getClassLoader(), new Class<?>[] {Connection.class}, new AtConnection(at, target));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
        @Nullable Object[] arguments = given == null ? new Object[0] : given;
        switch (method.getName()) {
            case "createStatement" -> {
                Statement statement = (Statement) Proxies.result(method, target, arguments);
                return AtStatement.of(session, (Connection) proxy, statement);
            }
            case "prepareStatement" -> {
                return prepare((Connection) proxy, method, arguments);
            }
            case "prepareCall" -> {
                if (session.concerned()) {
                    session.at().branches().doom();
                    throw new AtRefusedException(
                            AtRefusedException.Reason.KIND,
                            "what a procedure changes is not known, and could not be undone",
                            "call it outside of global transactions, or do what it does by statements");
                }
                return Proxies.call(method, target, arguments);
            }
            case "commit" -> session.commit();
            case "rollback" -> {
                if (arguments.length == 0) {
                    session.rollback();
                } else if (arguments[0] instanceof Savepoint savepoint) {
                    session.rollback(savepoint);
                }
            }
            case "setSavepoint" -> {
                Savepoint savepoint = (Savepoint) Proxies.result(method, target, arguments);
                session.savepoint(savepoint);
                return savepoint;
            }
            case "setAutoCommit" -> session.setAutoCommit(Boolean.TRUE.equals(arguments[0]));
            case "setSchema", "setCatalog" -> {
                session.spaceMayDiffer();
                return Proxies.call(method, target, arguments);
            }
            case "close" -> session.close();
            default -> {
                return Proxies.other(proxy, target, method, arguments);
            }
        }
        return null;
    }

    private Object prepare(Connection proxy, Method method, @Nullable Object[] arguments) throws Throwable {
        String sql = String.valueOf(arguments[0]);
        if (session.concerned() && arguments.length == 1 && session.plan(sql) instanceof Plan.Insert insert) {
            // The keys of new rows have to be asked for when the statement is prepared.
            PreparedStatement statement = target.prepareStatement(sql, keyNames(session.table(insert)));
            return AtStatement.of(session, proxy, statement, sql, true);
        }
        PreparedStatement statement = (PreparedStatement) Proxies.result(method, target, arguments);
        return AtStatement.of(session, proxy, statement, sql, tellsKeys(arguments));
    }

    private static boolean tellsKeys(@Nullable Object[] arguments) {
        if (arguments.length != 2) {
            return false;
        }
        return !(arguments[1] instanceof Integer flag) || flag == Statement.RETURN_GENERATED_KEYS;
    }

    static String[] keyNames(Table table) {
        return table.key().stream().map(Table.Column::name).toArray(String[]::new);
    }
}
