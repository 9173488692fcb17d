package dev.plinth.bank;

import dev.plinth.sdk.UserId;

/**
 * What can be done with one customer's two accounts, checking and savings.
 *
 * <p>The operations are SmallBank's (Alomar, Cahill, Fekete, Röhm: The Cost of Serializability on Platforms That Use Snapshot
 * Isolation, ICDE 2008). Amounts are in cents. Each write carries an id from its caller; a second call with the same id
 * changes nothing and is answered like the first.
 */
public interface Accounts {

    /** The sum of both balances, what is held included. */
    Answer balance(@UserId long customer);

    /** Pays in to checking. */
    Outcome depositChecking(String operationId, @UserId long customer, long cents);

    /** Pays in to savings, or out of it if negative; savings cannot become negative. */
    Outcome transactSavings(String operationId, @UserId long customer, long cents);

    /**
     * Pays a check from checking. It is paid in any case; if both accounts together do not have as much available, checking is
     * overdrawn and a penalty is taken.
     */
    Outcome writeCheck(String operationId, @UserId long customer, long cents);

    /**
     * The payer's part in the current global transaction: holds the amount until the transaction ends.
     *
     * @param transferId chosen by the client; at most one transfer with this id is ever paid
     * @return {@code DONE} and the amount that is held, also if the transfer was paid already: then {@link
     *     Reservation#alreadyPaid()}
     */
    Reservation hold(String transferId, TransferKind kind, @UserId long payer, long payee, long cents);

    /** The payee's part in the current global transaction: prepares the credit, which is paid out when the transaction commits. */
    Outcome prepareCredit(String transferId, @UserId long payee, long payer, long cents);
}
