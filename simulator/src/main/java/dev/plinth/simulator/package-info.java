/**
 * Whole lives of the house from one seed each, and the proof that they would show a mistake.
 *
 * <p>Start with {@link dev.plinth.kernel.Simulation}, which lives one life, and {@link dev.plinth.kernel.Subject}, what a feature
 * brings to it. {@link dev.plinth.simulator.Scenario} lists what can be simulated, shrinking makes
 * the schedule of a failure short, and a mutation breaks a production class on purpose. The command
 * line is simulate.
 *
 * <p>What belongs to one feature lies in that feature's package, for it looks at the engine from inside.
 */
@NullMarked
package dev.plinth.simulator;

import org.jspecify.annotations.NullMarked;
