package dev.plinth.sdk;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who the application is, and where it finds Plinth. Start with {@link #of}; everything else has a default.
 *
 * @param application the application's name, as the registry, the coordinator and the console show it: 1 to 64 characters,
 *     letters, digits, {@code .}, {@code _}, {@code -}
 * @param servers Plinth servers, any one of which will do; the others are tried when it is away
 * @param registries where the registry of each of the servers has a port for itself ({@code registry.listen}), in the same order, for
 *     it costs both sides less there; none if all is asked at {@code servers}
 * @param coordinators the transaction coordinator's Seata doors, of Plinth or of an original Seata server; the next is taken when
 *     one is away
 * @param listen where this application's own RPC server listens once something is published; port 0 takes a free one
 * @param advertise the host that others reach it under; the host of {@code listen} if empty
 * @param cell the cell that this process belongs to; empty if it serves all users
 * @param zone the zone that this process runs in; calls prefer endpoints of the same zone
 * @param callTimeout how long a call may take if its reference does not say; 1 ms to 1 h
 */
public record PlinthOptions(
        String application,
        List<HostPort> servers,
        List<HostPort> registries,
        List<HostPort> coordinators,
        HostPort listen,
        Optional<String> advertise,
        Optional<String> cell,
        Optional<String> zone,
        Duration callTimeout) {

    private static final Duration CALL_TIMEOUT_MAX = Duration.ofHours(1);

    public PlinthOptions {
        Names.requireApplication(application);
        servers = List.copyOf(servers);
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("servers: at least one address is needed");
        }
        registries = List.copyOf(registries);
        if (!registries.isEmpty() && registries.size() != servers.size()) {
            throw new IllegalArgumentException("registries: " + registries.size()
                    + " addresses are not one for each of " + servers.size() + " servers");
        }
        coordinators = List.copyOf(coordinators);
        if (coordinators.isEmpty()) {
            throw new IllegalArgumentException("coordinators: at least one address is needed");
        }
        if (callTimeout.toMillis() < 1 || callTimeout.compareTo(CALL_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("callTimeout: " + callTimeout + " is not within 1 ms..1 h");
        }
    }

    /** Everything on this machine's default ports. */
    public static PlinthOptions of(String application) {
        return new PlinthOptions(
                application,
                List.of(new HostPort("127.0.0.1", 7700)),
                List.of(),
                List.of(new HostPort("127.0.0.1", 8091)),
                new HostPort("127.0.0.1", 0),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(3));
    }

    /** {@code host:port} of each server; what {@link #withRegistries} said of others is forgotten. */
    public PlinthOptions withServers(String... addresses) {
        return new PlinthOptions(
                application, parse(addresses), List.of(), coordinators, listen, advertise, cell, zone, callTimeout);
    }

    /** {@code host:port} of the registry's own port of each server, in the order of the servers. */
    public PlinthOptions withRegistries(String... addresses) {
        return new PlinthOptions(
                application, servers, parse(addresses), coordinators, listen, advertise, cell, zone, callTimeout);
    }

    /** {@code host:port} of each server's coordinator. */
    public PlinthOptions withCoordinators(String... addresses) {
        return new PlinthOptions(
                application, servers, registries, parse(addresses), listen, advertise, cell, zone, callTimeout);
    }

    private static List<HostPort> parse(String... addresses) {
        return Stream.of(addresses).map(HostPort::parse).toList();
    }

    /** {@code host:port} on which to serve what is published. */
    public PlinthOptions withListen(String address) {
        return new PlinthOptions(
                application,
                servers,
                registries,
                coordinators,
                HostPort.parse(address),
                advertise,
                cell,
                zone,
                callTimeout);
    }

    /** The host under which others reach what is published here. */
    public PlinthOptions withAdvertise(String host) {
        return new PlinthOptions(
                application, servers, registries, coordinators, listen, Optional.of(host), cell, zone, callTimeout);
    }

    /** This process is part of a cell, in a zone. */
    public PlinthOptions inCell(String cell, String zone) {
        return new PlinthOptions(
                application,
                servers,
                registries,
                coordinators,
                listen,
                advertise,
                Optional.of(cell),
                Optional.of(zone),
                callTimeout);
    }

    /** This process runs in a zone and belongs to no cell. */
    public PlinthOptions inZone(String zone) {
        return new PlinthOptions(
                application,
                servers,
                registries,
                coordinators,
                listen,
                advertise,
                Optional.empty(),
                Optional.of(zone),
                callTimeout);
    }

    public PlinthOptions withCallTimeout(Duration timeout) {
        return new PlinthOptions(
                application, servers, registries, coordinators, listen, advertise, cell, zone, timeout);
    }
}
