package dev.plinth.rpc;

import java.util.List;

/** Knows where services are served. */
@FunctionalInterface
public interface Directory {

    /**
     * Where the service is served now, as far as is known; empty if nowhere.
     *
     * <p>Asked again for every call, so that changes take effect at the next one: it answers from memory, at once.
     *
     * @param service {@code interface:version}
     */
    List<Endpoint> endpoints(String service);

    /** The same endpoints for every service, for ever. */
    static Directory of(Endpoint... endpoints) {
        List<Endpoint> all = List.of(endpoints);
        return service -> all;
    }
}
