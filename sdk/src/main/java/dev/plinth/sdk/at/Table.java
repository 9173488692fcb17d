package dev.plinth.sdk.at;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What AT has to know of a table.
 *
 * @param sqlName as SQL names it from anywhere in the database
 * @param lockName as lock keys name it
 * @param columns by name
 * @param key the primary key's columns, in the order in which lock keys name them
 * @param cascades a foreign key that changes other tables' rows when one of this table is deleted; or none
 */
record Table(
        String sqlName,
        String lockName,
        Map<String, Column> columns,
        List<Column> key,
        @Nullable String cascades) {

    /**
     * @param type of {@link java.sql.Types}
     * @param computed the database computes its value, and takes none
     * @param renewed the database gives it a new value with each update
     */
    record Column(String name, int type, String typeName, boolean computed, boolean renewed) {}

    Table {
        columns = new LinkedHashMap<>(columns);
        key = List.copyOf(key);
    }

    boolean isKey(Column column) {
        return key.contains(column);
    }

    /** The column that a statement means; null if there is none of this name. */
    @Nullable
    Column column(String name) {
        Column exact = columns.get(name);
        if (exact != null) {
            return exact;
        }
        return columns.values().stream()
                .filter(column -> column.name().equalsIgnoreCase(name))
                .findFirst()
                .orElse(null);
    }

    /** The lock key of one row, as Seata writes it. */
    String lockKey(Row row) throws AtRefusedException {
        List<@Nullable Object> values = key.stream()
                .<@Nullable Object>map(column -> row.field(column.name())
                        .orElseThrow(() -> new IllegalStateException("an image of " + sqlName + " without its key"))
                        .value())
                .collect(Collectors.toList());
        return lockKey(values);
    }

    /** The lock key of a row with these values of its primary key. */
    String lockKey(List<@Nullable Object> keyValues) throws AtRefusedException {
        StringBuilder text = new StringBuilder();
        for (Object value : keyValues) {
            if (!text.isEmpty()) {
                text.append('_');
            }
            text.append(value instanceof byte[] bytes ? java.util.Arrays.toString(bytes) : String.valueOf(value));
        }
        boolean binary = keyValues.stream().anyMatch(byte[].class::isInstance);
        if (text.isEmpty() || (!binary && text.indexOf(",") >= 0) || text.indexOf(";") >= 0) {
            throw new AtRefusedException(
                    AtRefusedException.Reason.KEY_VALUE,
                    "the primary key '" + text + "' of " + sqlName
                            + " cannot be named in a lock: it is empty, or has ',' or ';'",
                    "change such rows outside of global transactions, or by TCC");
        }
        return text.toString();
    }
}
