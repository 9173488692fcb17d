package dev.plinth.transactions;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Which transaction holds which row. */
final class LockTable {
    /*
     * Not part of a snapshot: which branches hold their locks is, and this table follows from them.
     *
     * A row that several branches of one transaction named is locked until the last of them lets go. Were it free with the first,
     * a rollback in progress could lose the row that it has still to undo.
     *
     * There may be millions of rows, nearly all of them named by one branch: for such a row there is no object but the holder's id,
     * which the transaction has anyway. Only rows that several branches named have their count beside them.
     */
    private static final class Locks {
        final Map<LockKey, TransactionId> holders = new HashMap<>();
        final Map<LockKey, Integer> countsAboveOne = new HashMap<>();
    }

    private final BiConsumer<String, LockKey> freed;
    private final Map<String, Locks> byResource = new HashMap<>();
    private int size;

    /** @param freed told of each row that nobody holds any more */
    LockTable(BiConsumer<String, LockKey> freed) {
        this.freed = freed;
    }

    /** Rows that are locked. */
    int size() {
        return size;
    }

    @Nullable
    TransactionId holder(String resourceId, LockKey key) {
        var locks = byResource.get(resourceId);
        return locks == null ? null : locks.holders.get(key);
    }

    /** Whether any row of a resource is locked. */
    boolean any(String resourceId) {
        return byResource.containsKey(resourceId);
    }

    /** Locks rows that are free, or that {@code holder} has locked already. */
    void lock(TransactionId holder, String resourceId, List<LockKey> keys) {
        if (keys.isEmpty()) {
            return;
        }
        var locks = byResource.computeIfAbsent(resourceId, _ -> new Locks());
        for (LockKey key : keys) {
            var before = locks.holders.putIfAbsent(key, holder);
            if (before == null) {
                size++;
            } else if (before.equals(holder)) {
                locks.countsAboveOne.merge(key, 2, (count, _) -> count + 1);
            } else {
                throw new IllegalStateException(
                        "row " + key + " of " + resourceId + " is locked by " + before + ", not by " + holder);
            }
        }
    }

    /** Undoes one {@link #lock} with the same keys. */
    void unlock(TransactionId holder, String resourceId, List<LockKey> keys) {
        if (keys.isEmpty()) {
            return;
        }
        var locks = byResource.get(resourceId);
        for (LockKey key : keys) {
            if (locks == null || !holder.equals(locks.holders.get(key))) {
                throw new IllegalStateException("row " + key + " of " + resourceId + " is not locked by " + holder);
            }
            if (locks.countsAboveOne.containsKey(key)) {
                locks.countsAboveOne.computeIfPresent(key, (_, count) -> count > 2 ? count - 1 : null);
            } else {
                locks.holders.remove(key);
                size--;
                freed.accept(resourceId, key);
            }
        }
        if (locks != null && locks.holders.isEmpty()) {
            byResource.remove(resourceId);
        }
    }
}
