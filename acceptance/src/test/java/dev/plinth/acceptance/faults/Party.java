package dev.plinth.acceptance.faults;

import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.original.OriginalClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** An application on an original client, on a host of the network: it serves, and is told who else does. */
final class Party implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+:\\d+");

    /** Which original. */
    enum Kind {
        /** {@code nacos-client} 3.2.1. */
        NACOS_3("nacos-app", "dev.plinth.acceptance.nacos.app.NacosApplication", 8_083),
        /** {@code nacos-client} 2.5.1. */
        NACOS_2("nacos2-app", "dev.plinth.acceptance.nacos.app.NacosApplication", 8_082),
        /** {@code registry-client-all} 6.5.6. */
        SOFA_REGISTRY("sofaregistry-app", "dev.plinth.acceptance.sofaregistry.app.SofaRegistryApplication", 12_200);

        private final String module;
        private final String program;

        /** Where it would be called. */
        private final int port;

        Kind(String module, String program, int port) {
            this.module = module;
            this.program = program;
            this.port = port;
        }

        /** Where it looks for servers: all of Nacos's; of SOFARegistry's one, which tells it of the others. */
        private String servers(List<String> all, String first) {
            return this == SOFA_REGISTRY ? first + ":9603" : String.join(":8848,", all) + ":8848";
        }
    }

    private final Kind kind;
    private final String host;
    private final String address;
    private final OriginalClient client;
    private final Set<String> followed = new HashSet<>();

    private Party(Kind kind, String host, String address, OriginalClient client) {
        this.kind = kind;
        this.host = host;
        this.address = address;
        this.client = client;
    }

    /** Starts one, and does not wait for it. */
    static Party start(Kind kind, Trio trio, String host, Server first, Path directory) throws IOException {
        var network = trio.network();
        var home = directory.resolve("home-" + host + "-" + kind);
        var client = new OriginalClient(
                network.namespace(host).entering(),
                kind.module,
                kind.program,
                home,
                List.of("-DJM.LOG.PATH=" + home.resolve("logs")),
                List.of(kind.servers(
                        trio.servers().stream()
                                .map(server -> network.address(server.name()))
                                .toList(),
                        network.address(first.name()))));
        return new Party(kind, host, network.address(host) + ":" + kind.port, client);
    }

    void ready() throws InterruptedException {
        client.ready();
    }

    /** Where it is called, whatever it serves. */
    String address() {
        return address;
    }

    /** A name that no other one's service has. */
    String own(String when) {
        return when + "-" + this;
    }

    void serve(String service) {
        insist(
                kind == Kind.SOFA_REGISTRY
                        ? "publish " + service + " DEFAULT_GROUP " + address
                        : "register " + service + " DEFAULT_GROUP " + address + " 1");
    }

    /** Subscribes, if it has not. */
    void follow(String service) {
        if (followed.add(service)) {
            insist("subscribe " + service + " DEFAULT_GROUP" + (kind == Kind.SOFA_REGISTRY ? " dataCenter" : ""));
        }
    }

    /** A client whose server does not answer says so, and its application tries again. */
    private void insist(String order) {
        await(order + " by " + this)
                .atMost(Trio.PATIENCE)
                .until(() -> client.tryTo(order).startsWith("= "));
    }

    /** Who serves it, as it was told last. */
    Set<String> sees(String service) {
        return addresses(client.lastPushed(service));
    }

    private static Set<String> addresses(String text) {
        Set<String> found = new TreeSet<>();
        var matcher = ADDRESS.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }

    /** Services that it was told nobody serves, after somebody did. */
    Set<String> sawEmptied() {
        Map<String, Boolean> served = new HashMap<>();
        Set<String> emptied = new TreeSet<>();
        for (var line : client.pushed()) {
            var service = line.substring(0, line.indexOf(' '));
            boolean somebody = !addresses(line.substring(service.length())).isEmpty();
            if (!somebody && served.getOrDefault(service, false)) {
                emptied.add(service);
            }
            served.put(service, somebody);
        }
        return emptied;
    }

    /** What it was told, oldest first. */
    List<String> told() {
        return client.pushed();
    }

    @Override
    public String toString() {
        return host + "-" + kind;
    }

    @Override
    public void close() {
        client.close();
    }
}
