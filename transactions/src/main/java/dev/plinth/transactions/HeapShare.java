package dev.plinth.transactions;

/** What the transactions of a partition take of this process's heap, about, and what they may take. */
final class HeapShare {
    /*
     * An engine decides alike on every member and in every replay, so the heap of one process is none of its business: its own
     * bounds (TransactionLimits) are numbers. But a heap that is too small for them would be full first, and end everything. So
     * the coordinator, before it proposes what would need more room, asks what is taken. Decisions, phase two and reports are
     * never held up: by them room is made.
     *
     * The weights are rough, and were measured: with `./plinth bench transactions-memory`. Asking the collector in their place
     * would be exact only after a collection, and would go on refusing long after the transactions have ended.
     */
    /** Of the heap's largest size, in percent: a serial collector has two thirds for what lives long. */
    private static final int PERCENT_MAX = 62;

    private static final long TRANSACTION = 500;
    private static final long EVENT = 36;
    private static final long BRANCH = 260;
    private static final long LOCK_KEY = 140;

    private HeapShare() {}

    /** Bytes that all transactions of this process's partition may take together. */
    static long bytesMax() {
        return Runtime.getRuntime().maxMemory() / 100 * PERCENT_MAX;
    }

    /** Bytes of one transaction with all that hangs on it. */
    static long bytes(Transaction transaction) {
        long bytes = TRANSACTION + EVENT * transaction.timeline().size();
        for (Branch branch : transaction.branches()) {
            bytes += BRANCH
                    + 2L * branch.applicationData().length()
                    + LOCK_KEY * branch.asked().lockKeys().size();
        }
        return bytes;
    }
}
