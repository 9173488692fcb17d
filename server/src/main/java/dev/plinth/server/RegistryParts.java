package dev.plinth.server;

import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.dns.DnsDoor;
import dev.plinth.registry.door.nacos.NacosDoor;
import dev.plinth.registry.door.nacos.NacosHttpDoor;
import dev.plinth.registry.door.sofa.SofaRegistryDoor;
import dev.plinth.registry.persistent.PersistentEndpoints;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;

/** The registry's doors for the clients of others. */
final class RegistryParts {
    private final Parts parts;
    private final Registry registry;
    private final Configs texts;
    private final Clock clock;
    private final Executor workers;

    RegistryParts(Parts parts, Registry registry, Configs texts, Clock clock, Executor workers) {
        this.parts = parts;
        this.registry = registry;
        this.texts = texts;
        this.clock = clock;
        this.workers = workers;
    }

    /**
     * Opens those that are wanted.
     *
     * @return where they are, with the ports that were opened
     */
    RegistryDoors open(RegistryDoors wanted) throws IOException {
        var persistent = parts.add("persistent endpoints", PersistentEndpoints.open(registry, texts, clock, workers));
        Optional<Listen> nacos = Optional.empty();
        if (wanted.nacos().isPresent()) {
            var listen = wanted.nacos().get();
            var door = parts.add(
                    "Nacos door", NacosDoor.open(registry, texts, persistent, listen.address(), clock, workers));
            nacos = Optional.of(listen.at(door.address()));
        }
        Optional<Listen> nacosHttp = Optional.empty();
        if (wanted.nacosHttp().isPresent()) {
            var listen = wanted.nacosHttp().get();
            var door = parts.add(
                    "Nacos HTTP door",
                    NacosHttpDoor.open(registry, texts, persistent, listen.address(), clock, workers));
            nacosHttp = Optional.of(listen.at(door.address()));
        }
        Optional<RegistryDoors.SofaRegistry> sofaRegistry = Optional.empty();
        if (wanted.sofaRegistry().isPresent()) {
            sofaRegistry = Optional.of(open(wanted.sofaRegistry().get()));
        }
        Optional<Listen> dns = Optional.empty();
        if (wanted.dns().isPresent()) {
            var listen = wanted.dns().get();
            var door = parts.add("DNS door", DnsDoor.open(registry, listen.address(), clock, workers));
            dns = Optional.of(listen.at(door.address()));
        }
        return new RegistryDoors(nacos, nacosHttp, sofaRegistry, dns);
    }

    private RegistryDoors.SofaRegistry open(RegistryDoors.SofaRegistry wanted) throws IOException {
        var door = parts.add(
                "SOFARegistry door",
                SofaRegistryDoor.open(
                        registry,
                        texts,
                        wanted.http().address(),
                        wanted.bolt().address(),
                        wanted.servers().stream().map(Listen::toString).toList(),
                        clock,
                        workers));
        return new RegistryDoors.SofaRegistry(
                wanted.http().at(door.httpAddress()), wanted.bolt().at(door.boltAddress()), wanted.servers());
    }
}
