package dev.plinth.registry;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The endpoints that went last, and why: for people who ask where one is. */
final class Departures {
    static final int KEPT_MAX = 1_000;

    private final LinkedHashMap<EndpointName, Departure> byName = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<EndpointName, Departure> eldest) {
            return size() > KEPT_MAX;
        }
    };

    void add(EndpointName name, Departure departure) {
        byName.remove(name);
        byName.put(name, departure);
    }

    void forget(EndpointName name) {
        byName.remove(name);
    }

    /** The last one of a service at an address, whatever its protocol. */
    Optional<Departure> find(String service, String address) {
        Optional<Departure> last = Optional.empty();
        for (var entry : byName.entrySet()) {
            var name = entry.getKey();
            if (name.service().equals(service) && name.address().equals(address)) {
                last = Optional.of(entry.getValue());
            }
        }
        return last;
    }
}
