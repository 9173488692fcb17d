/**
 * The coordinator of global transactions: begin, branches with their global locks, the decision, phase two, time-outs, and what
 * became of it all.
 *
 * <p>Start with {@link dev.plinth.transactions.Coordinator} (what a door talks to), then {@link dev.plinth.transactions.Command}
 * and {@link dev.plinth.transactions.Outcome} (what can be asked and answered), then {@link dev.plinth.transactions.PhaseTwo} and
 * {@link dev.plinth.transactions.Participants} (what has to happen at the participants, and who does it).
 *
 * <p>The words, the codes and the rules are Apache Seata's (AT, TCC, Saga and XA modes), so that its unmodified clients can be
 * served; where a rule differs on purpose, {@code docs/design-decisions.md} says so.
 */
@NullMarked
package dev.plinth.transactions;

import org.jspecify.annotations.NullMarked;
