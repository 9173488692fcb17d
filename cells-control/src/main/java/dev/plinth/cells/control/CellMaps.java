package dev.plinth.cells.control;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Watcher;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The cell map of this server, on its journal.
 *
 * <p>Callable from any thread; nothing waits. Futures fail with {@link dev.plinth.kernel.Refused} alone, and are completed on the
 * engine's thread.
 */
public final class CellMaps implements AutoCloseable {
    private final Partition<CellMapEngine, CellMapCommand, CellMapOutcome, Void, CellMap> partition;

    private CellMaps(Partition<CellMapEngine, CellMapCommand, CellMapOutcome, Void, CellMap> partition) {
        this.partition = partition;
    }

    /** How the commands look in the journal that {@link #open} is given. */
    public static Codec<CellMapCommand> commandCodec() {
        return CellMapCodecs.COMMANDS;
    }

    /**
     * Replays the journal, and serves.
     *
     * @throws IOException if the journal is damaged
     */
    public static CellMaps open(Journal<CellMapCommand> journal, Clock clock) throws IOException {
        return new CellMaps(
                Partition.durable(new CellMapEngine(), journal, CellMapCodecs.ALL, Performer.none(), clock));
    }

    /** The newest map; empty if none was ever put. */
    public CompletableFuture<Optional<CellMap>> current() {
        return partition.read(CellMapEngine::current);
    }

    /**
     * Puts {@code map}, at the next epoch, in place of the map of the expected one. May be repeated: a map that is in place
     * already is answered as the first time.
     *
     * @param map its own epoch is not looked at
     */
    public CompletableFuture<CellMapOutcome> put(Epoch expected, CellMap map) {
        return partition.submit(new CellMapCommand.Put(expected, map.at(expected.next())));
    }

    /** Puts a first map if none is there, and returns the one that is there then. */
    public CompletableFuture<CellMap> putIfAbsent(CellMap first) {
        return put(Epoch.NONE, first)
                .thenCompose(_ -> current())
                .thenApply(current ->
                        current.orElseThrow(() -> new IllegalStateException("no map after a first one was put")));
    }

    /**
     * Watches the map: the newest at once (none if there is none), and every newer one; maps in between may be skipped. See
     * {@link Partition#watch}.
     */
    public Watcher.Subscription watch(Watcher<CellMap> watcher) {
        return partition.watch(CellMapEngine.KEY, watcher);
    }

    @Override
    public void close() {
        partition.close();
    }
}
