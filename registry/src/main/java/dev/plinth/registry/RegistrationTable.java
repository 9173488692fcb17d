package dev.plinth.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Registrations by the names of their endpoints, in the order of {@link EndpointName#key}. */
final class RegistrationTable {
    /*
     * By service, and in a service by name. The keys are not kept: they are most of what an entry would weigh, and each is told by
     * its registration. A service is looked up by hash, for a registration asks after its service several times, and the names of
     * services begin so much alike that to compare them is most of what a sorted map does. The sorted one is for who goes through them,
     * and there from when somebody does: nobody goes through what this server's own sessions say while it is alone.
     */
    private final HashMap<String, ServiceRegistrations> byName = new HashMap<>();
    private @Nullable NavigableMap<String, ServiceRegistrations> sorted;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    Optional<Registration> find(EndpointName name) {
        var service = byName.get(name.service());
        return service == null ? Optional.empty() : Optional.ofNullable(service.find(name));
    }

    Optional<Registration> find(String key) {
        var service = byName.get(EndpointName.serviceOf(key));
        return service == null ? Optional.empty() : Optional.ofNullable(service.find(key));
    }

    /** A service, if it is known. */
    Optional<ServiceRegistrations> service(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** Returns what was there before. */
    Optional<Registration> put(Registration registration) {
        return put(serviceFor(registration), registration);
    }

    /** The service of a registration that is about to be put there. */
    ServiceRegistrations serviceFor(Registration registration) {
        var name = registration.endpoint().name().service();
        var service = byName.get(name);
        if (service == null) {
            service = new ServiceRegistrations(name);
            byName.put(name, service);
            if (sorted != null) {
                sorted.put(name, service);
            }
        }
        return service;
    }

    /**
     * Returns what was there before.
     *
     * @param service as {@link #serviceFor} gave it
     */
    Optional<Registration> put(ServiceRegistrations service, Registration registration) {
        var before = service.put(registration);
        if (before == null) {
            size++;
        }
        return Optional.ofNullable(before);
    }

    /** Returns what was there. */
    Optional<Registration> remove(EndpointName name) {
        var service = byName.get(name.service());
        return service == null ? Optional.empty() : remove(service, name);
    }

    /**
     * Returns what was there.
     *
     * @param service the name's
     */
    Optional<Registration> remove(ServiceRegistrations service, EndpointName name) {
        var removed = service.remove(name);
        if (removed != null) {
            size--;
            if (service.size() == 0) {
                byName.remove(name.service());
                if (sorted != null) {
                    sorted.remove(name.service());
                }
            }
        }
        return Optional.ofNullable(removed);
    }

    int services() {
        return byName.size();
    }

    /** The services whose names come after {@code after}, in their order; a view. */
    Collection<ServiceRegistrations> servicesAfter(String after) {
        return sorted().tailMap(after, false).values();
    }

    private NavigableMap<String, ServiceRegistrations> sorted() {
        if (sorted == null) {
            sorted = new TreeMap<>(byName);
        }
        return sorted;
    }

    /**
     * Shows those whose keys start with {@code prefix} and come after {@code after}, in order, until one is not wanted.
     *
     * @param wanted false to end it
     */
    void visit(String prefix, String after, Predicate<? super Registration> wanted) {
        if (EndpointName.isOfOne(prefix)) {
            var only = byName.get(EndpointName.serviceOf(prefix));
            if (only != null) {
                visit(only, prefix, after, wanted);
            }
            return;
        }
        var from = after.compareTo(prefix) < 0 ? prefix : after;
        for (var service : sorted().tailMap(EndpointName.serviceOf(from), true).entrySet()) {
            if (service.getKey().length() >= prefix.length()
                    && !service.getKey().startsWith(prefix)) {
                if (service.getKey().compareTo(prefix) > 0) {
                    return;
                }
                continue;
            }
            if (!visit(service.getValue(), prefix, after, wanted)) {
                return;
            }
        }
    }

    /** The same in one service; returns false if it is to end. */
    private static boolean visit(
            ServiceRegistrations service, String prefix, String after, Predicate<? super Registration> wanted) {
        return service.visitAfter(after, registration -> {
            var name = registration.endpoint().name();
            return name.startsWith(prefix) ? wanted.test(registration) : name.compareToKey(prefix) < 0;
        });
    }

    List<Registration> page(String prefix, String after, int limit) {
        List<Registration> page = new ArrayList<>();
        if (limit > 0) {
            visit(prefix, after, registration -> {
                page.add(registration);
                return page.size() < limit;
            });
        }
        return page;
    }

    List<String> keys(String prefix, String after, int limit) {
        return page(prefix, after, limit).stream()
                .map(registration -> registration.endpoint().name().key())
                .toList();
    }
}
