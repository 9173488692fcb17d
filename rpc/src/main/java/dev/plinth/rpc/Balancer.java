package dev.plinth.rpc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Predicate;

/** Picks the endpoint of a call. */
final class Balancer {
    /*
     * First those of our zone, among them first those that could be connected to lately. When none is left of one sort, the
     * next is tried: an endpoint that is backing off is better than giving up, and costs one refused connection.
     */
    private final Optional<String> zone;
    private final Function<Endpoint, Peer> peers;

    Balancer(Optional<String> zone, Function<Endpoint, Peer> peers) {
        this.zone = zone;
        this.peers = peers;
    }

    /** One of the endpoints that were not tried, if there is one. */
    Optional<Endpoint> pick(List<Endpoint> endpoints, Set<String> triedAddresses, ReferenceOptions.Balance balance) {
        List<Endpoint> left = select(endpoints, it -> !triedAddresses.contains(it.address()));
        if (left.isEmpty()) {
            return Optional.empty();
        }
        List<Endpoint> healthy = orElse(select(left, it -> !peers.apply(it).isBackingOff()), left);
        List<Endpoint> near = zone.isEmpty()
                ? healthy
                : orElse(select(healthy, it -> it.zone().equals(zone)), healthy);
        return Optional.of(
                switch (balance) {
                    case RANDOM -> any(near);
                    case LEAST_IN_FLIGHT -> lessBusy(any(near), any(near));
                });
    }

    private static List<Endpoint> select(List<Endpoint> endpoints, Predicate<Endpoint> wanted) {
        List<Endpoint> selected = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            if (wanted.test(endpoint)) {
                selected.add(endpoint);
            }
        }
        return selected;
    }

    private static List<Endpoint> orElse(List<Endpoint> first, List<Endpoint> second) {
        return first.isEmpty() ? second : first;
    }

    private static Endpoint any(List<Endpoint> endpoints) {
        return endpoints.get(ThreadLocalRandom.current().nextInt(endpoints.size()));
    }

    private Endpoint lessBusy(Endpoint a, Endpoint b) {
        return peers.apply(b).inFlight() < peers.apply(a).inFlight() ? b : a;
    }
}
