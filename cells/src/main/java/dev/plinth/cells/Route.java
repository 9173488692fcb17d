package dev.plinth.cells;

/** Where a user's request goes, by one map. */
public sealed interface Route {

    /** The cell that owns the user: reads go there always. */
    Cell cell();

    /** The epoch of the map that said so. */
    Epoch epoch();

    /** Reads and writes go to this cell. */
    record To(Cell cell, Epoch epoch) implements Route {}

    /** The user's shard is about to leave this cell: reads still go there; a write is to be tried again on a later epoch. */
    record Frozen(Cell cell, Epoch epoch) implements Route {}
}
