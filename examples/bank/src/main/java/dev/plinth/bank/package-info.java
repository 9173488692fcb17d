/**
 * A small bank, to see Plinth at work: SmallBank's operations as two services over two cells.
 *
 * <p>Start with the services' contracts, {@link dev.plinth.bank.Accounts} and {@link dev.plinth.bank.Payments}. {@code
 * payments} runs each transfer as a global transaction; {@code accounts} takes part in it with a hold on the payer's account
 * and a prepared credit for the payee, over its cell's PostgreSQL. {@code driver} is the load, {@code audit} checks that money
 * is neither made nor lost. {@link dev.plinth.bank.Bank} starts each of them as a process.
 */
@NullMarked
package dev.plinth.bank;

import org.jspecify.annotations.NullMarked;
