package dev.plinth.sdk.at;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.transactions.Branches;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Takes the global locks of rows, and waits for them within bounds. */
final class GlobalLocks {
    /*
     * The order is: first the global lock, then the row. Who waits here has not locked the rows that he waits for, so a
     * transaction that holds their global locks and rolls back always gets to them. Seata's client does it the other way round,
     * for it learns the rows' keys by locking them: its waiters hold the very rows that a rollback needs, which then fails and
     * waits for their time-out.
     *
     * Plinth's coordinator waits itself, and is asked once; Seata's answers at once, and is asked again, ever less often.
     */
    private static final long PAUSE_MS_FIRST = 1;
    private static final long PAUSE_MS_MAX = 32;

    /** A row: its table's name in lock keys, and its key's. */
    record LockKey(String table, String key) {}

    private final Branches branches;
    private final String resourceId;
    private final Duration waitMax;

    GlobalLocks(Branches branches, String resourceId, Duration waitMax) {
        this.branches = branches;
        this.resourceId = resourceId;
        this.waitMax = waitMax;
    }

    /**
     * Registers a branch that holds these locks.
     *
     * @return its id
     * @throws GlobalLockException if they are not free for as long as one waits
     */
    long acquire(String xid, Collection<LockKey> keys) throws GlobalLockException {
        String text = text(keys);
        Attempt attempt = new Attempt(xid, text);
        if (!waited(attempt)) {
            throw new GlobalLockException("waited " + patience().toMillis() + " ms for a global lock: " + attempt.why);
        }
        return attempt.branchId;
    }

    /** The same without waiting. */
    OptionalLong tryAcquire(String xid, Collection<LockKey> keys) {
        Attempt attempt = new Attempt(xid, text(keys));
        return attempt.test(Duration.ZERO) ? OptionalLong.of(attempt.branchId) : OptionalLong.empty();
    }

    /**
     * Waits until nobody else holds these locks. Takes none.
     *
     * @param xid the asker; empty if it belongs to no global transaction
     */
    void awaitFree(String xid, Collection<LockKey> keys) throws GlobalLockException {
        if (!waited(left -> free(xid, keys))) {
            throw new GlobalLockException(
                    "waited " + patience().toMillis() + " ms for others' global locks of " + text(keys));
        }
    }

    boolean free(String xid, Collection<LockKey> keys) {
        return keys.isEmpty() || branches.lockable(xid, resourceId, text(keys));
    }

    private Duration patience() {
        Optional<Duration> remaining = branches.remaining();
        return remaining.isPresent() && remaining.get().compareTo(waitMax) < 0 ? remaining.get() : waitMax;
    }

    /** @param attempt may itself wait for so long */
    private boolean waited(Predicate<Duration> attempt) {
        long deadline = System.nanoTime() + patience().toNanos();
        long pauseMs = PAUSE_MS_FIRST;
        while (!attempt.test(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            pause(pauseMs);
            pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
        }
        return true;
    }

    /** Between half of it and all, so that those who wait together do not ask together. */
    private static void pause(long millis) {
        try {
            Thread.sleep(Duration.ofNanos(ThreadLocalRandom.current().nextLong(millis * 500_000, millis * 1_000_000)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlinthException(Code.UNAVAILABLE, "interrupted while waiting for a global lock", e);
        }
    }

    /** In Seata's form: {@code table:key,key;table:key}. */
    static String text(Collection<LockKey> keys) {
        Map<String, StringBuilder> byTable = new LinkedHashMap<>();
        for (LockKey key : keys) {
            StringBuilder text = byTable.computeIfAbsent(key.table(), table -> new StringBuilder());
            text.append(text.isEmpty() ? key.table() + ":" : ",").append(key.key());
        }
        return String.join(";", byTable.values());
    }

    private final class Attempt implements Predicate<Duration> {
        private final String xid;
        private final String keys;
        private long branchId;
        private @Nullable String why;

        Attempt(String xid, String keys) {
            this.xid = xid;
            this.keys = keys;
        }

        @Override
        public boolean test(Duration wait) {
            return switch (branches.register(xid, resourceId, keys, wait)) {
                case Branches.Registered registered -> {
                    branchId = registered.branchId();
                    yield true;
                }
                case Branches.Locked locked -> {
                    why = locked.why();
                    yield false;
                }
            };
        }
    }
}
