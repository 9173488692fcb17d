package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Lives of a machine, each from a seed. In the normal build always the same ones; {@code -Dplinth.simulation.seed=N} runs one,
 * {@code -Dplinth.simulation.seeds=N} so many from {@code -Dplinth.simulation.first} on.
 */
class JournalSimulationTest {
    private static final int STEPS = 6_000;
    private static final long SEEDS = Long.getLong("plinth.simulation.seeds", 60);
    private static final long FIRST = Long.getLong("plinth.simulation.first", 1);

    @Test
    void nothing_acknowledged_is_lost_doubled_or_reordered_whatever_the_disk_and_the_power_do() {
        var one = Long.getLong("plinth.simulation.seed");
        long first = one == null ? FIRST : one;
        long count = one == null ? SEEDS : 1;
        for (long seed = first; seed < first + count; seed++) {
            var simulation = new JournalSimulation(seed);
            try {
                simulation.run(STEPS);
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError(
                        "seed " + seed + " (" + simulation.summary() + "): " + e.getMessage()
                                + "\nrepeat: ./plinth test -pl kernel -Dtest=JournalSimulationTest -Dplinth.simulation.seed="
                                + seed,
                        e);
            }
            if (one != null) {
                System.out.println(simulation.summary());
            }
        }
    }

    @Test
    void a_disk_that_lies_about_syncs_is_found_out() {
        assertThat(failures(simulation -> simulation.segments().lieAboutSyncs(true)))
                .isPositive();
    }

    @Test
    void a_disk_that_lies_about_its_directory_is_found_out() {
        assertThat(failures(simulation -> simulation.segments().lieAboutDirectory(true)))
                .isPositive();
        assertThat(failures(simulation -> simulation.snapshots().lieAboutSyncs(true)))
                .isPositive();
    }

    /** How many lives of a few on such a disk end badly. */
    private static int failures(Consumer<JournalSimulation> mutation) {
        int failures = 0;
        for (long seed = 1; seed <= 3; seed++) {
            var simulation = new JournalSimulation(seed);
            mutation.accept(simulation);
            try {
                simulation.run(STEPS);
            } catch (AssertionError | IOException e) {
                failures++;
            }
        }
        return failures;
    }
}
