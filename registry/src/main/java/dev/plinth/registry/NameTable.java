package dev.plinth.registry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The names of one client's endpoints, each once. */
public final class NameTable {
    /*
     * A table of names by their service's hash, each at its place or, where others were there before, at one of the next ones (linear
     * probing; Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithms L and R). A client may have a thousand
     * instances, each of a service of its own: a list for each of these would weigh more than all that the registry knows of it.
     */
    private static final int PLACES_AT_FIRST = 8;

    private @Nullable EndpointName[] places = new EndpointName[PLACES_AT_FIRST];
    private int size;

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public boolean contains(EndpointName name) {
        return places[find(name)] != null;
    }

    /** Those of a service, in no order. */
    public List<EndpointName> of(String service) {
        List<EndpointName> found = List.of();
        int at = place(service);
        for (var name = places[at]; name != null; name = places[at]) {
            if (name.service().equals(service)) {
                if (found.isEmpty()) {
                    found = new ArrayList<>(1);
                }
                found.add(name);
            }
            at = next(at);
        }
        return found;
    }

    /** All, as they are now, in no order. */
    public List<EndpointName> list() {
        List<EndpointName> all = new ArrayList<>(size);
        for (var name : places) {
            if (name != null) {
                all.add(name);
            }
        }
        return all;
    }

    public void add(EndpointName name) {
        int at = find(name);
        if (places[at] == null) {
            places[at] = name;
            size++;
            if (4 * size > 3 * places.length) {
                grow();
            }
        }
    }

    /** Returns whether it was there. */
    public boolean remove(EndpointName name) {
        int at = find(name);
        if (places[at] == null) {
            return false;
        }
        size--;
        // What stands behind it moves up, unless that would be before its own place.
        int free = at;
        places[free] = null;
        for (at = next(free); places[at] != null; at = next(at)) {
            var other = places[at];
            int wanted = place(other.service());
            boolean between = free <= at ? free < wanted && wanted <= at : free < wanted || wanted <= at;
            if (!between) {
                places[free] = other;
                places[at] = null;
                free = at;
            }
        }
        return true;
    }

    private void grow() {
        var before = places;
        places = new EndpointName[2 * before.length];
        for (var name : before) {
            if (name != null) {
                places[find(name)] = name;
            }
        }
    }

    /** Where the name is, or the free place where it would be. */
    private int find(EndpointName name) {
        int at = place(name.service());
        for (var there = places[at]; there != null && !there.equals(name); there = places[at]) {
            at = next(at);
        }
        return at;
    }

    private int place(String service) {
        int hash = service.hashCode() * 0x9E3779B9;
        return ((hash >>> 16) ^ hash) & (places.length - 1);
    }

    private int next(int at) {
        return (at + 1) & (places.length - 1);
    }
}
