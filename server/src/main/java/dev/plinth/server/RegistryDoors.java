package dev.plinth.server;

import java.util.List;
import java.util.Optional;

/**
 * Where the registry is reached in the protocols of others. What is empty is not served.
 *
 * @param nacos for Nacos's clients, over gRPC
 * @param nacosHttp for Nacos's open API, over HTTP
 * @param sofaRegistry for SOFARegistry's clients
 * @param dns for who has no client, over UDP and TCP
 */
public record RegistryDoors(
        Optional<Listen> nacos, Optional<Listen> nacosHttp, Optional<SofaRegistry> sofaRegistry, Optional<Listen> dns) {
    public static final RegistryDoors NONE =
            new RegistryDoors(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * SOFARegistry's two ports.
     *
     * @param http where clients ask which servers there are
     * @param bolt where they publish and subscribe
     * @param servers the Bolt addresses that they are told; none: this server's own
     */
    public record SofaRegistry(Listen http, Listen bolt, List<Listen> servers) {
        private static final Listen HTTP_DEFAULT = new Listen("127.0.0.1", 9603);
        private static final Listen BOLT_DEFAULT = new Listen("127.0.0.1", 9600);

        static SofaRegistry read(YamlReader.Section section) {
            var http = section.value("http", Listen::parse).orElse(HTTP_DEFAULT);
            var bolt = section.value("bolt", Listen::parse).orElse(BOLT_DEFAULT);
            var servers = section.values("servers", Listen::parse);
            section.done();
            return new SofaRegistry(http, bolt, servers);
        }
    }

    static RegistryDoors read(YamlReader.Section top) {
        var nacos = top.section("nacos");
        var listen = nacos.flatMap(section -> section.value("listen", Listen::parse));
        var http = nacos.flatMap(section -> section.value("http", Listen::parse));
        nacos.ifPresent(YamlReader.Section::done);
        return new RegistryDoors(
                listen,
                http,
                top.section("sofaregistry").map(SofaRegistry::read),
                ServerConfiguration.listen(top, "dns"));
    }

    void loopbackOnly() {
        nacos.ifPresent(listen -> ServerConfiguration.loopbackOnly("nacos.listen", listen));
        nacosHttp.ifPresent(listen -> ServerConfiguration.loopbackOnly("nacos.http", listen));
        sofaRegistry.ifPresent(listen -> {
            ServerConfiguration.loopbackOnly("sofaregistry.http", listen.http());
            ServerConfiguration.loopbackOnly("sofaregistry.bolt", listen.bolt());
        });
        dns.ifPresent(listen -> ServerConfiguration.loopbackOnly("dns.listen", listen));
    }
}
