package dev.plinth.rpc;

import java.util.Map;
import java.util.Optional;

/**
 * Where a service is served.
 *
 * @param host a name or an address
 * @param port 1 to 65535
 * @param metadata {@link #CELL} and {@link #ZONE}, and whatever else the directory knows
 */
public record Endpoint(String host, int port, Map<String, String> metadata) {
    /** The cell that the endpoint belongs to. */
    public static final String CELL = "plinth.cell";

    /** The zone that it runs in. */
    public static final String ZONE = "plinth.zone";

    public Endpoint {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host: must not be blank");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port of '" + host + "': " + port + " is not within 1..65535");
        }
        metadata = Map.copyOf(metadata);
    }

    public static Endpoint of(String host, int port) {
        return new Endpoint(host, port, Map.of());
    }

    public Optional<String> cell() {
        return Optional.ofNullable(metadata.get(CELL));
    }

    public Optional<String> zone() {
        return Optional.ofNullable(metadata.get(ZONE));
    }

    /** {@code host:port}. */
    public String address() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
