package dev.plinth.sdk.at;

import dev.plinth.sdk.jdbc.Proxies;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.rowset.CachedRowSet;
import javax.sql.rowset.RowSetProvider;
import org.jspecify.annotations.Nullable;

/** A statement, prepared or not, that can be undone. */
final class AtStatement implements InvocationHandler {

    /** A statement of a batch. */
    private record Entry(String sql, Parameters parameters) {}

    private final Session session;
    private final Connection connection;
    private final Statement target;
    private final Optional<String> prepared;
    private final boolean tellsKeys;
    private final Parameters parameters = Parameters.none();
    private final List<Entry> batch = new ArrayList<>();
    private @Nullable CachedRowSet keys;

    private AtStatement(
            Session session, Connection connection, Statement target, Optional<String> prepared, boolean tellsKeys) {
        this.session = session;
        this.connection = connection;
        this.target = target;
        this.prepared = prepared;
        this.tellsKeys = tellsKeys;
    }

    static Statement of(Session session, Connection connection, Statement target) {
        return (Statement)
                proxy(Statement.class, new AtStatement(session, connection, target, Optional.empty(), false));
    }

    /** @param tellsKeys whether it was prepared so that it tells generated keys */
    static PreparedStatement of(
            Session session, Connection connection, PreparedStatement target, String sql, boolean tellsKeys) {
        return (PreparedStatement) proxy(
                PreparedStatement.class, new AtStatement(session, connection, target, Optional.of(sql), tellsKeys));
    }

    private static Object proxy(Class<?> type, InvocationHandler handler) {
        return Proxy.newProxyInstance(AtStatement.class.getClassLoader(), new Class<?>[] {type}, handler);
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
        @Nullable Object[] arguments = given == null ? new Object[0] : given;
        return switch (method.getName()) {
            case "getConnection" -> connection;
            case "execute", "executeUpdate", "executeLargeUpdate", "executeQuery" -> execute(method, arguments);
            case "executeBatch", "executeLargeBatch" -> executeBatch(method, arguments);
            case "addBatch" -> {
                batch.add(
                        arguments.length == 0
                                ? new Entry(prepared.orElse(""), parameters.copy())
                                : new Entry(String.valueOf(arguments[0]), Parameters.none()));
                yield Proxies.call(method, target, arguments);
            }
            case "clearBatch" -> {
                batch.clear();
                yield Proxies.call(method, target, arguments);
            }
            case "clearParameters" -> {
                parameters.clear();
                yield Proxies.call(method, target, arguments);
            }
            case "getGeneratedKeys" -> keys != null ? keys : Proxies.call(method, target, arguments);
            default -> {
                if (prepared.isPresent() && isParameter(method, arguments)) {
                    parameters.set(method, arguments);
                }
                yield Proxies.other(proxy, target, method, arguments);
            }
        };
    }

    /** Setters of parameters have a number and a value; other setters have one argument. */
    private static boolean isParameter(Method method, @Nullable Object[] arguments) {
        return method.getName().startsWith("set") && arguments.length >= 2 && arguments[0] instanceof Integer;
    }

    private @Nullable Object execute(Method method, @Nullable Object[] arguments) throws Throwable {
        keys = null;
        if (!session.concerned()) {
            return Proxies.call(method, target, arguments);
        }
        String sql = prepared.orElseGet(() -> String.valueOf(arguments[0]));
        if (!(session.plan(sql) instanceof Plan.OnTable plan)) {
            return Proxies.call(method, target, arguments);
        }
        return session.run(
                List.of(new Work.Step(plan, parameters)),
                new Call(plan, arguments.length == 1, () -> call(plan, method, arguments)));
    }

    /** A plain statement of new rows is asked for their keys, if its caller did not ask. */
    private @Nullable Object call(Plan.OnTable plan, Method method, @Nullable Object[] arguments) throws Throwable {
        if (prepared.isPresent() || arguments.length != 1 || !(plan instanceof Plan.Insert)) {
            return Proxies.call(method, target, arguments);
        }
        String sql = String.valueOf(arguments[0]);
        String[] names = AtConnection.keyNames(session.table(plan));
        return switch (method.getName()) {
            case "execute" -> target.execute(sql, names);
            case "executeUpdate" -> target.executeUpdate(sql, names);
            default -> target.executeLargeUpdate(sql, names);
        };
    }

    private @Nullable Object executeBatch(Method method, @Nullable Object[] arguments) throws Throwable {
        keys = null;
        List<Entry> entries = List.copyOf(batch);
        batch.clear();
        if (!session.concerned() || entries.isEmpty()) {
            return Proxies.call(method, target, arguments);
        }
        List<Work.Step> steps = new ArrayList<>();
        for (Entry entry : entries) {
            if (!(session.plan(entry.sql()) instanceof Plan.OnTable plan)) {
                throw new SQLException("a batch is of changes; this is none: " + entry.sql());
            }
            steps.add(new Work.Step(plan, entry.parameters()));
        }
        if (prepared.isPresent() && atOnce(steps)) {
            Plan.OnTable plan = steps.getFirst().plan();
            return session.run(steps, new Call(plan, false, () -> Proxies.call(method, target, arguments)));
        }
        target.clearBatch();
        long[] counts = oneByOne(entries, steps);
        return method.getName().equals("executeLargeBatch") ? counts : ints(counts);
    }

    /** Whether a whole batch can run between one image before and one after. */
    private boolean atOnce(List<Work.Step> steps) throws SQLException {
        Plan.OnTable plan = steps.getFirst().plan();
        if (plan instanceof Plan.Insert) {
            return true;
        }
        Table table = session.table(plan);
        return steps.stream()
                .allMatch(step -> step.plan() instanceof Plan.OnRows rows
                        && Keys.predicted(table, rows.condition(), step.parameters())
                                .isPresent());
    }

    private long[] oneByOne(List<Entry> entries, List<Work.Step> steps) throws SQLException {
        long[] counts = new long[entries.size()];
        for (int i = 0; i < counts.length; i++) {
            Entry entry = entries.get(i);
            Work.Step step = steps.get(i);
            Object count = session.run(List.of(step), new Call(step.plan(), true, () -> {
                if (target instanceof PreparedStatement statement) {
                    entry.parameters().apply(statement);
                    return (long) statement.executeUpdate();
                }
                return step.plan() instanceof Plan.Insert
                        ? (long) target.executeUpdate(entry.sql(), AtConnection.keyNames(session.table(step.plan())))
                        : (long) target.executeUpdate(entry.sql());
            }));
            counts[i] = ((Number) count).longValue();
        }
        return counts;
    }

    private static int[] ints(long[] counts) {
        int[] ints = new int[counts.length];
        for (int i = 0; i < counts.length; i++) {
            ints[i] = Math.toIntExact(counts[i]);
        }
        return ints;
    }

    @FunctionalInterface
    private interface Body {
        @Nullable
        Object call() throws Throwable;
    }

    /** The statement as {@link Work} runs it. */
    private final class Call implements Work.Run<Object> {
        private final Plan.OnTable plan;
        private final boolean asked;
        private final Body body;

        /** @param asked it is asked for generated keys when it is run */
        Call(Plan.OnTable plan, boolean asked, Body body) {
            this.plan = plan;
            this.asked = asked;
            this.body = body;
        }

        @Override
        public Object run() throws SQLException {
            try {
                return java.util.Objects.requireNonNull(body.call());
            } catch (SQLException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new SQLException(e);
            }
        }

        @Override
        public long count(Object result) throws SQLException {
            return switch (result) {
                case Number number -> number.longValue();
                case Boolean isQuery -> target.getUpdateCount();
                default -> 0; // of a batch, whose rows are named by their keys, nobody asks
            };
        }

        @Override
        public List<List<@Nullable Object>> generated(Table table) throws SQLException {
            if (!tellsKeys && !asked) {
                throw new AtRefusedException(
                        AtRefusedException.Reason.KEYS_UNKNOWN,
                        "this insert into " + plan.target().table()
                                + " was prepared outside of the global transaction, and does not tell the keys of its rows",
                        "prepare it inside, or with the key's columns as generated keys");
            }
            CachedRowSet told = RowSetProvider.newFactory().createCachedRowSet();
            try (ResultSet rows = target.getGeneratedKeys()) {
                told.populate(rows);
            }
            List<List<@Nullable Object>> generated = new ArrayList<>();
            while (told.next()) {
                generated.add(key(told, table));
            }
            told.beforeFirst();
            keys = told;
            return generated;
        }

        /** PostgreSQL tells all columns that were asked for, MySQL the one that it has counted up. */
        private List<@Nullable Object> key(CachedRowSet row, Table table) throws SQLException {
            List<@Nullable Object> key = new ArrayList<>();
            for (Table.Column column : table.key()) {
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    if (row.getMetaData().getColumnName(i).equals(column.name())) {
                        key.add(row.getObject(i));
                    }
                }
            }
            if (key.size() != table.key().size()) {
                key.clear();
                key.add(row.getObject(1));
            }
            return key;
        }
    }
}
