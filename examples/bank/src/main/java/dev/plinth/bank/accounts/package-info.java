/**
 * The accounts of one cell, in its PostgreSQL.
 *
 * <p>Start with {@link dev.plinth.bank.accounts.Schema} (the tables, and why they are so), then {@link
 * dev.plinth.bank.accounts.Debit} and {@link dev.plinth.bank.accounts.Credit} (the two sides of a transfer), then {@link
 * dev.plinth.bank.accounts.Teller} (operations on one customer). {@link dev.plinth.bank.accounts.AccountsProvider} offers them
 * as a service.
 */
@NullMarked
package dev.plinth.bank.accounts;

import org.jspecify.annotations.NullMarked;
