package dev.plinth.sdk.transactions;

import java.time.Duration;

/** A global transaction as its beginner sees it, inside {@link Transactions#run}. */
public interface GlobalTransaction {

    /** The coordinator's id, {@code host:port:number}. */
    String xid();

    /** What the beginner called it. */
    String name();

    /** How long until the coordinator rolls it back by itself, by this process's clock; never negative. */
    Duration remaining();

    /** From now on the transaction can only be rolled back: {@link Transactions#run} ends with {@code ROLLED_BACK}. */
    void setRollbackOnly();
}
