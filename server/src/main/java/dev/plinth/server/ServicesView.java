package dev.plinth.server;

import dev.plinth.kernel.Limits;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.Registry;
import dev.plinth.registry.Search;
import dev.plinth.registry.Sight;
import dev.plinth.server.console.ServiceState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The registry's services as the console shows them. */
final class ServicesView {
    /** Endpoints that are read for the console each second; with more it says how many there are and shows so many. */
    private static final int ENDPOINTS_MAX = 5_000;

    private final Registry registry;

    ServicesView(Registry registry) {
        this.registry = registry;
    }

    /** Reads page by page; blocks. */
    List<ServiceState> look() {
        Map<String, List<ServiceState.EndpointState>> services = new TreeMap<>();
        String after = "";
        int seen = 0;
        boolean more = true;
        while (more && seen < ENDPOINTS_MAX) {
            var part = registry.search(Search.ALL, after, Limits.READ_ITEMS_MAX).join();
            for (var sight : part.sights()) {
                var name = sight.registration().endpoint().name();
                services.computeIfAbsent(name.service(), _ -> new ArrayList<>()).add(endpoint(sight));
            }
            seen += part.sights().size();
            after = part.next();
            more = !after.isEmpty();
        }
        return services.entrySet().stream()
                .map(service -> new ServiceState(service.getKey(), service.getValue()))
                .toList();
    }

    private static ServiceState.EndpointState endpoint(Sight sight) {
        var endpoint = sight.registration().endpoint();
        return new ServiceState.EndpointState(
                endpoint.name().protocol() + "://" + endpoint.name().address(),
                endpoint.cell().orElse(""),
                endpoint.metadata().getOrDefault(Endpoint.ZONE, ""),
                sight.registration().since(),
                health(sight));
    }

    private static ServiceState.Health health(Sight sight) {
        if (!sight.served()) {
            return ServiceState.Health.OFF;
        }
        return sight.connected() ? ServiceState.Health.SERVING : ServiceState.Health.SUSPECT;
    }
}
