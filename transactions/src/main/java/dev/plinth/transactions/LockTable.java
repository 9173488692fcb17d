package dev.plinth.transactions;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which transaction holds which row. */
final class LockTable {
    /*
     * Not part of a snapshot: which branches hold their locks is, and this table follows from them.
     *
     * A row that several branches of one transaction named is locked until the last of them lets go. Were it free with the first,
     * a rollback in progress could lose the row that it has still to undo.
     *
     * There may be millions of rows, nearly all of them named by one branch: the rows of a branch share one Lock.
     */
    private record Lock(TransactionId holder, int branches) {}

    private final Map<String, Map<LockKey, Lock>> byResource = new HashMap<>();
    private int size;

    /** Rows that are locked. */
    int size() {
        return size;
    }

    @Nullable
    TransactionId holder(String resourceId, LockKey key) {
        var locks = byResource.get(resourceId);
        var lock = locks == null ? null : locks.get(key);
        return lock == null ? null : lock.holder();
    }

    /** Locks rows that are free, or that {@code holder} has locked already. */
    void lock(TransactionId holder, String resourceId, List<LockKey> keys) {
        if (keys.isEmpty()) {
            return;
        }
        var locks = byResource.computeIfAbsent(resourceId, _ -> new HashMap<>());
        var first = new Lock(holder, 1);
        for (LockKey key : keys) {
            var lock = locks.putIfAbsent(key, first);
            if (lock == null) {
                size++;
            } else if (lock.holder().equals(holder)) {
                locks.put(key, new Lock(holder, lock.branches() + 1));
            } else {
                throw new IllegalStateException(
                        "row " + key + " of " + resourceId + " is locked by " + lock.holder() + ", not by " + holder);
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
            var lock = locks == null ? null : locks.get(key);
            if (locks == null || lock == null || !lock.holder().equals(holder)) {
                throw new IllegalStateException("row " + key + " of " + resourceId + " is not locked by " + holder);
            }
            if (lock.branches() > 1) {
                locks.put(key, new Lock(holder, lock.branches() - 1));
            } else {
                locks.remove(key);
                size--;
            }
        }
        if (locks != null && locks.isEmpty()) {
            byResource.remove(resourceId);
        }
    }
}
