package dev.plinth.simulator;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;

/** Breaks the house in every way that is written down, and sees that the simulator notices. */
final class MutationRun {
    /** Seeds from the known one on within which a mutation must be noticed. */
    static final int SEEDS_MAX = 40;

    private final Path home;
    private final PrintWriter out;

    MutationRun(Path home, PrintWriter out) {
        this.home = home;
        this.out = out;
    }

    /** How a mutation was noticed. */
    record Caught(long seed, String failure) {}

    boolean all() throws IOException {
        boolean all = true;
        for (var mutation : Mutation.all(home)) {
            try {
                all &= one(mutation);
            } catch (IOException e) {
                out.println("FAILED " + mutation.name() + ": "
                        + e.getMessage().lines().limit(4).collect(Collectors.joining(" ")));
                all = false;
            }
        }
        out.println(all ? "PASSED: every mutation is caught" : "FAILED");
        out.flush();
        return all;
    }

    /** Whether a mutation is caught, by a seed that the code without it passes. */
    boolean one(Mutation mutation) throws IOException {
        var caught = caught(mutation);
        if (caught.isEmpty()) {
            out.println("MISSED " + mutation.name() + ": " + SEEDS_MAX + " seeds of " + mutation.caughtBy() + " from "
                    + mutation.seed() + " on do not show that: " + mutation.what());
            out.flush();
            return false;
        }
        long seed = caught.get().seed();
        var unbroken = Scenario.failure(
                mutation.caughtBy().engine(), mutation.caughtBy().journal(), seed);
        if (!unbroken.isEmpty()) {
            out.println("FAILED " + mutation.name() + ": the code without it fails the same seed " + seed + ": "
                    + unbroken);
            out.flush();
            return false;
        }
        var firstLine = caught.get().failure().lines().findFirst().orElse("");
        out.println("caught " + mutation.name() + " by " + mutation.caughtBy() + ", seed " + seed
                + (seed == mutation.seed() ? "" : " (known: " + mutation.seed() + ")") + ": " + firstLine);
        out.flush();
        return true;
    }

    Optional<Caught> caught(Mutation mutation) throws IOException {
        var house = MutatedHouse.with(mutation.className(), mutation.mutated(home));
        for (long seed = mutation.seed(); seed < mutation.seed() + SEEDS_MAX; seed++) {
            var failure = house.live(mutation.caughtBy(), seed);
            if (failure.isPresent()) {
                return Optional.of(new Caught(seed, failure.get()));
            }
        }
        return Optional.empty();
    }
}
