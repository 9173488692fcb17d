package dev.plinth.server.console;

import java.util.Optional;

/**
 * Where the console's figures come from.
 *
 * <p>May block. An exception is answered as a problem ({@link dev.plinth.kernel.Refused} with its code), and costs the live streams
 * one document.
 */
public interface ConsoleSource {

    /** The state of the whole. Called once a second by one thread, whether a console is open or not; rates are those since the last call. */
    Live look();

    /** One page of live or recent transactions, the newest first. */
    TransactionPage transactions(TransactionQuery query);

    /** Everything known about one transaction, live or recent; empty if nothing is. */
    Optional<TransactionDetail> transaction(String xid);

    /** Does what a person decided about one transaction. */
    Decision.Outcome decide(String xid, Decision decision);

    /** Who is trusted, what was appraised, and who got what. */
    TrustSource trust();
}
