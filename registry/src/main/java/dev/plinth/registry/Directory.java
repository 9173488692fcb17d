package dev.plinth.registry;

import dev.plinth.kernel.Limits;
import java.util.ArrayList;
import java.util.List;
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
    private long metadataBytes;

    Optional<Registration> find(EndpointName name) {
        return registrations.find(name);
    }

    Optional<Registration> find(String key) {
        return registrations.find(key);
    }

    /** The text of a service's name that those who name it share, if it has endpoints. */
    Optional<String> nameOf(String service) {
        return registrations.service(service).map(ServiceRegistrations::name);
    }

    /** Returns what was there before. */
    Optional<Registration> put(Registration registration) {
        var service = registrations.serviceFor(registration);
        var before = registrations.put(service, registration);
        var endpoint = registration.endpoint();
        if (before.map(Registration::endpoint).filter(endpoint::equals).isEmpty()) {
            before.ifPresent(other -> uncount(service, other.endpoint()));
            count(service, endpoint);
        }
        return before;
    }

    /** Returns what was there. */
    Optional<Registration> remove(EndpointName name) {
        var service = registrations.service(name.service());
        if (service.isEmpty()) {
            return Optional.empty();
        }
        var removed = registrations.remove(service.get(), name);
        if (removed.isPresent()) {
            uncount(service.get(), removed.get().endpoint());
        }
        return removed;
    }

    private void count(ServiceRegistrations service, Endpoint endpoint) {
        metadataBytes += endpoint.metadataBytes();
        service.count(endpoint);
        endpoint.cell()
                .ifPresent(cell -> namesByCell
                        .computeIfAbsent(cell, _ -> new NameSorted<>(name -> name))
                        .put(endpoint.name()));
    }

    private void uncount(ServiceRegistrations service, Endpoint endpoint) {
        metadataBytes -= endpoint.metadataBytes();
        service.uncount(endpoint);
        endpoint.cell()
                .ifPresent(cell -> namesByCell.computeIfPresent(cell, (_, names) -> {
                    names.remove(endpoint.name());
                    return names.isEmpty() ? null : names;
                }));
    }

    int endpoints() {
        return registrations.size();
    }

    /** How many endpoints a service has. */
    int endpoints(String service) {
        return registrations.service(service).map(ServiceRegistrations::size).orElse(0);
    }

    /** What a service's endpoints come to, as {@link dev.plinth.wire.registry.EndpointDigest} says. */
    long digest(String service) {
        var known = registrations.service(service);
        return known.isPresent() ? known.get().digest() : 0;
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
            page.add(new ServiceSummary(service.name(), service.size(), service.byCell()));
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
