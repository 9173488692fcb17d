package dev.plinth.rpc;

import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.Route;
import java.time.Duration;
import java.util.Optional;

/** Keeps calls out of a server that are for users of another cell, or write for users who are on the move. */
public final class CellGuard {
    /*
     * A server whose map is older than its caller's would turn away users that have just been given to it, or, worse, serve
     * those that have just been taken from it. So it catches up first. It never trusts the caller's epoch for more than that.
     */
    private static final Duration CATCH_UP_MAX = Duration.ofSeconds(1);

    private final String cell;
    private final CellMapSource maps;

    /**
     * A guard for a server.
     *
     * @param cell that the server belongs to
     */
    public CellGuard(String cell, CellMapSource maps) {
        this.cell = cell;
        this.maps = maps;
    }

    /**
     * Returns if this cell may serve the user.
     *
     * @param writes false if the call changes nothing, and so is served while the shard is frozen
     * @param callersEpoch of the map by which the caller came here; {@link Epoch#NONE} if it did not say
     * @param within how long the caller waits
     * @throws RpcException {@code WRONG_CELL} or {@code SHARD_FROZEN}; {@code BAD_REQUEST} if the id is none; {@code
     *     UNAVAILABLE} if no map is known yet
     */
    public void check(String user, boolean writes, Epoch callersEpoch, Duration within) {
        CellMap map = mapFor(callersEpoch, within);
        Cell own = map.cell(cell).orElse(null);
        if (own != null && own.kind() != Cell.Kind.SHARDED) {
            // GLOBAL and LOCAL cells serve everybody.
            return;
        }
        Route route = route(map, user);
        if (!route.cell().name().equals(cell)) {
            throw new CellAnswer.WrongCell(route.epoch(), route.cell().name()).exception();
        }
        if (writes && route instanceof Route.Frozen frozen) {
            throw new CellAnswer.ShardFrozen(frozen.epoch()).exception();
        }
    }

    private CellMap mapFor(Epoch callersEpoch, Duration within) {
        Optional<CellMap> map = maps.current();
        Epoch known = map.map(CellMap::epoch).orElse(Epoch.NONE);
        if (map.isEmpty() || callersEpoch.isAfter(known)) {
            Epoch wanted = callersEpoch.equals(Epoch.NONE) ? Epoch.NONE.next() : callersEpoch;
            // Half of the caller's time: it has to hear of it, and to go elsewhere.
            Duration wait = within.dividedBy(2);
            map = maps.refresh(wanted, wait.compareTo(CATCH_UP_MAX) < 0 ? wait : CATCH_UP_MAX);
        }
        return map.orElseThrow(() ->
                new RpcException(RpcException.Code.UNAVAILABLE, "the server of cell " + cell + " has no cell map yet"));
    }

    private static Route route(CellMap map, String user) {
        try {
            return map.route(user);
        } catch (IllegalArgumentException e) {
            throw new RpcException(RpcException.Code.BAD_REQUEST, String.valueOf(e.getMessage()), e);
        }
    }
}
