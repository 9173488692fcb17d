/**
 * The coordinator beside Apache Seata's own server, both over Seata's wire.
 *
 * <p>Start with {@link dev.plinth.bench.transactions.TransactionsBenchmark} (what is measured), then {@code Clients} (the load), then
 * {@code Coordinators} (how the two servers are started).
 */
@NullMarked
package dev.plinth.bench.transactions;

import org.jspecify.annotations.NullMarked;
