package dev.plinth.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.Coverage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The share of the lives that every build lives: always the same ones. */
class LivesTest {
    private static final int SEEDS_EACH = Integer.getInteger("plinth.simulator.seeds", 12);

    /** Of the coordinator, with whom money is at stake. */
    private static final int SEEDS_OF_THE_COORDINATOR = Math.max(SEEDS_EACH, 1_000);

    /** And of the coordinator with several partitions. */
    private static final int SEEDS_OF_PARTITIONS = Math.max(SEEDS_EACH, 500);

    private static final List<String> MET_BY_THE_COORDINATOR = List.of(
            "phase two lost",
            "phase two sent twice",
            "answer lost",
            "row taken",
            "refused as OVERLOADED",
            "branch refused",
            "application crashed",
            "never tried",
            "try refused by the fence",
            "phase one failed",
            "saga reported",
            "dirty rows decided",
            "end compared");

    private static final List<String> MET_BETWEEN_PARTITIONS =
            List.of("rows taken once more", "row taken", "end compared", "phase two lost", "process started");

    @TestFactory
    List<DynamicTest> whatever_happens_what_must_hold_holds() {
        return Scenario.ALL.stream()
                .map(scenario -> DynamicTest.dynamicTest(scenario.toString(), () -> live(scenario)))
                .toList();
    }

    private static void live(Scenario scenario) {
        var coverage = new Coverage();
        int seeds = switch (scenario.engine()) {
            case "coordinator" -> SEEDS_OF_THE_COORDINATOR;
            case "partitions" -> SEEDS_OF_PARTITIONS;
            default -> SEEDS_EACH;
        };
        for (long seed = 1; seed <= seeds; seed++) {
            var schedule = scenario.schedule(seed);
            var outcome = scenario.live(seed, schedule);
            if (outcome.failure().isPresent()) {
                var report = new StringWriter();
                Simulate.report(scenario, seed, schedule, outcome, new PrintWriter(report));
                throw new AssertionError(report.toString(), outcome.failure().get());
            }
            assertThat(outcome.coverage().idle()).as("seed %s is idle", seed).isFalse();
            coverage.add(outcome.coverage());
        }
        // Idle time counts for nothing: these lives have to have met a good part of what there is.
        assertThat(coverage.entries()).isGreaterThan(SEEDS_EACH * 100L);
        if (scenario.journal().equals("soft")) {
            assertThat(coverage.events("session resumed")).as(coverage.text()).isPositive();
            return;
        }
        if (scenario.engine().equals("partitions")) {
            for (var met : MET_BETWEEN_PARTITIONS) {
                assertThat(coverage.events(met))
                        .as(met + " in " + coverage.text())
                        .isPositive();
            }
            return;
        }
        if (scenario.engine().equals("coordinator")) {
            for (var met : MET_BY_THE_COORDINATOR) {
                assertThat(coverage.events(met))
                        .as(met + " in " + coverage.text())
                        .isPositive();
            }
            return;
        }
        assertThat(coverage.pairs()).as(coverage.text()).isGreaterThan(60);
        assertThat(coverage.events("started from a snapshot"))
                .as(coverage.text())
                .isPositive();
        if (scenario.journal().equals("cluster")) {
            assertThat(coverage.events("restored from a snapshot while running"))
                    .as(coverage.text())
                    .isPositive();
            assertThat(coverage.events("entry lost with its leader"))
                    .as(coverage.text())
                    .isPositive();
        } else {
            assertThat(coverage.events("torn tail wiped")).as(coverage.text()).isPositive();
            assertThat(coverage.events("flipped bit found out"))
                    .as(coverage.text())
                    .isPositive();
        }
    }

    @Test
    void a_seed_is_a_life_always_the_same() {
        for (var scenario : Scenario.ALL) {
            var once = scenario.live(7, scenario.schedule(7));
            var again = scenario.live(7, scenario.schedule(7));

            assertThat(again.coverage().text()).isEqualTo(once.coverage().text());
            assertThat(again.steps()).isEqualTo(once.steps());
        }
    }
}
