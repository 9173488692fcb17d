package dev.plinth.sdk.at;

import dev.plinth.sdk.at.Table.Column;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The tables of one database, read from its catalogue when they are first needed. */
final class Tables {
    /*
     * A table may change while we know it. Images of whole rows are read with "*" and compared with what is known here; a column
     * that is new or gone has the table read again. So a stale entry costs a second reading, never a column.
     */

    /** Tables that are kept; beyond, all are read anew. */
    static final int TABLES_MAX = 10_000;

    /** One of catalog and schema is empty. */
    private record Name(String catalog, String schema, String table) {}

    private final Dialect dialect;
    private final Map<Name, Table> known = new ConcurrentHashMap<>();

    Tables(Dialect dialect) {
        this.dialect = dialect;
    }

    /**
     * @param space the schema (PostgreSQL) or database (MySQL) of names that are written without one
     * @param schema as a statement wrote it; null if it did not
     * @param table as a statement wrote it
     */
    Table table(Connection connection, String space, @Nullable String schema, String table) throws SQLException {
        String in = schema == null ? space : dialect.nameOf(schema);
        Name name = switch (dialect) {
            case POSTGRESQL -> new Name("", in, dialect.nameOf(table));
            case MYSQL -> new Name(in, "", dialect.nameOf(table));
        };
        Table found = known.get(name);
        if (found == null) {
            if (known.size() >= TABLES_MAX) {
                known.clear();
            }
            found = read(connection, space, name);
            known.put(name, found);
        }
        return found;
    }

    void forget(Table table) {
        known.values().remove(table);
    }

    private Table read(Connection connection, String space, Name name) throws SQLException {
        DatabaseMetaData catalogue = connection.getMetaData();
        String catalog = name.catalog().isEmpty() ? null : name.catalog();
        String schema = name.schema().isEmpty() ? null : name.schema();
        Set<String> renewed = renewed(connection, name);
        Map<String, Column> columns = new LinkedHashMap<>();
        String escape = catalogue.getSearchStringEscape();
        try (ResultSet rows =
                catalogue.getColumns(catalog, pattern(schema, escape), pattern(name.table(), escape), "%")) {
            while (rows.next()) {
                String column = rows.getString("COLUMN_NAME");
                columns.put(
                        column,
                        new Column(
                                column,
                                rows.getInt("DATA_TYPE"),
                                rows.getString("TYPE_NAME"),
                                "YES".equals(rows.getString("IS_GENERATEDCOLUMN")),
                                renewed.contains(column)));
            }
        }
        if (columns.isEmpty()) {
            throw new SQLException(
                    "there is no table " + name.table() + " in " + name.schema() + name.catalog(), "42P01");
        }
        List<Column> key = key(catalogue, catalog, schema, name.table(), columns);
        if (key.isEmpty()) {
            throw new AtRefusedException(
                    AtRefusedException.Reason.NO_PRIMARY_KEY,
                    "table " + name.table() + " has no primary key, so its rows can be neither locked nor restored",
                    "give it one, or change it outside of global transactions");
        }
        String sqlName = switch (dialect) {
            case POSTGRESQL -> plainOrQuoted(name.schema()) + "." + plainOrQuoted(name.table());
            case MYSQL ->
                name.catalog().equals(space)
                        ? dialect.quoted(name.table())
                        : dialect.quoted(name.catalog()) + "." + dialect.quoted(name.table());
        };
        // As Seata: without the schema that is everybody's default.
        String lockName = name.schema().isEmpty() || name.schema().equals("public")
                ? name.table()
                : name.schema() + "." + name.table();
        return new Table(sqlName, lockName, columns, key, cascades(catalogue, catalog, schema, name.table()));
    }

    private String plainOrQuoted(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : dialect.quoted(name);
    }

    private static @Nullable String pattern(@Nullable String name, String escape) {
        return name == null
                ? null
                : name.replace(escape, escape + escape)
                        .replace("_", escape + "_")
                        .replace("%", escape + "%");
    }

    private static List<Column> key(
            DatabaseMetaData catalogue,
            @Nullable String catalog,
            @Nullable String schema,
            String table,
            Map<String, Column> columns)
            throws SQLException {
        Map<Short, String> bySequence = new TreeMap<>();
        try (ResultSet rows = catalogue.getPrimaryKeys(catalog, schema, table)) {
            while (rows.next()) {
                bySequence.put(rows.getShort("KEY_SEQ"), rows.getString("COLUMN_NAME"));
            }
        }
        // Seata joins the parts of a composite key in the order in which a HashMap of their names has them. So do we,
        // for
        // locks exclude one another only under the same key.
        Map<String, Column> seatasOrder = new HashMap<>();
        bySequence.values().forEach(name -> seatasOrder.put(name, columns.get(name)));
        return new ArrayList<>(seatasOrder.values());
    }

    private static @Nullable String cascades(
            DatabaseMetaData catalogue, @Nullable String catalog, @Nullable String schema, String table)
            throws SQLException {
        try (ResultSet rows = catalogue.getExportedKeys(catalog, schema, table)) {
            while (rows.next()) {
                short rule = rows.getShort("DELETE_RULE");
                if (rule == DatabaseMetaData.importedKeyCascade
                        || rule == DatabaseMetaData.importedKeySetNull
                        || rule == DatabaseMetaData.importedKeySetDefault) {
                    return rows.getString("FK_NAME") + " of " + rows.getString("FKTABLE_NAME");
                }
            }
        }
        return null;
    }

    private Set<String> renewed(Connection connection, Name name) throws SQLException {
        Set<String> columns = new HashSet<>();
        if (dialect == Dialect.MYSQL) {
            try (PreparedStatement statement = connection.prepareStatement(
                    "select column_name from information_schema.columns where table_schema = ? and table_name = ?"
                            + " and extra like '%on update%'")) {
                statement.setString(1, name.catalog());
                statement.setString(2, name.table());
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        columns.add(rows.getString(1));
                    }
                }
            }
        }
        return columns;
    }
}
