package dev.plinth.transactions;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One row that a branch changes, in the resource of that branch: what a global lock locks. Immutable, and equal by value. */
public final class LockKey {
    /*
     * There may be millions, and nearly all keys are numbers: as a number in the object itself, a key takes a third of what it takes
     * as a text. A text that a number would not be written as, "007" or "+7", stays what it is.
     */
    private static final int NUMBER_CHARS_MAX = 18;

    private final String table;
    private final long number;
    private final @Nullable String text;

    /**
     * A row by its key.
     *
     * @param table as the participant writes it
     * @param primaryKey the row's key values as the participant writes them; those of a composite key are joined by {@code _}
     */
    public LockKey(String table, String primaryKey) {
        if (table.isBlank() || primaryKey.isBlank()) {
            throw new IllegalArgumentException(
                    "a lock key has a table and a primary key, not '" + table + "' and '" + primaryKey + "'");
        }
        TransactionLimits.check(
                "a lock key's characters", table.length() + primaryKey.length(), TransactionLimits.LOCK_KEY_CHARS_MAX);
        this.table = table;
        boolean isNumber = isNumber(primaryKey);
        number = isNumber ? Long.parseLong(primaryKey) : 0;
        text = isNumber ? null : primaryKey;
    }

    private LockKey(String table, LockKey other) {
        this.table = table;
        number = other.number;
        text = other.text;
    }

    private static boolean isNumber(String key) {
        boolean leadingZero = key.length() > 1 && key.charAt(0) == '0';
        if (leadingZero || key.length() > NUMBER_CHARS_MAX) {
            return false;
        }
        for (int i = 0; i < key.length(); i++) {
            if (key.charAt(i) < '0' || key.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    /** The same row, with another object for the equal name of its table. */
    LockKey inTable(String sameName) {
        return new LockKey(sameName, this);
    }

    public String table() {
        return table;
    }

    public String primaryKey() {
        return text == null ? Long.toString(number) : text;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LockKey key
                && number == key.number
                && Objects.equals(text, key.text)
                && table.equals(key.table);
    }

    @Override
    public int hashCode() {
        return 31 * table.hashCode() + (text == null ? Long.hashCode(number) : text.hashCode());
    }

    @Override
    public String toString() {
        return table + ":" + primaryKey();
    }

    /**
     * Reads Seata's form, {@code table:key,key;table:key}. An empty text has no keys; a key that is named twice counts once.
     *
     * @throws IllegalArgumentException if a part has no table or no key
     */
    public static List<LockKey> parse(String text) {
        if (text.isBlank()) {
            return List.of();
        }
        Set<LockKey> keys = new LinkedHashSet<>();
        int start = 0;
        while (start < text.length()) {
            int semicolon = text.indexOf(';', start);
            int end = semicolon < 0 ? text.length() : semicolon;
            if (end > start) {
                parseTable(text, start, end, keys);
            }
            start = end + 1;
        }
        return List.copyOf(new ArrayList<>(keys));
    }

    private static void parseTable(String text, int start, int end, Set<LockKey> keys) {
        int colon = text.indexOf(':', start);
        if (colon <= start || colon >= end - 1) {
            throw new IllegalArgumentException(
                    "lock keys are written table:key,key;table:key, not '" + text.substring(start, end) + "'");
        }
        String table = text.substring(start, colon);
        int from = colon + 1;
        while (from < end) {
            int comma = text.indexOf(',', from);
            int to = comma < 0 || comma > end ? end : comma;
            String key = text.substring(from, to);
            if (!key.isBlank()) {
                keys.add(new LockKey(table, key));
            }
            from = to + 1;
        }
    }
}
