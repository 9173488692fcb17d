package dev.plinth.sdk;

import dev.plinth.rpc.Endpoint;
import dev.plinth.wire.registry.EndpointDigest;
import dev.plinth.wire.registry.v1.EndpointName;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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
     * What was told as a whole has a digest. A registry that has the same when this process is back says so, and lists nothing.
     *
     * Written by one thread at a time (the client's turns), read by any.
     */
    private static final String PROTOCOL = "bolt";
    private static final int WEIGHT_DEFAULT = 100;

    /** Completed with the first full list. */
    final CompletableFuture<Boolean> listed = new CompletableFuture<>();

    /** What a registry has told: those who take calls, and the digests of all. */
    private record Told(Map<EndpointName, Endpoint> endpoints, Map<EndpointName, Long> digests) {
        static Told nothing() {
            return new Told(new LinkedHashMap<>(), new HashMap<>());
        }

        Told copy() {
            return new Told(new LinkedHashMap<>(endpoints), new HashMap<>(digests));
        }
    }

    private Told known = Told.nothing();
    private final Map<EndpointName, Endpoint> inherited = new LinkedHashMap<>();
    private @Nullable Told building;
    private boolean current;

    /** What was told as a whole last, by whichever registry. */
    private @Nullable Told whole;

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
            inherited.putAll(known.endpoints());
            known = Told.nothing();
        }
    }

    /** All who served before the registry's restart have had the time to come back. */
    void settled() {
        settled = true;
        if (current) {
            show();
        }
    }

    /** The digest of all that is known of the service, to be named when it is subscribed to; empty if there was no list so far. */
    OptionalLong digest() {
        Told last = whole;
        return last == null
                ? OptionalLong.empty()
                : OptionalLong.of(last.digests().values().stream()
                        .mapToLong(Long::longValue)
                        .sum());
    }

    void update(ServiceUpdate update) {
        if (update.getUnchanged() && whole != null) {
            known = whole;
            building = null;
            inherited.clear();
            current = true;
            show();
            return;
        }
        if (update.getReset()) {
            building = Told.nothing();
        } else if (building == null) {
            building = known.copy();
        }
        for (EndpointName gone : update.getRemovedList()) {
            building.endpoints().remove(gone);
            building.digests().remove(gone);
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
                building.endpoints().put(name, new Endpoint(address.host(), address.port(), endpoint.getMetadataMap()));
            } else {
                building.endpoints().remove(name);
            }
            building.digests().put(name, digest(endpoint));
            inherited.remove(name);
        }
        if (update.getComplete()) {
            known = building;
            whole = known;
            building = null;
            current = true;
            show();
        }
    }

    private static long digest(dev.plinth.wire.registry.v1.Endpoint endpoint) {
        return EndpointDigest.of(
                endpoint.getService(),
                endpoint.getProtocol(),
                endpoint.getAddress(),
                endpoint.hasWeight() ? endpoint.getWeight() : WEIGHT_DEFAULT,
                endpoint.getMetadataMap());
    }

    private void show() {
        if (settled) {
            inherited.clear();
        }
        List<Endpoint> all = new ArrayList<>(known.endpoints().values());
        all.addAll(inherited.values());
        endpoints = List.copyOf(all);
        listed.complete(true);
    }
}
