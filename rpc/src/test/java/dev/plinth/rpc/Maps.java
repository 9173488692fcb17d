package dev.plinth.rpc;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A process's view of the cell map, which the test moves on; it may be behind the others'. */
final class Maps implements CellMapSource {
    private final List<Epoch> asked = new ArrayList<>();
    private Optional<CellMap> current = Optional.empty();
    private Function<Epoch, Optional<CellMap>> whenAsked = epoch -> Optional.empty();

    static Maps with(CellMap map) {
        Maps maps = new Maps();
        maps.put(map);
        return maps;
    }

    synchronized void put(CellMap map) {
        current = Optional.of(map);
        notifyAll();
    }

    /** Asking brings this map. */
    synchronized Maps fetching(CellMap map) {
        whenAsked = epoch -> Optional.of(map);
        return this;
    }

    @Override
    public synchronized Optional<CellMap> current() {
        return current;
    }

    @Override
    public synchronized Optional<CellMap> refresh(Epoch atLeast, Duration within) {
        asked.add(atLeast);
        whenAsked.apply(atLeast).ifPresent(this::put);
        Deadline deadline = Deadline.in(within);
        while (current.isEmpty() || atLeast.isAfter(current.get().epoch())) {
            if (deadline.hasPassed()) {
                break;
            }
            try {
                wait(Math.max(1, deadline.remainingMillis()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return current;
    }

    synchronized List<Epoch> asked() {
        return List.copyOf(asked);
    }
}
