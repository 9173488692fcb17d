/**
 * What the bank's processes have in common: {@link dev.plinth.bank.process.Termination} ends them cleanly, the rest reads
 * their options.
 */
@NullMarked
package dev.plinth.bank.process;

import org.jspecify.annotations.NullMarked;
