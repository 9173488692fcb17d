package dev.plinth.cells.control;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Decides which cell map holds. */
final class CellMapEngine implements Engine<CellMapCommand, CellMapOutcome, Void, CellMap> {
    /*
     * There is one map, and its epoch goes up by one with each that replaces it. Whoever replaces it says which one they have
     * seen, so of two who change it at once, one learns that it has to look again.
     *
     * A map is sound by itself (CellMap checks that). What may follow what is decided here: the shard function stays as it is,
     * for another one would give nearly every user another shard, with no move that carried the data after them.
     */
    static final String KEY = "map";

    private Optional<CellMap> current = Optional.empty();

    Optional<CellMap> current() {
        return current;
    }

    @Override
    public CellMapOutcome apply(CellMapCommand command, Context<Void> context) {
        return switch (command) {
            case CellMapCommand.Put put -> put(put, context);
        };
    }

    private CellMapOutcome put(CellMapCommand.Put put, Context<Void> context) {
        if (current.equals(Optional.of(put.map()))) {
            // The same put again, whose answer was lost: it took place.
            return new CellMapOutcome.Replaced(put.map().epoch());
        }
        var epoch = current.map(CellMap::epoch).orElse(Epoch.NONE);
        if (!put.expected().equals(epoch)) {
            return new CellMapOutcome.EpochMismatch(epoch);
        }
        if (current.isPresent()) {
            var function = current.get().shardFunction();
            if (!function.equals(put.map().shardFunction())) {
                return new CellMapOutcome.Invalid(
                        "shard_function is " + put.map().shardFunction() + ": expected " + function
                                + ", for another one would move users without their data");
            }
        }
        current = Optional.of(put.map());
        context.changed(KEY);
        return new CellMapOutcome.Replaced(put.map().epoch());
    }

    /** Nothing here waits for time yet; leases and moves will. */
    @Override
    public void tick(Context<Void> context) {}

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<CellMap> view(String key) {
        return key.equals(KEY) ? current : Optional.empty();
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        boolean there = current.isPresent() && KEY.startsWith(prefix) && KEY.compareTo(after) > 0;
        return there && limit > 0 ? List.of(KEY) : List.of();
    }

    @Override
    public Snapshot snapshot() {
        var state = current;
        return out -> out.write(CellMapCodecs.encodeState(state));
    }

    @Override
    public void restore(InputStream state) throws IOException {
        current = CellMapCodecs.decodeState(state.readAllBytes());
    }
}
