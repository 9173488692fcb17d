package dev.plinth.transactions;

import java.lang.management.ManagementFactory;

/** What the transactions of a partition take of this process's heap, about, and what they may take. */
final class HeapShare {
    /*
     * An engine decides alike on every member and in every replay, so the heap of one process is none of its business: its own
     * bounds (TransactionLimits) are numbers. But a heap that is too small for them would be full first, and end everything. So
     * the coordinator, before it proposes what would need more room, asks what is taken. Decisions, phase two and reports are
     * never held up: by them room is made.
     *
     * The weights are rough, and were measured, on a JVM with its default headers; they err to the safe side by a tenth. Asking the
     * collector in their place would be exact only after a collection, and would go on refusing long after the transactions have
     * ended.
     */
    /** Of the heap's largest size, in percent: the rest is for what comes and goes. */
    private static final int HEAP_PERCENT_MAX = 75;

    /** Of the room for what lives long, where a collector has fixed one (the serial one: two thirds of the heap). */
    private static final int OLD_PERCENT_MAX = 90;

    private static final long TRANSACTION = 240;
    private static final long EVENT = 60;
    private static final long BRANCH = 140;
    private static final long LOCK_KEY = 96;

    private HeapShare() {}

    /** Bytes that all transactions of this process's partition may take together. */
    static long bytesMax() {
        long ofHeap = Runtime.getRuntime().maxMemory() / 100 * HEAP_PERCENT_MAX;
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool ->
                        pool.getName().contains("Tenured") || pool.getName().contains("Old Gen"))
                .mapToLong(pool -> pool.getUsage().getMax())
                .filter(max -> max > 0)
                .map(max -> Math.min(ofHeap, max / 100 * OLD_PERCENT_MAX))
                .findFirst()
                .orElse(ofHeap);
    }

    /** Bytes of one transaction with all that hangs on it. */
    static long bytes(Transaction transaction) {
        long bytes = TRANSACTION + EVENT * transaction.timeline().size();
        for (Branch branch : transaction.branches()) {
            bytes += BRANCH
                    + Names.unsharedBytes(branch.applicationData())
                    + LOCK_KEY * branch.asked().lockKeys().size();
        }
        return bytes;
    }

    /** Bytes of what a branch of another partition's transaction holds here. */
    static long bytes(GuestLocks.Guest guest) {
        return BRANCH + LOCK_KEY * guest.lockKeys().size();
    }
}
