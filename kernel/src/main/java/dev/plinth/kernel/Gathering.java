package dev.plinth.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Decides how long a store waits for company before it syncs. */
final class Gathering {
    /*
     * Clients that wait for their outcome before they ask again fall into two halves: while the disk syncs for one, the other
     * gathers, and each sync carries half of them. If all of them can be answered, and ask again, in less time than a sync takes,
     * it is better to wait for that and to sync once for all.
     *
     * So after a sync the store expects to see again those whom it answered, and waits for seven eighths of them (somebody always
     * dawdles), no longer than a sync takes. If they do not come, they were not that kind of client: the store does not wait the
     * next time, nor for twice as many times after each further disappointment. One client alone is never waited for: when it has
     * come, everybody has.
     *
     * A fixed delay would be the other way (commit_delay in PostgreSQL): it has to be tuned to the disk and the load, and costs
     * everyone its time when it is wrong.
     */
    private static final long WAIT_NANOS_MAX = 2_000_000;
    private static final int DAWDLERS_SHARE = 8;
    private static final int SKIPPED_MAX = 63;

    /** So many are company enough. */
    private static final int RECORDS_MAX = 4_096;

    private final boolean patient;
    private final Clock clock;

    /** Records that were asked for and are not in a batch yet. */
    private final AtomicInteger waiting = new AtomicInteger();

    /** When the store's thread has waited long enough; out of reach while it does not wait. Read by who comes. */
    private volatile int target = Integer.MAX_VALUE;

    /** Who is to be woken. */
    private volatile @Nullable Thread waiter;

    // The store's thread only.
    private int answered;
    private int left;
    private long answeredAt;
    private long syncNanos;
    private int skip;
    private int skipped;

    /** @param patient false if the store's thread must never wait, for it is not a thread of its own */
    Gathering(boolean patient, Clock clock) {
        this.patient = patient;
        this.clock = clock;
    }

    /** So many records are asked for; from any thread, before the store is told. */
    void came(int records) {
        int now = waiting.addAndGet(records);
        int enough = target;
        if (now >= enough && now - records < enough) {
            LockSupport.unpark(waiter);
        }
    }

    /** So many are in a batch, or were refused. */
    void went(int records) {
        waiting.addAndGet(-records);
    }

    /** On the store's thread, before it asks who has what to write. */
    void await() {
        int enough = Math.min(left + answered - answered / DAWDLERS_SHARE, RECORDS_MAX);
        if (!patient || waiting.get() >= enough) {
            skipped = 0;
            return;
        }
        long end = answeredAt + Math.min(syncNanos, WAIT_NANOS_MAX);
        if (skip > 0 || clock.nanoTime() >= end) {
            skip = Math.max(0, skip - 1);
            return;
        }
        waiter = Thread.currentThread();
        target = enough;
        long time = end - clock.nanoTime();
        while (waiting.get() < enough && time > 0) {
            LockSupport.parkNanos(this, time);
            time = end - clock.nanoTime();
        }
        target = Integer.MAX_VALUE;
        skipped = waiting.get() >= enough ? 0 : Math.min(2 * skipped + 1, SKIPPED_MAX);
        skip = skipped;
    }

    /** A sync for so many records took so long, and they are about to be answered. */
    void synced(int records, long nanos) {
        answered = records;
        left = waiting.get();
        answeredAt = clock.nanoTime();
        syncNanos = syncNanos == 0 ? nanos : (3 * syncNanos + nanos) / 4;
    }
}
