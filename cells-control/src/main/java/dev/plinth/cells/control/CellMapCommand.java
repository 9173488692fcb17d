package dev.plinth.cells.control;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;

/** What the cell map's engine is asked to do. */
public sealed interface CellMapCommand {

    /**
     * Puts a whole map in place of the one of the expected epoch.
     *
     * @param expected {@link Epoch#NONE} if no map is expected to be there
     * @param map of the epoch that follows the expected one
     */
    record Put(Epoch expected, CellMap map) implements CellMapCommand {
        public Put {
            if (!map.epoch().equals(expected.next())) {
                throw new IllegalArgumentException(
                        "a map of epoch " + map.epoch().number() + " in place of epoch " + expected.number()
                                + ": expected epoch " + expected.next().number());
            }
        }
    }
}
