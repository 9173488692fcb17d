package dev.plinth.server.console;

import java.util.List;

/** The document of a second: all that the console's overview, services and cells views show. */
public record Live(
        ServerState server, Sample sample, CellMapState cells, List<ServiceState> services, List<Alert> alerts) {
    public Live {
        services = List.copyOf(services);
        alerts = List.copyOf(alerts);
    }
}
