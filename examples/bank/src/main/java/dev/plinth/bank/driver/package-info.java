/**
 * The load: clients that do SmallBank's operations, at a rate or as fast as they can.
 *
 * <p>Start with {@link dev.plinth.bank.driver.Workload} (what is done, to whom), then {@link dev.plinth.bank.driver.Driver} (the
 * clients, their retries, and what they print each second).
 */
@NullMarked
package dev.plinth.bank.driver;

import org.jspecify.annotations.NullMarked;
