package dev.plinth.sdk.at;

import dev.plinth.sdk.at.Table.Column;
import dev.plinth.sdk.transactions.BranchEnds.Branch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Puts back what a branch has changed, row by row, if nobody else has been there since. */
final class Undo {
    /*
     * A row is one of three: as the branch left it, then it is put back; as it was before the branch, then there is nothing to do;
     * or anything else, then somebody changed it without asking for its global lock, and what to do is a person's decision. As
     * long as one row waits for that, none is changed: all of it is one local transaction.
     *
     * If there is no undo record, phase one has not committed, and must not any more: a record that is a fence takes the place
     * of the one that phase one would write.
     */
    private static final int ATTEMPTS_MAX = 5;

    /** Row locks are not waited for any longer: the coordinator will ask again. */
    private static final int QUERY_SECONDS_MAX = 10;

    private final DataSource database;
    private final Dialect dialect;
    private final UndoLog log;
    private final Tables tables;
    private final Images images;
    private final Values values;
    private final String space;

    Undo(DataSource database, Dialect dialect, UndoLog log, Tables tables, Images images, String space) {
        this.database = database;
        this.dialect = dialect;
        this.log = log;
        this.tables = tables;
        this.images = images;
        this.values = new Values(dialect);
        this.space = space;
    }

    /** Undoes a branch, and returns the rows that could not be undone; none if all are. */
    List<DirtyRow> rollback(Branch branch, Decision decision) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try (Connection connection = database.getConnection()) {
                boolean autoCommit = connection.getAutoCommit();
                connection.setAutoCommit(false);
                boolean done = false;
                try {
                    List<DirtyRow> dirty = undo(connection, branch, decision);
                    if (dirty.isEmpty()) {
                        connection.commit();
                        done = true;
                    }
                    return dirty;
                } finally {
                    if (!done) {
                        connection.rollback();
                    }
                    connection.setAutoCommit(autoCommit);
                }
            } catch (SQLException e) {
                // Phase one, or another call of this phase two, wrote the branch's record in between: look again.
                boolean again = attempt < ATTEMPTS_MAX && (e instanceof FenceRefused || e instanceof Images.StaleTable);
                if (!again) {
                    throw e;
                }
            }
        }
    }

    private static final class FenceRefused extends SQLException {
        FenceRefused(SQLException cause) {
            super("the branch has a record now", cause);
        }
    }

    private List<DirtyRow> undo(Connection connection, Branch branch, Decision decision) throws SQLException {
        Optional<UndoLog.Found> found = log.find(connection, branch);
        if (found.isEmpty()) {
            try {
                log.insertFence(connection, branch);
            } catch (SQLException e) {
                throw Sql.breaksConstraint(e) ? new FenceRefused(e) : e;
            }
            return List.of();
        }
        return switch (found.get()) {
            case UndoLog.Fence fence -> List.of();
            case UndoLog.Changes record -> {
                List<DirtyRow> dirty = new ArrayList<>();
                for (Change change : record.changes().reversed()) {
                    undo(connection, change, decision, dirty);
                }
                log.delete(connection, List.of(branch));
                yield dirty;
            }
        };
    }

    private void undo(Connection connection, Change change, Decision decision, List<DirtyRow> dirty)
            throws SQLException {
        String[] name = parts(change.table());
        Table table = tables.table(connection, space, name[0].isEmpty() ? null : name[0], name[1]);
        try {
            undo(connection, change, table, decision, dirty);
        } catch (Images.StaleTable e) {
            tables.forget(table);
            throw e;
        }
    }

    private void undo(Connection connection, Change change, Table table, Decision decision, List<DirtyRow> dirty)
            throws SQLException {
        Map<String, Row> before = byKey(table, change.before());
        Map<String, Row> after = byKey(table, change.after());
        Map<String, List<@Nullable Object>> keys = new LinkedHashMap<>();
        for (Row row : change.before()) {
            keys.put(table.lockKey(row), Images.key(table, row));
        }
        for (Row row : change.after()) {
            keys.putIfAbsent(table.lockKey(row), Images.key(table, row));
        }
        Map<String, Row> now = byKey(
                table,
                images.withKeys(
                        connection,
                        table,
                        List.copyOf(keys.values()),
                        change.kind() == Change.Kind.UPDATE ? columns(table, change) : null,
                        Images.FOR_UPDATE));
        for (String key : keys.keySet()) {
            DirtyRow row = new DirtyRow(table.lockName(), key, before.get(key), after.get(key), now.get(key));
            if (same(row.before(), row.now())) {
                continue;
            }
            if (same(row.after(), row.now()) || (decision.restores(row) && restorable(table, row))) {
                restore(connection, table, row);
            } else if (!decision.keeps(row)) {
                dirty.add(row);
            }
        }
    }

    /** The columns that an update's images show. */
    private static Set<Column> columns(Table table, Change change) throws SQLException {
        Set<Column> columns = new LinkedHashSet<>();
        for (Row row : change.before()) {
            for (Field field : row.fields()) {
                Column column = table.column(field.name());
                if (column == null) {
                    throw new SQLException("the undo record names column " + field.name() + " of " + table.sqlName()
                            + ", which is not there any more");
                }
                columns.add(column);
            }
        }
        return columns;
    }

    private static Map<String, Row> byKey(Table table, List<Row> rows) throws SQLException {
        Map<String, Row> byKey = new HashMap<>();
        for (Row row : rows) {
            byKey.put(table.lockKey(row), row);
        }
        return byKey;
    }

    static boolean same(@Nullable Row image, @Nullable Row now) {
        return image == null ? now == null : now != null && image.matches(now);
    }

    /** A row that is gone can be put back only if all of it is known. */
    private static boolean restorable(Table table, DirtyRow row) {
        Row before = row.before();
        return before == null
                || row.now() != null
                || table.columns().values().stream()
                        .allMatch(column ->
                                column.computed() || before.field(column.name()).isPresent());
    }

    /** Makes the row what it was before. */
    private void restore(Connection connection, Table table, DirtyRow row) throws SQLException {
        Row before = row.before();
        Row now = row.now();
        if (before == null) {
            if (now != null) {
                write(
                        connection,
                        "delete from " + table.sqlName() + " where " + images.keyEquals(table),
                        key(table, now));
            }
        } else if (now == null) {
            List<Field> fields = before.fields();
            String columns =
                    fields.stream().map(field -> dialect.quoted(field.name())).collect(Collectors.joining(","));
            String marks = fields.stream().map(field -> "?").collect(Collectors.joining(","));
            write(connection, dialect.insertOfOldRow(table.sqlName(), columns, marks), fields);
        } else {
            List<Field> fields = new ArrayList<>(
                    before.fields().stream().filter(field -> !field.key()).toList());
            String sets = fields.stream()
                    .map(field -> dialect.quoted(field.name()) + " = ?")
                    .collect(Collectors.joining(", "));
            fields.addAll(key(table, before));
            write(
                    connection,
                    "update " + table.sqlName() + " set " + sets + " where " + images.keyEquals(table),
                    fields);
        }
    }

    private static List<Field> key(Table table, Row row) {
        return table.key().stream()
                .map(column -> row.field(column.name()).orElseThrow())
                .toList();
    }

    private void write(Connection connection, String sql, List<Field> fields) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setQueryTimeout(QUERY_SECONDS_MAX);
            int index = 1;
            for (Field field : fields) {
                values.write(statement, index++, field.value());
            }
            statement.executeUpdate();
        }
    }

    /** Schema and table of a name as an undo record has it; either may be quoted. */
    static String[] parts(String name) {
        boolean quoted = false;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '"' || c == '`') {
                quoted = !quoted;
            } else if (c == '.' && !quoted) {
                return new String[] {name.substring(0, i), name.substring(i + 1)};
            }
        }
        return new String[] {"", name};
    }
}
