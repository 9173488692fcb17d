package dev.plinth.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All that people say of endpoints, at one time. */
final class Rules {
    /*
     * The registry goes on keeping what clients say as they say it, and servers tell one another that; a rule is looked up when an
     * endpoint is shown. So a rule that is taken back leaves no trace, a client that registers again need not know of it, and
     * servers that have the same rules show the same.
     */
    static final Rules NONE = new Rules(List.of());

    private record Place(String service, String address) {}

    private final Map<Place, Rule.Weight> weights = new HashMap<>();
    private final Map<Place, Rule.SwitchedOff> off = new HashMap<>();
    private final List<Rule.Blacklisted> blacklist = new ArrayList<>();

    /** Those of whose endpoints a weight or a switch says something. */
    private final Set<String> services = new HashSet<>();

    private Rules(Collection<Rule> all) {
        for (var rule : all) {
            switch (rule) {
                case Rule.Weight weight -> {
                    weights.put(new Place(weight.service(), weight.address()), weight);
                    services.add(weight.service());
                }
                case Rule.SwitchedOff place -> {
                    off.put(new Place(place.service(), place.address()), place);
                    services.add(place.service());
                }
                case Rule.Blacklisted hosts -> blacklist.add(hosts);
            }
        }
    }

    static Rules of(Collection<Rule> all) {
        return all.isEmpty() ? NONE : new Rules(all);
    }

    boolean isEmpty() {
        return weights.isEmpty() && off.isEmpty() && blacklist.isEmpty();
    }

    /** Whether a service's endpoints may be shown otherwise than clients say. */
    boolean mayConcern(String service) {
        return !blacklist.isEmpty() || services.contains(service);
    }

    /** Those that say something of an endpoint. */
    List<Rule> about(EndpointName name) {
        if (isEmpty()) {
            return List.of();
        }
        List<Rule> about = new ArrayList<>();
        var place = new Place(name.service(), name.address());
        Optional.ofNullable(off.get(place)).ifPresent(about::add);
        if (!blacklist.isEmpty()) {
            var host = HostRange.host(name.address().substring(0, name.address().lastIndexOf(':')));
            var literal = HostRange.literal(host);
            blacklist.stream().filter(rule -> rule.hosts().holds(host, literal)).forEach(about::add);
        }
        Optional.ofNullable(weights.get(place)).ifPresent(about::add);
        return about;
    }

    /** The registration as it is shown to callers; empty if it is not. */
    Optional<Registration> served(Registration registration) {
        var shown = registration;
        for (var rule : about(registration.endpoint().name())) {
            switch (rule) {
                case Rule.SwitchedOff _, Rule.Blacklisted _ -> {
                    return Optional.empty();
                }
                case Rule.Weight weight -> shown = shown.with(shown.endpoint().with(weight.weight()));
            }
        }
        return Optional.of(shown);
    }

    /** The services of which the two may show different things; empty if that may be any. */
    Optional<Set<String>> differing(Rules other) {
        if (!new HashSet<>(blacklist).equals(new HashSet<>(other.blacklist))) {
            return Optional.empty();
        }
        Set<String> services = new HashSet<>();
        differing(weights, other.weights, services);
        differing(off, other.off, services);
        return Optional.of(services);
    }

    private static <R> void differing(Map<Place, R> some, Map<Place, R> others, Set<String> into) {
        some.forEach((place, rule) -> {
            if (!rule.equals(others.get(place))) {
                into.add(place.service());
            }
        });
        others.keySet().forEach(place -> {
            if (!some.containsKey(place)) {
                into.add(place.service());
            }
        });
    }
}
