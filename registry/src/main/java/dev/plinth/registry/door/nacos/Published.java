package dev.plinth.registry.door.nacos;

import dev.plinth.registry.EndpointName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What one client has registered, as it said it last. */
final class Published {
    /*
     * One sorted list: a client may have a thousand instances, each of a service of its own, and a set for each of these would weigh
     * more than all that the registry knows of it.
     */
    private final List<EndpointName> names = new ArrayList<>();

    List<EndpointName> of(String service) {
        int low = 0;
        int high = names.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (names.get(middle).service().compareTo(service) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        List<EndpointName> found = new ArrayList<>();
        while (low < names.size() && names.get(low).service().equals(service)) {
            found.add(names.get(low));
            low++;
        }
        return found;
    }

    void add(EndpointName name) {
        int at = Collections.binarySearch(names, name);
        if (at < 0) {
            names.add(-at - 1, name);
        }
    }

    void remove(EndpointName name) {
        int at = Collections.binarySearch(names, name);
        if (at >= 0) {
            names.remove(at);
        }
    }
}
