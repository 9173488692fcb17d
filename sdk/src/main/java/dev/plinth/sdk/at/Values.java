package dev.plinth.sdk.at;

import dev.plinth.sdk.at.Table.Column;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads values so that they can be kept, and writes them back as they were. */
final class Values {
    /*
     * What only a driver has a class for (json, inet, intervals, arrays) is kept as the text that the database writes for it, and
     * given back as text without a type, which the database reads as what the column is.
     */

    private final Dialect dialect;

    Values(Dialect dialect) {
        this.dialect = dialect;
    }

    @Nullable
    Object read(ResultSet rows, int index, Column column) throws SQLException {
        return switch (dialect) {
            case POSTGRESQL -> readPostgres(rows, index, column);
            case MYSQL -> readMysql(rows, index, column);
        };
    }

    private static @Nullable Object readPostgres(ResultSet rows, int index, Column column) throws SQLException {
        // java.sql.Time has no fractions of a second, the driver takes money for a double, and of an array the text
        // will do.
        if (column.type() == Types.TIME
                || column.type() == Types.ARRAY
                || column.typeName().equals("money")) {
            return driverText(rows, index, column);
        }
        Object value = rows.getObject(index);
        return switch (value) {
            case null -> null;
            case String text -> text;
            case Boolean truth -> truth;
            case Number number -> number;
            case Timestamp time -> time;
            case Date date -> date;
            case UUID id -> id;
            case byte[] bytes -> bytes;
            default -> driverText(rows, index, column);
        };
    }

    private static Field.@Nullable DriverText driverText(ResultSet rows, int index, Column column) throws SQLException {
        String text = rows.getString(index);
        return text == null ? null : new Field.DriverText(column.typeName(), text);
    }

    private static @Nullable Object readMysql(ResultSet rows, int index, Column column) throws SQLException {
        if (column.typeName().equalsIgnoreCase("YEAR")) {
            short year = rows.getShort(index);
            return rows.wasNull() ? null : (Object) (int) year;
        }
        Object value = rows.getObject(index);
        return switch (value) {
            case null -> null;
            case Blob blob -> rows.getBytes(index);
            case Clob clob -> rows.getString(index);
            case Time time -> rows.getString(index);
            case byte[] bytes -> bytes;
            default -> value;
        };
    }

    void write(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        switch (value) {
            case null -> statement.setNull(index, Types.NULL);
            case String text when dialect == Dialect.POSTGRESQL -> statement.setObject(index, text, Types.OTHER);
            case String text -> statement.setString(index, text);
            case Field.DriverText text
            when dialect == Dialect.POSTGRESQL -> statement.setObject(index, text.text(), Types.OTHER);
            case Field.DriverText text -> statement.setString(index, text.text());
            case byte[] bytes -> statement.setBytes(index, bytes);
            case Timestamp time -> statement.setTimestamp(index, time);
            case LocalDateTime time -> statement.setObject(index, time);
            default -> statement.setObject(index, value);
        }
    }
}
