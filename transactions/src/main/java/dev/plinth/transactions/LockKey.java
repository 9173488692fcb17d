package dev.plinth.transactions;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One row that a branch changes, in the resource of that branch: what a global lock locks.
 *
 * @param table as the participant writes it
 * @param primaryKey the row's key values as the participant writes them; those of a composite key are joined by {@code _}
 */
public record LockKey(String table, String primaryKey) {
    public LockKey {
        if (table.isBlank() || primaryKey.isBlank()) {
            throw new IllegalArgumentException(
                    "a lock key has a table and a primary key, not '" + table + "' and '" + primaryKey + "'");
        }
        TransactionLimits.check(
                "a lock key's characters", table.length() + primaryKey.length(), TransactionLimits.LOCK_KEY_CHARS_MAX);
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
