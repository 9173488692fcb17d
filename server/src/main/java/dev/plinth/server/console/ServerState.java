package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;

/** The server process that answers. */
public record ServerState(
        String name, String version, Instant startedAt, String dataDirectory, List<Address> addresses) {
    public ServerState {
        addresses = List.copyOf(addresses);
    }

    /**
     * An open port.
     *
     * @param door what is spoken there, such as {@code HTTP, gRPC} or {@code Seata}
     * @param address {@code host:port}
     */
    public record Address(String door, String address) {}
}
