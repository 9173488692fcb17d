package dev.plinth.rpc;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import java.time.Duration;
import java.util.Optional;

/** Where a process gets its cell map from. */
public interface CellMapSource {

    /** The newest map that is known here; answers at once. Empty until the first one has come. */
    Optional<CellMap> current();

    /**
     * Asks for a newer map, and waits for one.
     *
     * @param atLeast the epoch that is known to exist, or is waited for
     * @param within how long to wait at most
     * @return the newest map that is known then: of that epoch or a later one, or, if none came in time, of an earlier one
     */
    Optional<CellMap> refresh(Epoch atLeast, Duration within);
}
