package dev.plinth.simulator;

import dev.plinth.kernel.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes the schedule of a life that failed as short as it can, so that a person can read it. */
final class Shrinking {
    /*
     * Delta debugging (Zeller and Hildebrandt 2002) over the faults: halves, quarters and so on are left out, and whatever is not
     * needed for a failure stays out. Every life is drawn from the same seed. It need not be the same failure: a shorter way to any
     * is as welcome.
     */
    /** Lives that one shrinking may cost. */
    static final int LIVES_MAX = 250;

    private final Predicate<List<Fault>> fails;
    private int lives;

    Shrinking(Predicate<List<Fault>> fails) {
        this.fails = fails;
    }

    int lives() {
        return lives;
    }

    /** A part of a failing schedule that fails too, and of which nothing can be left out, unless {@link #LIVES_MAX} came first. */
    List<Fault> shortest(List<Fault> failing) {
        List<Fault> shortest = failing;
        int parts = 2;
        while (!shortest.isEmpty() && lives < LIVES_MAX) {
            int size = Math.max(1, shortest.size() / parts);
            List<Fault> shorter = withoutSomePart(shortest, size);
            if (shorter.size() < shortest.size()) {
                shortest = shorter;
                parts = Math.max(2, parts - 1);
            } else if (size == 1) {
                return shortest;
            } else {
                parts = Math.min(shortest.size(), parts * 2);
            }
        }
        return shortest;
    }

    private List<Fault> withoutSomePart(List<Fault> schedule, int size) {
        for (int from = 0; from < schedule.size() && lives < LIVES_MAX; from += size) {
            List<Fault> rest = new ArrayList<>(schedule.subList(0, from));
            rest.addAll(schedule.subList(Math.min(schedule.size(), from + size), schedule.size()));
            lives++;
            if (fails.test(rest)) {
                return rest;
            }
        }
        return schedule;
    }
}
