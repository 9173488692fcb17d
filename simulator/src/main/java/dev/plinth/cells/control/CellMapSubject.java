package dev.plinth.cells.control;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.kernel.Codecs;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.Simulation;
import dev.plinth.kernel.Subject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** The cell map, and several who change it at once, each from the map that it saw last. */
public final class CellMapSubject implements Subject<CellMapEngine, CellMapCommand, CellMapOutcome, Void, CellMap> {
    private static final int SHARDS = 4;
    private static final List<Cell> CELLS =
            List.of(Cell.sharded("east", Zone.of("e1", "r1")), Cell.sharded("west", Zone.of("w1", "r1")));

    /** Which map each epoch had, as soon as some member showed it. */
    private final Map<Long, CellMap> byEpoch = new HashMap<>();

    /** The newest map that a client knows of. */
    private Optional<CellMap> seen = Optional.empty();

    /** A life of it. */
    public static Simulation<?, ?, ?, ?, ?> life(Simulation.Shape shape, long seed, List<Fault> schedule) {
        return new Simulation<>(new CellMapSubject(), shape, seed, schedule);
    }

    @Override
    public CellMapEngine engine() {
        return new CellMapEngine();
    }

    @Override
    public Codecs<CellMapCommand, CellMapOutcome, Void> codecs() {
        return CellMapCodecs.ALL;
    }

    @Override
    public Optional<Ask<CellMapEngine, CellMapCommand, CellMapOutcome>> next(RandomGenerator random, boolean calm) {
        if (calm) {
            return Optional.empty();
        }
        if (random.nextInt(3) == 0) {
            long known = epoch(seen);
            return Optional.of(new Ask.Query<>(CellMapEngine::current, answer -> {
                @SuppressWarnings("unchecked") // it is what the query answers
                var map = (Optional<CellMap>) answer;
                check(
                        epoch(map) >= known,
                        "a read saw epoch " + epoch(map) + " where a client knew of " + known + " before it asked");
                see(map);
            }));
        }
        var expected = new Epoch(epoch(seen));
        var function = ShardFunction.lastDigits(random.nextInt(20) == 0 ? SHARDS + 1 : SHARDS);
        List<Assignment> assignments = new ArrayList<>();
        for (int shard = 0; shard < function.shards(); shard++) {
            var owner = CELLS.get(random.nextInt(CELLS.size()));
            assignments.add(random.nextInt(4) == 0 ? Assignment.frozen(owner) : Assignment.open(owner));
        }
        var map = new CellMap(expected.next(), function, CELLS, assignments);
        return Optional.of(new Ask.Command<>(
                new CellMapCommand.Put(expected, map),
                outcome -> {
                    switch (outcome) {
                        case CellMapOutcome.Replaced replaced -> {
                            check(
                                    map.equals(byEpoch.get(replaced.epoch().number())),
                                    "a client was told that its map is in place at " + replaced.epoch()
                                            + ", where another one is");
                            see(Optional.of(map));
                        }
                        case CellMapOutcome.EpochMismatch mismatch -> {
                            if (mismatch.current().number() > 0) {
                                see(Optional.ofNullable(
                                        byEpoch.get(mismatch.current().number())));
                            }
                        }
                        case CellMapOutcome.Invalid _ -> {}
                    }
                },
                () -> {}));
    }

    private void see(Optional<CellMap> map) {
        if (epoch(map) > epoch(seen)) {
            seen = map;
        }
    }

    private static long epoch(Optional<CellMap> map) {
        return map.map(CellMap::epoch).orElse(Epoch.NONE).number();
    }

    @Override
    public Optional<CellMapCommand> answer(Void effect, RandomGenerator random, boolean calm) {
        return Optional.empty();
    }

    @Override
    public void check(CellMapEngine engine, Instant now) {
        engine.current().ifPresent(map -> {
            var before = byEpoch.putIfAbsent(map.epoch().number(), map);
            check(before == null || before.equals(map), map.epoch() + " was " + before + ", and is " + map);
            check(
                    map.epoch().number() == 1 || byEpoch.containsKey(map.epoch().number() - 1),
                    map.epoch() + " follows nothing");
        });
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    @Override
    public Object visible(CellMapEngine engine) {
        return engine.current();
    }

    @Override
    public Set<String> states(CellMapEngine engine) {
        return engine.current()
                .map(map -> map.assignments().stream().anyMatch(one -> one.state() == Assignment.State.FROZEN)
                        ? Set.of("shard frozen")
                        : Set.of("all shards open"))
                .orElse(Set.of());
    }

    @Override
    public boolean atRest(CellMapEngine engine) {
        return engine.nextDeadline().isEmpty();
    }
}
