package dev.plinth.server;

import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.dns.DnsDoor;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.registry.door.grpc.RegistryStreams;
import dev.plinth.registry.door.nacos.NacosDoor;
import dev.plinth.registry.door.nacos.NacosHttpDoor;
import dev.plinth.registry.door.sofa.SofaRegistryDoor;
import dev.plinth.registry.persistent.PersistentEndpoints;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;

/** The registry's doors that have ports of their own. */
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
     * @param own serves our own protocol, wherever it is spoken
     * @return where they are, with the ports that were opened
     */
    RegistryDoors open(RegistryDoors wanted, RegistryDoor own) throws IOException {
        Optional<RegistryDoors.Streams> streams = Optional.empty();
        if (wanted.streams().isPresent()) {
            streams = Optional.of(open(wanted.streams().get(), own));
        }
        var persistent = parts.add("persistent endpoints", PersistentEndpoints.open(registry, texts, clock, workers));
        Optional<RegistryDoors.Nacos> nacos = Optional.empty();
        if (wanted.nacos().isPresent()) {
            nacos = Optional.of(open(wanted.nacos().get(), persistent));
        }
        Optional<RegistryDoors.SofaRegistry> sofaRegistry = Optional.empty();
        if (wanted.sofaRegistry().isPresent()) {
            sofaRegistry = Optional.of(open(wanted.sofaRegistry().get()));
        }
        Optional<RegistryDoors.Dns> dns = Optional.empty();
        if (wanted.dns().isPresent()) {
            dns = Optional.of(open(wanted.dns().get()));
        }
        return new RegistryDoors(streams, nacos, sofaRegistry, dns);
    }

    private RegistryDoors.Streams open(RegistryDoors.Streams wanted, RegistryDoor own) throws IOException {
        var door = parts.add(
                "registry's own port",
                RegistryStreams.open(own, wanted.listen().address(), new Doorkeeper("registry", wanted.clients())));
        return new RegistryDoors.Streams(wanted.listen().at(door.address()), wanted.clients());
    }

    private RegistryDoors.Nacos open(RegistryDoors.Nacos wanted, PersistentEndpoints persistent) throws IOException {
        var admitted = new Doorkeeper("nacos", wanted.clients());
        Optional<Listen> grpc = Optional.empty();
        if (wanted.listen().isPresent()) {
            var listen = wanted.listen().get();
            var door = parts.add(
                    "Nacos door",
                    NacosDoor.open(registry, texts, persistent, listen.address(), admitted, clock, workers));
            grpc = Optional.of(listen.at(door.address()));
        }
        Optional<Listen> http = Optional.empty();
        if (wanted.http().isPresent()) {
            var listen = wanted.http().get();
            var door = parts.add(
                    "Nacos HTTP door",
                    NacosHttpDoor.open(registry, texts, persistent, listen.address(), admitted, clock, workers));
            http = Optional.of(listen.at(door.address()));
        }
        return new RegistryDoors.Nacos(grpc, http, wanted.clients());
    }

    private RegistryDoors.SofaRegistry open(RegistryDoors.SofaRegistry wanted) throws IOException {
        var door = parts.add(
                "SOFARegistry door",
                SofaRegistryDoor.open(
                        registry,
                        texts,
                        wanted.http().address(),
                        wanted.bolt().address(),
                        new Doorkeeper("sofaregistry", wanted.clients()),
                        wanted.servers().stream().map(Listen::toString).toList(),
                        clock,
                        workers));
        return new RegistryDoors.SofaRegistry(
                wanted.http().at(door.httpAddress()),
                wanted.bolt().at(door.boltAddress()),
                wanted.servers(),
                wanted.clients());
    }

    private RegistryDoors.Dns open(RegistryDoors.Dns wanted) throws IOException {
        var door = parts.add(
                "DNS door",
                DnsDoor.open(
                        registry, wanted.listen().address(), new Doorkeeper("dns", wanted.clients()), clock, workers));
        return new RegistryDoors.Dns(wanted.listen().at(door.address()), wanted.clients());
    }
}
