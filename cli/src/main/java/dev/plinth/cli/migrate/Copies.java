package dev.plinth.cli.migrate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Decides what each of two registries is told of the other. No clock, thread or socket; time is an argument. */
final class Copies {
    /*
     * An application is registered with one of the two, and callers of both have to find it. So what applications registered
     * with one is copied to the other, marked, so that copies are not copied back. An address that applications registered with
     * both, because one has moved and its predecessor is not gone yet, or because it registers twice, needs no copy.
     *
     * A registry that was lost from sight, or has just begun, may show less than there is. Nothing is taken back because of what
     * it does not show, until it has been seen for a while: callers may find somebody who is gone, and must not miss who is there.
     */
    static final Duration SETTLING = Duration.ofSeconds(15);

    private static final class State {
        /** What it shows, copies among it. */
        final Map<Service, List<Instance>> shown = new HashMap<>();

        /** What it was told, by this connection. */
        final Map<Service, List<Instance>> told = new HashMap<>();

        boolean seen;
        long seenSinceNanos;
    }

    private final State nacos = new State();
    private final State plinth = new State();

    private State of(Side side) {
        return switch (side) {
            case NACOS -> nacos;
            case PLINTH -> plinth;
        };
    }

    /** A connection to it is there; what it was told by the one before is gone with that. */
    void seen(Side side, long nowNanos) {
        var state = of(side);
        state.seen = true;
        state.seenSinceNanos = nowNanos;
        state.told.clear();
    }

    void lost(Side side) {
        of(side).seen = false;
    }

    /** It shows this of a service now. */
    void shows(Side side, Service service, List<Instance> all) {
        of(side).shown.put(service, List.copyOf(all));
    }

    /** The services that one of the two has shown. */
    Set<Service> services() {
        Set<Service> services = new HashSet<>(nacos.shown.keySet());
        services.addAll(plinth.shown.keySet());
        return services;
    }

    /** What has to be told: of each of these services all copies, in place of those that were told before. */
    Map<Service, List<Instance>> toTell(Side to, long nowNanos) {
        Map<Service, List<Instance>> toTell = new LinkedHashMap<>();
        if (!of(to).seen) {
            return toTell;
        }
        for (var service : services()) {
            var wanted = wanted(to, service, nowNanos);
            if (!wanted.equals(toldOf(to, service))) {
                toTell.put(service, wanted);
            }
        }
        return toTell;
    }

    private List<Instance> wanted(Side to, Service service, long nowNanos) {
        var from = to.other();
        Map<String, Instance> wanted = new TreeMap<>();
        if (!isSettled(from, nowNanos)) {
            // Also those that were copied by a life before this one.
            remembered(to, from, service).forEach(copy -> wanted.put(copy.address(), copy));
        }
        for (var instance : of(from).shown.getOrDefault(service, List.of())) {
            if (!instance.isCopy() && instance.served()) {
                wanted.put(instance.address(), instance.copiedFrom(from.mark()));
            }
        }
        of(to).shown.getOrDefault(service, List.of()).stream()
                .filter(instance -> !instance.isCopy())
                .forEach(instance -> wanted.remove(instance.address()));
        return List.copyOf(wanted.values());
    }

    private List<Instance> remembered(Side to, Side from, Service service) {
        var told = of(to).told.get(service);
        if (told != null) {
            return told;
        }
        List<Instance> copies = new ArrayList<>();
        for (var instance : of(to).shown.getOrDefault(service, List.of())) {
            if (from.mark().equals(instance.metadata().get(Instance.COPIED_FROM))) {
                copies.add(instance);
            }
        }
        return copies;
    }

    private boolean isSettled(Side side, long nowNanos) {
        return of(side).seen && nowNanos - of(side).seenSinceNanos >= SETTLING.toNanos();
    }

    /** What it was told of a service last. */
    List<Instance> toldOf(Side to, Service service) {
        return of(to).told.getOrDefault(service, List.of());
    }

    void told(Side to, Service service, List<Instance> copies) {
        of(to).told.put(service, copies);
    }

    /** How many copies it has. */
    int copies(Side to) {
        return of(to).told.values().stream().mapToInt(List::size).sum();
    }

    /** How many instances applications registered with it. */
    int own(Side side) {
        return of(side).shown.values().stream()
                .mapToInt(all -> (int)
                        all.stream().filter(instance -> !instance.isCopy()).count())
                .sum();
    }
}
