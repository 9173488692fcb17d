package dev.plinth.registry;

import java.util.ArrayList;
import java.util.List;

/** The names of one client's endpoints, each once. */
public final class NameTable {
    /*
     * By their services. A client may have a thousand instances, each of a service of its own: a list for each of these would weigh more
     * than all that the registry knows of it.
     */
    private static final class ByService extends NameHashed<EndpointName> {
        @Override
        EndpointName name(EndpointName name) {
            return name;
        }

        @Override
        int hash(EndpointName name) {
            return name.service().hashCode();
        }
    }

    private final ByService names = new ByService();

    public int size() {
        return names.size();
    }

    public boolean isEmpty() {
        return names.size() == 0;
    }

    public boolean contains(EndpointName name) {
        return names.find(name) != null;
    }

    /** Those of a service, in no order. */
    public List<EndpointName> of(String service) {
        List<EndpointName> found = new ArrayList<>(1);
        var _ = names.find(service.hashCode(), name -> {
            if (name.service().equals(service)) {
                found.add(name);
            }
            return false;
        });
        return found;
    }

    /** All, as they are now, in no order. */
    public List<EndpointName> list() {
        return names.list();
    }

    public void add(EndpointName name) {
        names.put(name);
    }

    /** Returns whether it was there. */
    public boolean remove(EndpointName name) {
        return names.remove(name) != null;
    }
}
