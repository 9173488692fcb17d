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
    final String prefix;
    private final Set<Watch<V>> told = new LinkedHashSet<>();

    /* Nearly always nobody waits; and all who do know the same, as a rule. */
    private long common;
    private Set<Watch<V>> forCommon = Set.of();
    private Map<Long, Set<Watch<V>>> forOther = Map.of();

    Watched(String prefix) {
        this.prefix = prefix;
    }

    boolean hasTold() {
        return !told.isEmpty();
    }

    /** Those who are told of changes, in the order in which they came. */
    Iterable<Watch<V>> told() {
        return told;
    }

    /** Those too who wait. */
    List<Watch<V>> all() {
        List<Watch<V>> all = new ArrayList<>(told);
        all.addAll(forCommon);
        forOther.values().forEach(all::addAll);
        return all;
    }

    boolean hasWaiting() {
        return !forCommon.isEmpty() || !forOther.isEmpty();
    }

    /** Once more, if it waits no longer. */
    void add(Watch<V> watch) {
        if (!watch.waits) {
            takeFromWaiting(watch);
            told.add(watch);
            return;
        }
        var alike = forOther.get(watch.known);
        if (alike != null) {
            alike.add(watch);
            return;
        }
        if (forCommon.isEmpty()) {
            common = watch.known;
            forCommon = new LinkedHashSet<>();
        }
        if (watch.known == common) {
            forCommon.add(watch);
            return;
        }
        if (forOther.isEmpty()) {
            forOther = new LinkedHashMap<>();
        }
        forOther.computeIfAbsent(watch.known, _ -> new LinkedHashSet<>()).add(watch);
    }

    void remove(Watch<V> watch) {
        told.remove(watch);
        takeFromWaiting(watch);
    }

    private void takeFromWaiting(Watch<V> watch) {
        if (watch.known == common && !forCommon.isEmpty()) {
            forCommon.remove(watch);
            return;
        }
        var alike = forOther.get(watch.known);
        if (alike != null && alike.remove(watch) && alike.isEmpty()) {
            takeOther(watch.known);
        }
    }

    /** Those who wait for this; they are here no more. */
    Set<Watch<V>> take(long known) {
        if (known != common || forCommon.isEmpty()) {
            return forOther.isEmpty() ? Set.of() : takeOther(known);
        }
        var alike = forCommon;
        forCommon = Set.of();
        return alike;
    }

    private Set<Watch<V>> takeOther(long known) {
        var alike = forOther.remove(known);
        if (forOther.isEmpty()) {
            forOther = Map.of();
        }
        return alike == null ? Set.of() : alike;
    }

    boolean isEmpty() {
        return told.isEmpty() && !hasWaiting();
    }
}
