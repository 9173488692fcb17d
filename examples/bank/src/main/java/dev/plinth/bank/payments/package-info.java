/**
 * Transfers as global transactions.
 *
 * <p>There is one class, {@link dev.plinth.bank.payments.PaymentsProvider}: this service has no data of its own. It begins the
 * transaction, has the payer's cell hold the amount and the payee's cell prepare the credit, and commits.
 */
@NullMarked
package dev.plinth.bank.payments;

import org.jspecify.annotations.NullMarked;
