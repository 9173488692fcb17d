package dev.plinth.sdk.at;

import java.math.BigDecimal;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One column's value in one row, as it was at some time.
 *
 * @param type of {@link java.sql.Types}
 */
record Field(String name, boolean key, int type, @Nullable Object value) {

    /** A value that only its driver has a class for, as text. */
    record DriverText(String type, String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** Whether both are the same value, whatever class a driver or an undo record has put it into. */
    static boolean same(@Nullable Object one, @Nullable Object other) {
        if (one == null || other == null) {
            return one == null && other == null;
        }
        if (one instanceof byte[] bytes) {
            return other instanceof byte[] others && Arrays.equals(bytes, others);
        }
        if (one instanceof Number number && other instanceof Number others) {
            return sameNumber(number, others);
        }
        return one.equals(other)
                || timestamp(one).equals(timestamp(other))
                || one.toString().equals(other.toString());
    }

    private static boolean sameNumber(Number one, Number other) {
        if (finite(one) && finite(other)) {
            return new BigDecimal(one.toString()).compareTo(new BigDecimal(other.toString())) == 0;
        }
        return Double.compare(one.doubleValue(), other.doubleValue()) == 0;
    }

    private static boolean finite(Number number) {
        return !(number instanceof Double || number instanceof Float) || Double.isFinite(number.doubleValue());
    }

    private static Object timestamp(Object value) {
        return value instanceof LocalDateTime time ? Timestamp.valueOf(time) : value;
    }

    /** As a person reads it. */
    String text() {
        return value instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(value);
    }
}
