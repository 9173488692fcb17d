package dev.plinth.sdk.at;

import dev.plinth.sdk.at.AtRefusedException.Reason;
import dev.plinth.sdk.at.Table.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads rows of a table as they are at the moment. */
final class Images {

    /** Rows that one statement may change. */
    static final int ROWS_MAX = 10_000;

    /** Keys that one query names. */
    static final int KEYS_PER_QUERY_MAX = 500;

    static final String FOR_UPDATE = " for update";

    /** The table has other columns than was known: it has to be read anew. */
    static final class StaleTable extends SQLException {
        StaleTable(Table table) {
            super("the columns of " + table.sqlName() + " have changed; try again");
        }
    }

    private final Values values;
    private final Dialect dialect;

    Images(Dialect dialect) {
        this.dialect = dialect;
        this.values = new Values(dialect);
    }

    /**
     * The rows that a condition names.
     *
     * @param columns beside the primary key; null for all
     */
    List<Row> of(
            Connection connection,
            Table table,
            Plan.OnRows plan,
            Parameters parameters,
            @Nullable Set<Column> columns,
            String locking)
            throws SQLException {
        String sql = "select " + list(table, columns) + " from " + table.sqlName()
                + (plan.target().alias().isEmpty() ? "" : " " + plan.target().alias())
                + plan.condition().sql() + locking;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            parameters.apply(statement, plan.condition().parameters());
            statement.setMaxRows(ROWS_MAX + 1);
            List<Row> rows = rows(statement, table, columns);
            if (rows.size() > ROWS_MAX) {
                throw new AtRefusedException(
                        Reason.TOO_MANY_ROWS,
                        "one statement on " + table.sqlName() + " is about more than " + ROWS_MAX + " rows",
                        "change them in several statements, best in several transactions");
            }
            return rows;
        }
    }

    /** The rows with these primary keys, in any order. */
    List<Row> withKeys(
            Connection connection,
            Table table,
            List<List<@Nullable Object>> keys,
            @Nullable Set<Column> columns,
            String locking)
            throws SQLException {
        List<Row> found = new ArrayList<>(keys.size());
        for (int from = 0; from < keys.size(); from += KEYS_PER_QUERY_MAX) {
            List<List<@Nullable Object>> some = keys.subList(from, Math.min(keys.size(), from + KEYS_PER_QUERY_MAX));
            String sql = "select " + list(table, columns) + " from " + table.sqlName() + " where "
                    + keyIn(table, some.size()) + locking;
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                int index = 1;
                for (List<@Nullable Object> key : some) {
                    for (Object value : key) {
                        values.write(statement, index++, value);
                    }
                }
                found.addAll(rows(statement, table, columns));
            }
        }
        return found;
    }

    /** The values of a row's primary key, in the table's order. */
    static List<@Nullable Object> key(Table table, Row row) {
        return table.key().stream()
                .<@Nullable Object>map(
                        column -> row.field(column.name()).orElseThrow().value())
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private String keyIn(Table table, int count) {
        if (table.key().size() == 1) {
            return dialect.quoted(table.key().getFirst().name()) + " in ("
                    + String.join(",", Collections.nCopies(count, "?")) + ")";
        }
        String one = "(" + String.join(",", Collections.nCopies(table.key().size(), "?")) + ")";
        return "("
                + table.key().stream()
                        .map(column -> dialect.quoted(column.name()))
                        .collect(Collectors.joining(",")) + ") in (" + String.join(",", Collections.nCopies(count, one))
                + ")";
    }

    /** The condition on one row's primary key. */
    String keyEquals(Table table) {
        return table.key().stream()
                .map(column -> dialect.quoted(column.name()) + " = ?")
                .collect(Collectors.joining(" and "));
    }

    private String list(Table table, @Nullable Set<Column> columns) {
        if (columns == null) {
            return "*";
        }
        Set<Column> all = new LinkedHashSet<>(table.key());
        all.addAll(columns);
        return all.stream().map(column -> dialect.quoted(column.name())).collect(Collectors.joining(","));
    }

    private List<Row> rows(PreparedStatement statement, Table table, @Nullable Set<Column> columns)
            throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            ResultSetMetaData head = rows.getMetaData();
            int count = head.getColumnCount();
            if (columns == null && count != table.columns().size()) {
                throw new StaleTable(table);
            }
            List<Column> read = new ArrayList<>(count);
            for (int i = 1; i <= count; i++) {
                Column column = table.columns().get(head.getColumnName(i));
                if (column == null) {
                    throw new StaleTable(table);
                }
                read.add(column);
            }
            List<Row> found = new ArrayList<>();
            while (rows.next()) {
                List<Field> fields = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    Column column = read.get(i);
                    // The database computes it anew when the row is restored.
                    if (!column.computed()) {
                        fields.add(new Field(
                                column.name(), table.isKey(column), column.type(), values.read(rows, i + 1, column)));
                    }
                }
                found.add(new Row(fields));
            }
            return found;
        }
    }
}
