/**
 * Histories of concurrent clients, and whether they are linearizable. For tests of any kind: it knows nothing of the house.
 *
 * <p>Start with {@link dev.plinth.checker.History}, which clients write while they run; give it to {@link
 * dev.plinth.checker.Linearizability} with the {@link dev.plinth.checker.Model} of what they used.
 */
@NullMarked
package dev.plinth.checker;

import org.jspecify.annotations.NullMarked;
