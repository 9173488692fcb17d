package dev.plinth.registry;

import dev.plinth.kernel.Network;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;

/** A host by its name or its IP address, or a network: {@code db-1.example.com}, {@code 10.0.0.7}, {@code 10.0.0.0/8}. */
public final class HostRange {
    /*
     * Names are never looked up: an endpoint is meant as it is registered. A rule about 10.0.0.7 does not reach an endpoint that is
     * registered by a name, whatever that resolves to.
     */
    private static final String EXPECTED = "a host's name, an IP address, or a network such as 10.0.0.0/8";

    private final String text;
    private final Optional<Network> network;

    private HostRange(String text, Optional<Network> network) {
        this.text = text;
        this.network = network;
    }

    /** Throws IllegalArgumentException if it is none. IPv6 addresses may be in brackets, and need not. */
    public static HostRange parse(String given) {
        int slash = given.indexOf('/');
        var host = host(slash < 0 ? given : given.substring(0, slash));
        if (slash < 0) {
            var literal = literal(host);
            boolean named = literal.isEmpty() && !Form.isHost(host);
            if (named || host.length() > RegistryLimits.ADDRESS_CHARS_MAX) {
                throw Form.bad("hosts", given, EXPECTED);
            }
            return new HostRange(host, literal.map(Network::of));
        }
        try {
            var network = Network.parse(host + given.substring(slash));
            return new HostRange(host + "/" + network.prefixBits(), Optional.of(network));
        } catch (IllegalArgumentException e) {
            throw Form.bad("hosts", given, EXPECTED);
        }
    }

    /** Without brackets, in lower case. */
    static String host(String given) {
        boolean bracketed = given.startsWith("[") && given.endsWith("]");
        return (bracketed ? given.substring(1, given.length() - 1) : given).toLowerCase(Locale.ROOT);
    }

    /** The address that a host is; empty if it is a name. */
    static Optional<InetAddress> literal(String host) {
        return Network.literal(host);
    }

    /**
     * Whether it holds a host.
     *
     * @param host as {@link #host} made it
     * @param literal as {@link #literal} read it
     */
    boolean holds(String host, Optional<InetAddress> literal) {
        return network.map(range -> literal.filter(range::holds).isPresent()).orElseGet(() -> host.equals(text));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostRange range && text.equals(range.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
