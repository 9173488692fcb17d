package dev.plinth.sdk;

import dev.plinth.rpc.Endpoint;
import dev.plinth.wire.registry.v1.EndpointName;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where one service is served, as far as this process has been told. */
final class ServiceView {
    /*
     * The registry's memory ends with its process. After its restart it tells of those endpoints only whose own clients are
     * back already, so its first list may be short, or empty, without anything being wrong. What an earlier incarnation has
     * told is inherited until the registry says that all have had the time to come back. A call to an inherited endpoint that
     * is really gone costs an attempt; an empty list would cost the service.
     *
     * Written by one thread at a time (the client's turns), read by any.
     */
    private static final String PROTOCOL = "bolt";

    /** Completed with the first full list. */
    final CompletableFuture<Boolean> listed = new CompletableFuture<>();

    private Map<EndpointName, Endpoint> known = new LinkedHashMap<>();
    private final Map<EndpointName, Endpoint> inherited = new LinkedHashMap<>();
    private @Nullable Map<EndpointName, Endpoint> building;
    private boolean current;
    private boolean settled = true;
    // What callers see; replaced as a whole.
    private volatile List<Endpoint> endpoints = List.of();

    List<Endpoint> endpoints() {
        return endpoints;
    }

    /**
     * A stream has begun.
     *
     * @param sameIncarnation whether the registry is the one that told what is known
     * @param settled whether all who served before its restart have had the time to come back
     */
    void opened(boolean sameIncarnation, boolean settled) {
        building = null;
        current = false;
        this.settled = settled;
        if (!sameIncarnation) {
            inherited.putAll(known);
            known = new LinkedHashMap<>();
        }
    }

    /** All who served before the registry's restart have had the time to come back. */
    void settled() {
        settled = true;
        if (current) {
            show();
        }
    }

    void update(ServiceUpdate update) {
        if (update.getReset()) {
            building = new LinkedHashMap<>();
        } else if (building == null) {
            building = new LinkedHashMap<>(known);
        }
        for (EndpointName gone : update.getRemovedList()) {
            building.remove(gone);
            inherited.remove(gone);
        }
        for (dev.plinth.wire.registry.v1.Endpoint endpoint : update.getEndpointsList()) {
            EndpointName name = EndpointName.newBuilder()
                    .setProtocol(endpoint.getProtocol())
                    .setAddress(endpoint.getAddress())
                    .build();
            boolean takesCalls = !endpoint.hasWeight() || endpoint.getWeight() > 0;
            if (endpoint.getProtocol().equals(PROTOCOL) && takesCalls) {
                HostPort address = HostPort.parse(endpoint.getAddress());
                building.put(name, new Endpoint(address.host(), address.port(), endpoint.getMetadataMap()));
            } else {
                building.remove(name);
            }
            inherited.remove(name);
        }
        if (update.getComplete()) {
            known = building;
            building = null;
            current = true;
            show();
        }
    }

    private void show() {
        if (settled) {
            inherited.clear();
        }
        List<Endpoint> all = new ArrayList<>(known.values());
        all.addAll(inherited.values());
        endpoints = List.copyOf(all);
        listed.complete(true);
    }
}
