package dev.plinth.registry;

import dev.plinth.kernel.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** All endpoints, found by name, by service and by cell. */
final class Directory {
    /*
     * One sorted map holds the endpoints under their keys, so that a service is a range of it and a change touches one entry: a
     * service of ten thousand endpoints costs a change no more than one of ten. What is said of a service as a whole is counted as
     * endpoints come and go, not when it is asked.
     */
    private final TreeMap<String, Registration> byKey = new TreeMap<>();
    private final TreeMap<String, TreeSet<String>> keysByCell = new TreeMap<>();
    private final TreeMap<String, Counts> services = new TreeMap<>();
    private long metadataBytes;

    private static final class Counts {
        int endpoints;
        final TreeMap<String, Integer> byCell = new TreeMap<>();
    }

    Optional<Registration> find(String key) {
        return Optional.ofNullable(byKey.get(key));
    }

    void put(String key, Registration registration) {
        remove(key);
        byKey.put(key, registration);
        var endpoint = registration.endpoint();
        metadataBytes += endpoint.metadataBytes();
        var counts = services.computeIfAbsent(endpoint.name().service(), _ -> new Counts());
        counts.endpoints++;
        endpoint.cell().ifPresent(cell -> {
            counts.byCell.merge(cell, 1, Integer::sum);
            keysByCell.computeIfAbsent(cell, _ -> new TreeSet<>()).add(key);
        });
    }

    void remove(String key) {
        var registration = byKey.remove(key);
        if (registration == null) {
            return;
        }
        var endpoint = registration.endpoint();
        metadataBytes -= endpoint.metadataBytes();
        endpoint.cell()
                .ifPresent(cell -> keysByCell.computeIfPresent(cell, (_, keys) -> {
                    keys.remove(key);
                    return keys.isEmpty() ? null : keys;
                }));
        services.computeIfPresent(endpoint.name().service(), (_, counts) -> {
            counts.endpoints--;
            endpoint.cell()
                    .ifPresent(
                            cell -> counts.byCell.computeIfPresent(cell, (_, count) -> count > 1 ? count - 1 : null));
            return counts.endpoints > 0 ? counts : null;
        });
    }

    int endpoints() {
        return byKey.size();
    }

    /** How many endpoints a service has. */
    int endpoints(String service) {
        var counts = services.get(service);
        return counts == null ? 0 : counts.endpoints;
    }

    int services() {
        return services.size();
    }

    long metadataBytes() {
        return metadataBytes;
    }

    /** The keys that start with {@code prefix} after {@code after}. */
    List<String> keys(String prefix, String after, int limit) {
        return range(byKey.navigableKeySet(), prefix, after, limit);
    }

    Page<ServiceSummary> services(String after, int limit) {
        int most = within(limit);
        NavigableMap<String, Counts> rest = services.tailMap(after, false);
        List<ServiceSummary> page = new ArrayList<>();
        for (var entry : rest.entrySet()) {
            if (page.size() == most) {
                return new Page<>(List.copyOf(page), true);
            }
            var counts = entry.getValue();
            page.add(new ServiceSummary(
                    entry.getKey(), counts.endpoints, Collections.unmodifiableSortedMap(new TreeMap<>(counts.byCell))));
        }
        return new Page<>(List.copyOf(page), false);
    }

    /** The registrations of a service, of a cell, of both or of all, by key. */
    Page<Registration> registrations(Optional<String> service, Optional<String> cell, String after, int limit) {
        int most = within(limit);
        NavigableSet<String> keys =
                cell.isEmpty() ? byKey.navigableKeySet() : keysByCell.getOrDefault(cell.get(), new TreeSet<>());
        var found = range(keys, service.map(EndpointName::prefix).orElse(""), after, most + 1);
        List<Registration> page = new ArrayList<>();
        for (var key : found.subList(0, Math.min(found.size(), most))) {
            page.add(find(key).orElseThrow(() -> new IllegalStateException("no endpoint under the listed key " + key)));
        }
        return new Page<>(List.copyOf(page), found.size() > most);
    }

    private static int within(int limit) {
        return Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
    }

    static List<String> range(NavigableSet<String> keys, String prefix, String after, int limit) {
        List<String> page = new ArrayList<>();
        var rest = after.compareTo(prefix) < 0 ? keys.tailSet(prefix, true) : keys.tailSet(after, false);
        for (var key : rest) {
            if (page.size() == limit || !key.startsWith(prefix)) {
                break;
            }
            page.add(key);
        }
        return page;
    }
}
