/**
 * Global transactions with TCC (try, confirm, cancel) over the Seata protocol: against Plinth's coordinator, or an original
 * Seata server.
 *
 * <p>Start with {@link dev.plinth.sdk.transactions.Transactions}: {@code run(name, timeout, tx -> ...)} begins a global
 * transaction, and commits it, or rolls it back when the work throws. What takes part is a {@link
 * dev.plinth.sdk.transactions.TccAction}, registered under a resource id; over a database, wrap it with a {@link
 * dev.plinth.sdk.transactions.TccFence}, which makes repeated, empty and late calls harmless.
 */
@NullMarked
package dev.plinth.sdk.transactions;

import org.jspecify.annotations.NullMarked;
