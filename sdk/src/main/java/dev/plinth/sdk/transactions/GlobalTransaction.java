package dev.plinth.sdk.transactions;

import java.time.Duration;

/** A global transaction as its beginner sees it, inside {@link Transactions#run}. */
public interface GlobalTransaction {

    /** The coordinator's id, {@code host:port:number}. */
    String xid();

    /** What the beginner called it. */
    String name();

    /** How long until the coordinator rolls it back by itself, as far as this process knows; never negative. */
    Duration remaining();

    /** The transaction cannot commit any more: when its work returns, {@link Transactions#run} throws {@code ROLLED_BACK}. */
    void setRollbackOnly();
}
