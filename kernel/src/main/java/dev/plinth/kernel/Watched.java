package dev.plinth.kernel;

import dev.plinth.kernel.Watches.Watch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All who watch one prefix. */
final class Watched<V> {
    /*
     * Those who wait are kept by what they know, so a change looks for those whom it lets go on, and not at everybody: when a registry
     * has restarted, all its subscribers wait, and everything changes.
     */
    private final Set<Watch<V>> told = new LinkedHashSet<>();

    /** Nearly always nobody waits. */
    private Map<Long, Set<Watch<V>>> waiting = Map.of();

    /** Those who are told of changes, in the order in which they came. */
    Iterable<Watch<V>> told() {
        return told;
    }

    /** Those too who wait. */
    List<Watch<V>> all() {
        List<Watch<V>> all = new ArrayList<>(told);
        waiting.values().forEach(all::addAll);
        return all;
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** Once more, if it waits no longer. */
    void add(Watch<V> watch) {
        if (!watch.waits) {
            takeFromWaiting(watch);
            told.add(watch);
            return;
        }
        if (waiting.isEmpty()) {
            waiting = new LinkedHashMap<>();
        }
        waiting.computeIfAbsent(watch.known, _ -> new LinkedHashSet<>()).add(watch);
    }

    void remove(Watch<V> watch) {
        told.remove(watch);
        takeFromWaiting(watch);
    }

    private void takeFromWaiting(Watch<V> watch) {
        var alike = waiting.get(watch.known);
        if (alike != null && alike.remove(watch) && alike.isEmpty()) {
            taken(watch.known);
        }
    }

    /** Those who wait for this; they are here no more. */
    Set<Watch<V>> take(long known) {
        var alike = waiting.get(known);
        if (alike == null) {
            return Set.of();
        }
        taken(known);
        return alike;
    }

    private void taken(long known) {
        waiting.remove(known);
        if (waiting.isEmpty()) {
            waiting = Map.of();
        }
    }

    boolean isEmpty() {
        return told.isEmpty() && waiting.isEmpty();
    }
}
