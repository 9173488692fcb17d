package dev.plinth.server;

import dev.plinth.server.console.ServerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the registry is reached besides the port that all doors share. What is empty is not served.
 *
 * @param streams for clients of our own, if they are many
 * @param nacos for Nacos's clients and its open API
 * @param sofaRegistry for SOFARegistry's clients
 * @param dns for who has no client
 */
public record RegistryDoors(
        Optional<Streams> streams, Optional<Nacos> nacos, Optional<SofaRegistry> sofaRegistry, Optional<Dns> dns) {
    public static final RegistryDoors NONE =
            new RegistryDoors(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** Our own protocol alone. */
    public record Streams(Listen listen, UnprovenClients clients) {
        static Streams read(YamlReader.Section section) {
            var listen = section.required("listen", "host:port, such as 127.0.0.1:7702", Listen::parse);
            var clients = UnprovenClients.read(section);
            section.done();
            return new Streams(listen, clients);
        }

        private void check() {
            clients.check("registry", "registry.listen", listen);
        }
    }

    /**
     * Nacos's two ports. What is empty is not served.
     *
     * @param listen for its clients, over gRPC
     * @param http for its open API
     */
    public record Nacos(Optional<Listen> listen, Optional<Listen> http, UnprovenClients clients) {
        static Nacos read(YamlReader.Section section) {
            var listen = section.value("listen", Listen::parse);
            var http = section.value("http", Listen::parse);
            var clients = UnprovenClients.read(section);
            section.done();
            return new Nacos(listen, http, clients);
        }

        private void check() {
            listen.ifPresent(at -> clients.check("nacos", "nacos.listen", at));
            http.ifPresent(at -> clients.check("nacos", "nacos.http", at));
        }
    }

    /**
     * SOFARegistry's two ports.
     *
     * @param http where clients ask which servers there are
     * @param bolt where they publish and subscribe
     * @param servers the Bolt addresses that they are told; none: this server's own
     */
    public record SofaRegistry(Listen http, Listen bolt, List<Listen> servers, UnprovenClients clients) {
        private static final Listen HTTP_DEFAULT = new Listen("127.0.0.1", 9603);
        private static final Listen BOLT_DEFAULT = new Listen("127.0.0.1", 9600);

        static SofaRegistry read(YamlReader.Section section) {
            var http = section.value("http", Listen::parse).orElse(HTTP_DEFAULT);
            var bolt = section.value("bolt", Listen::parse).orElse(BOLT_DEFAULT);
            var servers = section.values("servers", Listen::reachable);
            var clients = UnprovenClients.read(section);
            section.done();
            return new SofaRegistry(http, bolt, servers, clients);
        }

        private void check() {
            clients.check("sofaregistry", "sofaregistry.http", http);
            clients.check("sofaregistry", "sofaregistry.bolt", bolt);
            if (bolt.isAnyLocal() && servers.isEmpty()) {
                throw new ConfigurationException(
                        "sofaregistry.servers: missing; expected the addresses at which clients reach the servers, for "
                                + bolt + " is every address and none that they can be told");
            }
        }
    }

    /** DNS, over UDP and TCP. */
    public record Dns(Listen listen, UnprovenClients clients) {
        static Dns read(YamlReader.Section section) {
            var listen = section.required("listen", "host:port, such as 127.0.0.1:7753", Listen::parse);
            var clients = UnprovenClients.read(section);
            section.done();
            return new Dns(listen, clients);
        }

        private void check() {
            clients.check("dns", "dns.listen", listen);
        }
    }

    /** Where they are, a line each, for people. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        streams.ifPresent(of -> lines.add("  registry, own port   " + of.listen() + " (gRPC)"
                + of.clients().remark(of.listen())));
        nacos.ifPresent(of -> {
            of.listen()
                    .ifPresent(at -> lines.add("  Nacos's clients      " + at + " (gRPC)"
                            + of.clients().remark(at)));
            of.http()
                    .ifPresent(at -> lines.add("  Nacos's open API     http://" + at + "/nacos"
                            + of.clients().remark(at)));
        });
        sofaRegistry.ifPresent(of -> lines.add("  SOFARegistry's       " + of.http() + " (HTTP)"
                + of.clients().remark(of.http()) + "; " + of.bolt() + " (Bolt)"
                + of.clients().remark(of.bolt())));
        dns.ifPresent(of -> lines.add("  DNS                  " + of.listen() + " (plinth., UDP and TCP)"
                + of.clients().remark(of.listen())));
        return lines;
    }

    /** The same for the console. */
    List<ServerState.Address> addresses() {
        List<ServerState.Address> addresses = new ArrayList<>();
        streams.ifPresent(of -> addresses.add(address("registry, own port, gRPC", of.listen(), of.clients())));
        nacos.ifPresent(of -> {
            of.listen().ifPresent(at -> addresses.add(address("Nacos, gRPC", at, of.clients())));
            of.http().ifPresent(at -> addresses.add(address("Nacos, HTTP", at, of.clients())));
        });
        sofaRegistry.ifPresent(of -> {
            addresses.add(address("SOFARegistry, HTTP", of.http(), of.clients()));
            addresses.add(address("SOFARegistry, Bolt", of.bolt(), of.clients()));
        });
        dns.ifPresent(of -> addresses.add(address("DNS", of.listen(), of.clients())));
        return addresses;
    }

    private static ServerState.Address address(String door, Listen at, UnprovenClients clients) {
        return new ServerState.Address(door + clients.remark(at), at.toString());
    }

    static RegistryDoors read(YamlReader.Section top) {
        return new RegistryDoors(
                top.section("registry").map(Streams::read),
                top.section("nacos").map(Nacos::read),
                top.section("sofaregistry").map(SofaRegistry::read),
                top.section("dns").map(Dns::read));
    }

    /** Refuses addresses for which too little was said. */
    void check() {
        streams.ifPresent(Streams::check);
        nacos.ifPresent(Nacos::check);
        sofaRegistry.ifPresent(SofaRegistry::check);
        dns.ifPresent(Dns::check);
    }
}
