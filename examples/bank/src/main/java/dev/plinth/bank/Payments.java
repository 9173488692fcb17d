package dev.plinth.bank;

import dev.plinth.sdk.UserId;

/**
 * Transfers between two customers, in the same cell or not, each a global transaction.
 *
 * <p>A client whose call failed, or was answered {@link Outcome#IN_PROGRESS}, may try again with the same transfer id for as
 * long as it likes: the transfer is paid at most once.
 */
public interface Payments {

    /** Pays the amount from the payer's checking to the payee's. */
    Answer sendPayment(String transferId, @UserId long payer, long payee, long cents);

    /** Moves everything that is available in the payer's two accounts to the payee's checking; the answer says how much. */
    Answer amalgamate(String transferId, @UserId long payer, long payee);
}
