package dev.plinth.acceptance.faults;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Hosts on one switch, each in a network namespace, with lines that can be cut in either direction. */
final class Network implements Closeable {
    /*
     * The switch has a namespace of its own, so nothing of this is seen by the rest of the machine. Each host knows the others' hardware
     * addresses from the beginning. To cut the line from one host to another, the first is told an address that nobody has: what it
     * sends is lost on the way, in silence, as with a broken cable; what it is sent arrives. A packet filter would do the same, but
     * is not on every machine.
     */
    private static final String NOBODY = "02:00:00:00:ff:ff";

    private final Namespace inSwitch;
    private final Map<String, Namespace> hosts = new LinkedHashMap<>();

    private Network(Namespace inSwitch) {
        this.inSwitch = inSwitch;
    }

    /** @param names of the hosts, which get the addresses from 10.77.0.1 on */
    static Network of(List<String> names) throws IOException {
        var network = new Network(Namespace.make(Leftovers.name("switch")));
        try {
            for (var name : names) {
                network.hosts.put(name, Namespace.make(Leftovers.name(name)));
            }
            network.wire();
            return network;
        } catch (IOException e) {
            network.close();
            throw e;
        }
    }

    private void wire() throws IOException {
        List<String> inside = new ArrayList<>(List.of("link add br0 type bridge", "link set br0 up"));
        for (var host : hosts.keySet()) {
            inside.add("link add port-" + host + " type veth peer name eth0 address " + hardware(host) + " netns "
                    + hosts.get(host).name());
            inside.add("link set port-" + host + " master br0 up");
        }
        configure(inSwitch, inside);
        for (var host : hosts.keySet()) {
            configure(
                    namespace(host),
                    List.of("link set lo up", "addr add " + address(host) + "/24 dev eth0", "link set eth0 up"));
        }
        heal();
    }

    Namespace namespace(String host) {
        var namespace = hosts.get(host);
        if (namespace == null) {
            throw new IllegalArgumentException("no host " + host + " among " + hosts.keySet());
        }
        return namespace;
    }

    String address(String host) {
        return "10.77.0." + number(host);
    }

    private String hardware(String host) {
        return "02:00:00:00:00:0" + number(host);
    }

    private int number(String host) {
        return 1 + List.copyOf(hosts.keySet()).indexOf(host);
    }

    /** Nothing that {@code from} sends reaches {@code to} any more. */
    void cut(String from, String to) throws IOException {
        tell(from, to, NOBODY);
    }

    /** Neither reaches the other. */
    void cutBoth(String one, String other) throws IOException {
        cut(one, other);
        cut(other, one);
    }

    /** Everybody reaches everybody. */
    void heal() throws IOException {
        for (var from : hosts.keySet()) {
            for (var to : hosts.keySet()) {
                if (!from.equals(to)) {
                    tell(from, to, hardware(to));
                }
            }
        }
    }

    private void tell(String host, String other, String hardware) throws IOException {
        configure(
                namespace(host),
                List.of("neigh replace " + address(other) + " lladdr " + hardware + " dev eth0 nud permanent"));
    }

    private static void configure(Namespace namespace, List<String> lines) throws IOException {
        Shell.run(List.of("ip", "-n", namespace.name(), "-batch", "-"), String.join("\n", lines) + "\n");
    }

    @Override
    public void close() throws IOException {
        for (var host : hosts.values()) {
            host.close();
        }
        inSwitch.close();
    }
}
