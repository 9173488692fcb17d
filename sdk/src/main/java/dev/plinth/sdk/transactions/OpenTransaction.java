package dev.plinth.sdk.transactions;

import java.time.Duration;

/** A global transaction in which work of this process runs. */
final class OpenTransaction implements GlobalTransaction {

    private final String xid;
    private final String name;
    private final long deadlineNanos;
    // The work may be spread over threads.
    private volatile boolean rollbackOnly;

    /** @param deadlineNanos on {@link System#nanoTime}, never after the coordinator's own */
    OpenTransaction(String xid, String name, long deadlineNanos) {
        this.xid = xid;
        this.name = name;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public String xid() {
        return xid;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
    }

    @Override
    public void setRollbackOnly() {
        rollbackOnly = true;
    }

    boolean rollbackOnly() {
        return rollbackOnly;
    }
}
