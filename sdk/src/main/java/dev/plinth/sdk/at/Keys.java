package dev.plinth.sdk.at;

import dev.plinth.sdk.at.GlobalLocks.LockKey;
import dev.plinth.sdk.at.Plan.Operand;
import dev.plinth.sdk.at.Table.Column;
import java.math.BigInteger;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Primary keys of rows: from images, and from statements before they run. */
final class Keys {
    /*
     * Most statements name their rows by primary key, and then the keys can be had without asking the database. They must come
     * out as the database's driver gives them, for they are compared as text; where that is not certain, there is no prediction.
     */

    /** Rows that a prediction may name; beyond, the database is asked. */
    private static final int PREDICTED_MAX = 1_000;

    private Keys() {}

    static Set<LockKey> of(Table table, List<Row> rows) throws AtRefusedException {
        Set<LockKey> keys = new LinkedHashSet<>();
        for (Row row : rows) {
            keys.add(new LockKey(table.lockName(), table.lockKey(row)));
        }
        return keys;
    }

    /** Keys of all rows that the condition can be about, maybe of some more; empty if they cannot be told. */
    static Optional<List<List<@Nullable Object>>> predicted(
            Table table, Plan.Condition condition, Parameters parameters) {
        List<List<@Nullable Object>> keys = new ArrayList<>();
        keys.add(List.of());
        for (Column column : table.key()) {
            List<Operand> operands = equalTo(column, condition);
            if (operands.isEmpty() || (long) keys.size() * operands.size() > PREDICTED_MAX) {
                return Optional.empty();
            }
            List<List<@Nullable Object>> longer = new ArrayList<>();
            for (Operand operand : operands) {
                Optional<Object> value = value(operand, column, parameters);
                if (value.isEmpty()) {
                    return Optional.empty();
                }
                for (List<@Nullable Object> key : keys) {
                    List<@Nullable Object> more = new ArrayList<>(key);
                    more.add(value.get());
                    longer.add(more);
                }
            }
            keys = longer;
        }
        return Optional.of(keys);
    }

    private static List<Operand> equalTo(Column column, Plan.Condition condition) {
        return condition.equalities().entrySet().stream()
                .filter(entry -> bare(entry.getKey()).equalsIgnoreCase(column.name()))
                .findFirst()
                .map(java.util.Map.Entry::getValue)
                .orElse(List.of());
    }

    /** A name without its quotes. */
    static String bare(String name) {
        boolean quoted = name.length() > 1 && (name.charAt(0) == '"' || name.charAt(0) == '`');
        return quoted ? name.substring(1, name.length() - 1) : name;
    }

    /** The value as the database will give it back; empty if that is not certain. */
    static Optional<Object> value(Operand operand, Column column, Parameters parameters) {
        Optional<Object> given = switch (operand) {
            case Plan.Parameter parameter -> parameters.value(parameter.number());
            case Plan.Constant constant -> Optional.ofNullable(constant.value());
            case Plan.Unknown unknown -> Optional.empty();
        };
        return given.flatMap(value -> asStored(value, column));
    }

    private static Optional<Object> asStored(Object value, Column column) {
        return switch (column.type()) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> integer(value);
            case Types.VARCHAR, Types.LONGVARCHAR -> value instanceof String ? Optional.of(value) : Optional.empty();
            default -> column.typeName().equals("uuid") ? uuid(value) : Optional.empty();
        };
    }

    private static Optional<Object> integer(Object value) {
        return switch (value) {
            case Byte number -> Optional.of(BigInteger.valueOf(number));
            case Short number -> Optional.of(BigInteger.valueOf(number));
            case Integer number -> Optional.of(BigInteger.valueOf(number));
            case Long number -> Optional.of(BigInteger.valueOf(number));
            case BigInteger number -> Optional.of(number);
            default -> Optional.empty();
        };
    }

    private static Optional<Object> uuid(Object value) {
        if (value instanceof UUID) {
            return Optional.of(value);
        }
        try {
            return Optional.of(UUID.fromString(value.toString().toLowerCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // the database may know a form that we do not
        }
    }

    static Set<LockKey> locks(Table table, List<List<@Nullable Object>> keys) throws SQLException {
        Set<LockKey> locks = new LinkedHashSet<>();
        for (List<@Nullable Object> key : keys) {
            locks.add(new LockKey(table.lockName(), table.lockKey(key)));
        }
        return locks;
    }
}
