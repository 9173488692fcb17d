package dev.plinth.kernel;

import java.util.List;
import java.util.Optional;

/**
 * Wants to know the state of the keys under a prefix: each at least once, never an older state after a newer one; states in
 * between may be skipped. See {@link Partition#watch}.
 *
 * @param <V> the engine's views
 */
@FunctionalInterface
public interface Watcher<V> {

    /**
     * Takes one batch; called on the engine's thread, so it hands it on and returns. The next one comes only after {@link
     * Subscription#next()}: what changes meanwhile is remembered by key, so a slow watcher costs bounded memory.
     */
    void accept(Batch<V> batch);

    /**
     * What is new.
     *
     * @param revision the state is as of here
     * @param reset true if this starts a snapshot: what the watcher knew before is void
     * @param complete false while more pages of the same snapshot follow
     * @param items at most {@link Limits#READ_ITEMS_MAX}
     */
    record Batch<V>(Revision revision, boolean reset, boolean complete, List<Item<V>> items) {}

    /** One key's state; empty if it is gone. */
    record Item<V>(String key, Optional<V> view) {}

    /** A watcher's hold on its watch. Callable from any thread. */
    interface Subscription extends AutoCloseable {

        /** Says that the watcher is ready for its next batch, which comes as soon as there is something to say. */
        void next();

        /** Waits no longer for what the watcher said that it knew: a snapshot will do. */
        void insist();

        /** Ends the watch; a batch that is already on its way may still come. */
        @Override
        void close();
    }
}
