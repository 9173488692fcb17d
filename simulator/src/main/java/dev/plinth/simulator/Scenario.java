package dev.plinth.simulator;

import dev.plinth.cells.control.CellMapSubject;
import dev.plinth.kernel.Coverage;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.LedgerSubject;
import dev.plinth.kernel.Life;
import dev.plinth.kernel.Simulation;
import dev.plinth.registry.door.peer.RegistryServersLife;
import dev.plinth.transactions.CoordinatorLife;
import dev.plinth.transactions.TransactionsSubject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is simulated: an engine, and the journal under it.
 *
 * @param journal {@code local}: the real store and journal of one machine; {@code cluster}: three members on the adversarial model;
 *     {@code soft}: none, what is acknowledged lives with its client's session
 */
record Scenario(String engine, String journal) {
    private static final int STEPS_ALONE = 6_000;
    private static final int STEPS_CLUSTER = 8_000;

    /** All, in the order in which seeds go through them. */
    static final List<Scenario> ALL = all();

    private static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        for (var engine : List.of("ledger", "registers", "transactions", "cells")) {
            all.add(new Scenario(engine, "local"));
            all.add(new Scenario(engine, "cluster"));
        }
        all.add(new Scenario("registry", "soft"));
        all.add(new Scenario("coordinator", "local"));
        all.add(new Scenario("registry-servers", "soft"));
        all.add(new Scenario("partitions", "local"));
        return List.copyOf(all);
    }

    /** The ones that are meant; an empty text means any. */
    static List<Scenario> matching(String engine, String journal) {
        var matching = ALL.stream()
                .filter(one -> engine.isEmpty() || one.engine().equals(engine))
                .filter(one -> journal.isEmpty() || one.journal().equals(journal))
                .toList();
        if (matching.isEmpty()) {
            throw new IllegalArgumentException("no simulation of engine '" + engine + "' on journal '" + journal
                    + "'; there are " + ALL.stream().map(Scenario::toString).toList());
        }
        return matching;
    }

    /** Which of these a seed lives: they take turns. */
    static Scenario ofSeed(List<Scenario> scenarios, long seed) {
        return scenarios.get((int) Math.floorMod(seed, (long) scenarios.size()));
    }

    /** What did not hold in a life, or nothing. In words that every class loader understands. */
    static String failure(String engine, String journal, long seed) {
        var scenario = new Scenario(engine, journal);
        return scenario.live(seed, scenario.schedule(seed))
                .failure()
                .map(failure -> String.valueOf(failure.getMessage()))
                .orElse("");
    }

    /** How a life went. */
    record Outcome(Coverage coverage, int steps, Optional<AssertionError> failure) {}

    private Simulation.Shape shape() {
        return journal.equals("local") ? Simulation.Shape.alone(STEPS_ALONE) : Simulation.Shape.cluster(STEPS_CLUSTER);
    }

    /** The faults that a seed draws for it. */
    List<Fault> schedule(long seed) {
        return switch (engine) {
            case "registry" -> RegistryLife.schedule(seed);
            case "coordinator", "partitions" -> CoordinatorLife.schedule(seed);
            case "registry-servers" -> RegistryServersLife.schedule(seed);
            default -> Simulation.schedule(shape(), seed);
        };
    }

    Outcome live(long seed, List<Fault> schedule) {
        Life simulation = switch (engine) {
            case "registry" -> new RegistryLife(seed, schedule);
            case "coordinator" -> new CoordinatorLife(seed, schedule);
            case "partitions" -> CoordinatorLife.ofPartitions(seed, schedule);
            case "registry-servers" -> new RegistryServersLife(seed, schedule);
            case "ledger" -> LedgerSubject.life(shape(), seed, schedule);
            case "registers" -> RegistersSubject.life(shape(), seed, schedule);
            case "cells" -> CellMapSubject.life(shape(), seed, schedule);
            case "transactions" -> TransactionsSubject.life(shape(), seed, schedule);
            default -> throw new IllegalStateException("engine " + engine);
        };
        Optional<AssertionError> failure = Optional.empty();
        try {
            simulation.run();
        } catch (AssertionError e) {
            failure = Optional.of(e);
        } catch (RuntimeException e) {
            failure = Optional.of(new AssertionError("something threw: " + e, e));
        }
        return new Outcome(simulation.coverage(), simulation.step(), failure);
    }

    @Override
    public String toString() {
        return engine + " on " + journal;
    }
}
