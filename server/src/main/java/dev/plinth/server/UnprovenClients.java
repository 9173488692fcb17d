package dev.plinth.server;

import dev.plinth.kernel.Network;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * From where a door takes clients that cannot prove who they are, for their protocol has no way to. On loopback it takes them all; to a
 * network it opens only if that was said in so many words, and to the networks that were named.
 *
 * @param allowed whether it opens off loopback at all
 * @param networks where its clients may be then, besides this machine
 */
public record UnprovenClients(boolean allowed, List<Network> networks) {
    /** Those of this machine. */
    public static final UnprovenClients LOCAL = new UnprovenClients(false, List.of());

    private static final int NETWORKS_MAX = 100;
    private static final String ALLOW = "allowUnauthenticated";
    private static final String NETWORKS = "networks";

    public UnprovenClients {
        networks = List.copyOf(networks);
    }

    static UnprovenClients read(YamlReader.Section section) {
        boolean allowed = section.value(ALLOW, YamlReader::yesOrNo).orElse(false);
        var networks = section.values(NETWORKS, Network::parse);
        if (networks.size() > NETWORKS_MAX) {
            throw section.wrong(NETWORKS + ": expected at most " + NETWORKS_MAX + ", found " + networks.size());
        }
        return new UnprovenClients(allowed, networks);
    }

    /**
     * Refuses an address for which these do not suffice.
     *
     * @param section where these are said
     * @param key where the address is said
     */
    void check(String section, String key, Listen listen) {
        if (ServerConfiguration.loopback(key, listen)) {
            return;
        }
        if (!allowed) {
            throw new ConfigurationException(key + ": expected a loopback address, found " + listen
                    + "; this door's protocol cannot say who its clients are. To open it to a network all the same, say "
                    + section
                    + "." + ALLOW + ": true, and in " + section + "." + NETWORKS + " where they are");
        }
        if (networks.isEmpty()) {
            throw new ConfigurationException(section + "." + NETWORKS
                    + ": missing; expected the networks that clients of " + listen + " are in, such as 10.0.0.0/8");
        }
    }

    boolean admits(InetAddress from) {
        return from.isLoopbackAddress() || networks.stream().anyMatch(network -> network.holds(from));
    }

    /** What people have to know of a door at this address: nothing on loopback. */
    String remark(Listen listen) {
        return listen.isLoopback() ? "" : ", UNAUTHENTICATED, open to " + names();
    }

    private String names() {
        return networks.stream().map(Network::toString).collect(Collectors.joining(", "));
    }
}
