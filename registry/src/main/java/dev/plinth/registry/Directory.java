package dev.plinth.registry;

import dev.plinth.kernel.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/** All endpoints, found by name, by service and by cell. */
final class Directory {
    /*
     * A change touches one registration and the counts of its service, and costs a service of ten thousand endpoints no more than
     * one of ten. What is said of a service as a whole is counted as endpoints come and go, not when it is asked.
     */
    private final RegistrationTable registrations = new RegistrationTable();
    private final TreeMap<String, NameSorted<EndpointName>> namesByCell = new TreeMap<>();
    private final HashMap<String, Counts> counts = new HashMap<>();
    private long metadataBytes;

    private static final class Counts {
        int endpoints;
        long digest;
        /** Most services have none. */
        Map<String, Integer> byCell = Map.of();
    }

    Optional<Registration> find(EndpointName name) {
        return registrations.find(name);
    }

    Optional<Registration> find(String key) {
        return registrations.find(key);
    }

    /** The text of a service's name that those who name it share, if it has endpoints. */
    Optional<String> nameOf(String service) {
        return registrations.nameOf(service);
    }

    /** Returns what was there before. */
    Optional<Registration> put(Registration registration) {
        var before = registrations.put(registration);
        var endpoint = registration.endpoint();
        if (before.map(Registration::endpoint).filter(endpoint::equals).isEmpty()) {
            before.ifPresent(other -> uncount(other.endpoint()));
            count(endpoint);
        }
        return before;
    }

    /** Returns what was there. */
    Optional<Registration> remove(EndpointName name) {
        var removed = registrations.remove(name);
        removed.ifPresent(registration -> uncount(registration.endpoint()));
        return removed;
    }

    private void count(Endpoint endpoint) {
        metadataBytes += endpoint.metadataBytes();
        var ofService = counts.computeIfAbsent(endpoint.name().service(), _ -> new Counts());
        ofService.endpoints++;
        ofService.digest += endpoint.digest();
        endpoint.cell().ifPresent(cell -> {
            if (ofService.byCell.isEmpty()) {
                ofService.byCell = new TreeMap<>();
            }
            ofService.byCell.merge(cell, 1, Integer::sum);
            namesByCell
                    .computeIfAbsent(cell, _ -> new NameSorted<>(name -> name))
                    .put(endpoint.name());
        });
    }

    private void uncount(Endpoint endpoint) {
        metadataBytes -= endpoint.metadataBytes();
        endpoint.cell()
                .ifPresent(cell -> namesByCell.computeIfPresent(cell, (_, names) -> {
                    names.remove(endpoint.name());
                    return names.isEmpty() ? null : names;
                }));
        counts.computeIfPresent(endpoint.name().service(), (_, ofService) -> {
            ofService.endpoints--;
            ofService.digest -= endpoint.digest();
            endpoint.cell()
                    .ifPresent(cell ->
                            ofService.byCell.computeIfPresent(cell, (_, count) -> count > 1 ? count - 1 : null));
            return ofService.endpoints > 0 ? ofService : null;
        });
    }

    int endpoints() {
        return registrations.size();
    }

    /** How many endpoints a service has. */
    int endpoints(String service) {
        var ofService = counts.get(service);
        return ofService == null ? 0 : ofService.endpoints;
    }

    /** What a service's endpoints come to, as {@link dev.plinth.wire.registry.EndpointDigest} says. */
    long digest(String service) {
        var ofService = counts.get(service);
        return ofService == null ? 0 : ofService.digest;
    }

    int services() {
        return registrations.services();
    }

    long metadataBytes() {
        return metadataBytes;
    }

    /** The keys that start with {@code prefix} after {@code after}. */
    List<String> keys(String prefix, String after, int limit) {
        return registrations.keys(prefix, after, limit);
    }

    Page<ServiceSummary> services(String after, int limit) {
        int most = within(limit);
        List<ServiceSummary> page = new ArrayList<>();
        for (var service : registrations.servicesAfter(after)) {
            if (page.size() == most) {
                return new Page<>(List.copyOf(page), true);
            }
            var ofService = Objects.requireNonNull(counts.get(service));
            page.add(new ServiceSummary(
                    service, ofService.endpoints, Collections.unmodifiableSortedMap(new TreeMap<>(ofService.byCell))));
        }
        return new Page<>(List.copyOf(page), false);
    }

    /**
     * The registrations of a service, of a cell, of both or of all, by key.
     *
     * @param shown what is shown of a registration, if it is
     */
    Page<Registration> registrations(
            Optional<String> service,
            Optional<String> cell,
            String after,
            int limit,
            Function<Registration, Optional<Registration>> shown) {
        int most = within(limit);
        var prefix = service.map(EndpointName::prefix).orElse("");
        List<Registration> found = new ArrayList<>();
        Predicate<Registration> take = registration -> {
            shown.apply(registration).ifPresent(found::add);
            return found.size() <= most;
        };
        if (cell.isEmpty()) {
            visit(prefix, after, take);
        } else {
            visitCell(cell.get(), prefix, after, take);
        }
        return new Page<>(List.copyOf(found.subList(0, Math.min(found.size(), most))), found.size() > most);
    }

    /**
     * Shows the registrations whose keys start with {@code prefix} and come after {@code after}, in order, until one is not wanted.
     *
     * @param wanted false to end it
     */
    void visit(String prefix, String after, Predicate<? super Registration> wanted) {
        registrations.visit(prefix, after, wanted);
    }

    private void visitCell(String cell, String prefix, String after, Predicate<? super Registration> wanted) {
        var names = namesByCell.get(cell);
        if (names != null) {
            names.visitAfter(
                    after.compareTo(prefix) < 0 ? prefix : after,
                    name -> name.startsWith(prefix)
                            && wanted.test(find(name)
                                    .orElseThrow(() -> new IllegalStateException("no endpoint of a cell's " + name))));
        }
    }

    private static int within(int limit) {
        return Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
    }
}
