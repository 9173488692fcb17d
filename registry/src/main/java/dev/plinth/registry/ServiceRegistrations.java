package dev.plinth.registry;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The registrations of one service, each of another endpoint. */
final class ServiceRegistrations {
    /*
     * By the hash of their addresses until somebody goes through them in order, or many addresses have one hash, and in order from then on. When a registry has
     * restarted, and a million endpoints come back, nobody does: those who are subscribed know the lists.
     */
    private static final class ByAddress extends NameHashed<Registration> {
        @Override
        EndpointName name(Registration registration) {
            return registration.endpoint().name();
        }

        @Override
        int hash(EndpointName name) {
            return name.address().hashCode();
        }
    }

    private final String name;
    private @Nullable ByAddress hashed = new ByAddress();
    private @Nullable NameSorted<Registration> sorted;

    // What Directory counts.
    private long digest;
    /** Most services have none. */
    private Map<String, Integer> byCell = Map.of();

    ServiceRegistrations(String name) {
        this.name = name;
    }

    /** The text that all who have it from here share. */
    String name() {
        return name;
    }

    int size() {
        return hashed != null ? hashed.size() : ordered().size();
    }

    @Nullable
    Registration find(EndpointName wanted) {
        return hashed != null ? hashed.find(wanted) : ordered().find(wanted);
    }

    /** By {@link EndpointName#key}, which is of this service. */
    @Nullable
    Registration find(String key) {
        return hashed != null
                ? hashed.find(
                        EndpointName.addressHash(key),
                        one -> one.endpoint().name().compareToKey(key) == 0)
                : ordered().find(key);
    }

    /** Returns what was there before. */
    @Nullable
    Registration put(Registration registration) {
        if (hashed == null) {
            return ordered().put(registration);
        }
        var before = hashed.put(registration);
        if (hashed.isCrowded()) {
            ordered();
        }
        return before;
    }

    /** Returns what was there. */
    @Nullable
    Registration remove(EndpointName gone) {
        return hashed != null ? hashed.remove(gone) : ordered().remove(gone);
    }

    /** As {@link NameSorted#visitAfter}. */
    boolean visitAfter(String after, Predicate<? super Registration> wanted) {
        return ordered().visitAfter(after, wanted);
    }

    boolean isOrdered() {
        return sorted != null;
    }

    private NameSorted<Registration> ordered() {
        if (sorted == null) {
            sorted = new NameSorted<>(registration -> registration.endpoint().name());
            if (hashed != null) {
                hashed.list().forEach(sorted::put);
                hashed = null;
            }
        }
        return sorted;
    }

    void count(Endpoint endpoint) {
        digest += endpoint.digest();
        endpoint.cell().ifPresent(cell -> {
            if (byCell.isEmpty()) {
                byCell = new TreeMap<>();
            }
            byCell.merge(cell, 1, Integer::sum);
        });
    }

    void uncount(Endpoint endpoint) {
        digest -= endpoint.digest();
        endpoint.cell().ifPresent(cell -> byCell.computeIfPresent(cell, (_, count) -> count > 1 ? count - 1 : null));
    }

    /** What the endpoints that were counted come to, as {@link dev.plinth.wire.registry.EndpointDigest} says. */
    long digest() {
        return digest;
    }

    /** How many of those that were counted stand in which cell; as it is now. */
    SortedMap<String, Integer> byCell() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(byCell));
    }
}
