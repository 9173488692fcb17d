package dev.plinth.kernel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * The threads of a simulated process, all on the test's own: each keeps its order, and which one goes next is drawn by lot.
 */
public final class SimulatedThreads {
    private final RandomGenerator random;
    private final List<ArrayDeque<Runnable>> threads = new ArrayList<>();

    public SimulatedThreads(RandomGenerator random) {
        this.random = random;
    }

    /** One more thread. */
    public Executor serial() {
        var tasks = new ArrayDeque<Runnable>();
        threads.add(tasks);
        return tasks::add;
    }

    /** Runs one task of some thread. Returns false if nobody has anything to do. */
    public boolean step() {
        var busy = threads.stream().filter(tasks -> !tasks.isEmpty()).toList();
        if (busy.isEmpty()) {
            return false;
        }
        busy.get(random.nextInt(busy.size())).remove().run();
        return true;
    }

    /** Runs until nobody has anything to do. */
    public void settle() {
        for (int steps = 0; step(); steps++) {
            if (steps > 1_000_000) {
                throw new AssertionError("the threads do not come to rest");
            }
        }
    }
}
