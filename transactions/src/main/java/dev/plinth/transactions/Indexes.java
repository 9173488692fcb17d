package dev.plinth.transactions;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What follows from the transactions and has to be found fast: which rows they hold, whose time is over, who ended. */
final class Indexes {
    /*
     * In no snapshot, and changed in one place only: whenever a transaction takes the place of its former self. So no rule of the
     * engine can forget to keep an index, and a restored engine has the same ones.
     */
    static final String ENDED = "ended/";

    /** When an undecided transaction is rolled back. */
    private record Deadline(long seconds, int nanos, TransactionId transaction) implements Comparable<Deadline> {
        Deadline(Transaction transaction) {
            this(transaction.deadline(), transaction.id());
        }

        private Deadline(Instant at, TransactionId transaction) {
            this(at.getEpochSecond(), at.getNano(), transaction);
        }

        Instant at() {
            return Instant.ofEpochSecond(seconds, nanos);
        }

        @Override
        public int compareTo(Deadline other) {
            int bySeconds = Long.compare(seconds, other.seconds);
            int byTime = bySeconds != 0 ? bySeconds : Integer.compare(nanos, other.nanos);
            return byTime != 0 ? byTime : transaction.compareTo(other.transaction);
        }
    }

    private final LockTable locks;
    private final TreeSet<Deadline> deadlines = new TreeSet<>();
    private final TreeMap<String, TransactionId> ended = new TreeMap<>();
    private int unsettled;
    private long heapBytes;

    /** @param locks where it locks what the transactions hold */
    Indexes(LockTable locks) {
        this.locks = locks;
    }

    static String key(TransactionId id) {
        return ENDED + id.hex();
    }

    /** One of the two may be missing: a transaction comes, or goes. */
    void replaced(@Nullable Transaction before, @Nullable Transaction after) {
        relock(before, after);
        heapBytes += (after == null ? 0 : HeapShare.bytes(after)) - (before == null ? 0 : HeapShare.bytes(before));
        boolean wasOpen = before != null && before.undecided();
        boolean isOpen = after != null && after.undecided();
        if (before != null && wasOpen && !isOpen) {
            deadlines.remove(new Deadline(before));
        } else if (after != null && isOpen && !wasOpen) {
            deadlines.add(new Deadline(after));
        }
        if (before != null && before.over() && after == null) {
            ended.remove(key(before.id()));
        } else if (after != null && after.over()) {
            ended.put(key(after.id()), after.id());
        }
        unsettled += (after != null && after.unsettled() ? 1 : 0) - (before != null && before.unsettled() ? 1 : 0);
    }

    @SuppressWarnings(
            "ReferenceEquality") // Most changes leave the list of branches alone; then there is nothing to compare.
    private void relock(@Nullable Transaction before, @Nullable Transaction after) {
        List<Branch> old = before == null ? List.of() : before.branches();
        List<Branch> now = after == null ? List.of() : after.branches();
        if (old == now) {
            return;
        }
        if (after != null && now.size() < old.size()) {
            // A branch went out of the middle. What stays is locked twice for a moment, so that nobody is told that it
            // is free.
            now.forEach(this::lock);
            old.forEach(this::unlock);
            return;
        }
        for (int i = 0; i < Math.max(old.size(), now.size()); i++) {
            boolean was = i < old.size() && old.get(i).locked();
            boolean is = i < now.size() && now.get(i).locked();
            if (was && !is) {
                unlock(old.get(i));
            } else if (is && !was) {
                lock(now.get(i));
            }
        }
    }

    private void lock(Branch branch) {
        if (branch.locked()) {
            var asked = branch.asked();
            locks.lock(asked.transaction(), asked.resourceId(), asked.lockKeys());
        }
    }

    private void unlock(Branch branch) {
        if (branch.locked()) {
            var asked = branch.asked();
            locks.unlock(asked.transaction(), asked.resourceId(), asked.lockKeys());
        }
    }

    /** What the transactions take of the heap, about. */
    long heapBytes() {
        return heapBytes;
    }

    int unsettled() {
        return unsettled;
    }

    int ended() {
        return ended.size();
    }

    @Nullable
    TransactionId ended(String key) {
        return ended.get(key);
    }

    /** The keys of ended transactions, as {@code Engine.keys} wants them. */
    List<String> ended(String prefix, String after, int limit) {
        List<String> page = new ArrayList<>();
        var from = prefix.compareTo(after) > 0 ? ended.tailMap(prefix, true) : ended.tailMap(after, false);
        for (String key : from.keySet()) {
            if (page.size() == limit || !key.startsWith(prefix)) {
                break;
            }
            page.add(key);
        }
        return page;
    }

    @Nullable
    Instant firstDeadline() {
        return deadlines.isEmpty() ? null : deadlines.first().at();
    }

    /** The undecided transactions whose time is over, at most so many. */
    List<TransactionId> overdue(Instant now, int limit) {
        List<TransactionId> due = new ArrayList<>();
        for (Deadline deadline : deadlines) {
            if (due.size() == limit || deadline.at().isAfter(now)) {
                break;
            }
            due.add(deadline.transaction());
        }
        return due;
    }
}
