package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;

/**
 * A service and where it is offered.
 *
 * @param endpointCount how many endpoints there are; the door leaves some out of a document that would get too long
 */
public record ServiceState(String name, int endpointCount, List<EndpointState> endpoints) {
    public ServiceState {
        endpoints = List.copyOf(endpoints);
    }

    public ServiceState(String name, List<EndpointState> endpoints) {
        this(name, endpoints.size(), endpoints);
    }

    public enum Health {
        SERVING,
        /** Still listed, but its session is overdue. */
        SUSPECT,
        /** Registered, and not shown to callers: somebody switched it off or put its host on the blacklist. */
        OFF
    }

    /**
     * One place of a service.
     *
     * @param address {@code host:port}, or the URL that was registered
     * @param cell the cell's name; empty if the endpoint names none
     * @param zone the zone's name; empty if the endpoint names none
     */
    public record EndpointState(String address, String cell, String zone, Instant since, Health health) {}
}
