package dev.plinth.cells.control;

import dev.plinth.cells.Epoch;

/** What came of a command to the cell map's engine. */
public sealed interface CellMapOutcome {

    /** The map is in place, with this epoch. */
    record Replaced(Epoch epoch) implements CellMapOutcome {}

    /** Another map was there than expected, and still is. {@link Epoch#NONE} if there is none. */
    record EpochMismatch(Epoch current) implements CellMapOutcome {}

    /** The map may not follow the one that is there, for this reason. */
    record Invalid(String reason) implements CellMapOutcome {}
}
