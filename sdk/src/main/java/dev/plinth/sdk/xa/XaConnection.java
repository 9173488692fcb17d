package dev.plinth.sdk.xa;

import dev.plinth.sdk.jdbc.Proxies;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Savepoint;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A connection whose work becomes branches. What is not named here goes through as it is. */
final class XaConnection implements InvocationHandler {

    private final XaSession session;

    private XaConnection(XaSession session) {
        this.session = session;
    }

    static Connection of(XaSession session) {
        return proxy(Connection.class, new XaConnection(session));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(XaConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
        @Nullable Object[] arguments = given == null ? new Object[0] : given;
        switch (method.getName()) {
            case "createStatement" -> {
                Statement statement = (Statement) Proxies.result(method, session.connection(), arguments);
                return proxy(Statement.class, new OfStatement((Connection) proxy, statement, ""));
            }
            case "prepareStatement" -> {
                PreparedStatement statement =
                        (PreparedStatement) Proxies.result(method, session.connection(), arguments);
                return proxy(
                        PreparedStatement.class,
                        new OfStatement((Connection) proxy, statement, String.valueOf(arguments[0])));
            }
            case "prepareCall" -> {
                CallableStatement statement =
                        (CallableStatement) Proxies.result(method, session.connection(), arguments);
                return proxy(
                        CallableStatement.class,
                        new OfStatement((Connection) proxy, statement, String.valueOf(arguments[0])));
            }
            case "commit" -> session.commit();
            case "rollback" -> {
                if (arguments.length == 1 && arguments[0] instanceof Savepoint savepoint) {
                    session.connection().rollback(savepoint);
                } else {
                    session.rollback();
                }
            }
            case "setAutoCommit" -> session.setAutoCommit(Boolean.TRUE.equals(arguments[0]));
            case "getAutoCommit" -> {
                return session.autoCommit();
            }
            case "close" -> session.close();
            case "isClosed" -> {
                return session.isClosed();
            }
            default -> {
                return Proxies.other(proxy, session.connection(), method, arguments);
            }
        }
        return null;
    }

    private final class OfStatement implements InvocationHandler {
        private final Connection connection;
        private final Statement target;
        private final String prepared;

        OfStatement(Connection connection, Statement target, String prepared) {
            this.connection = connection;
            this.target = target;
            this.prepared = prepared;
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given)
                throws Throwable {
            @Nullable Object[] arguments = given == null ? new Object[0] : given;
            if (method.getName().equals("getConnection")) {
                return connection;
            }
            if (!method.getName().startsWith("execute")) {
                return Proxies.other(proxy, target, method, arguments);
            }
            String sql = arguments.length > 0 && arguments[0] instanceof String text ? text : prepared;
            return session.run(sql, () -> Proxies.call(method, target, arguments));
        }
    }
}
