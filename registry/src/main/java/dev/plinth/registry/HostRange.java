package dev.plinth.registry;

import java.net.InetAddress;
import java.util.Arrays;
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
    private final byte[] network;
    private final int prefixBits;

    private HostRange(String text, byte[] network, int prefixBits) {
        this.text = text;
        this.network = network;
        this.prefixBits = prefixBits;
    }

    /** Throws IllegalArgumentException if it is none. IPv6 addresses may be in brackets, and need not. */
    public static HostRange parse(String given) {
        int slash = given.indexOf('/');
        var host = host(slash < 0 ? given : given.substring(0, slash));
        var literal = literal(host);
        if (slash < 0) {
            boolean named = literal.isEmpty() && !Form.isHost(host);
            if (named || host.length() > RegistryLimits.ADDRESS_CHARS_MAX) {
                throw Form.bad("hosts", given, EXPECTED);
            }
            return new HostRange(
                    host,
                    literal.orElse(new byte[0]),
                    literal.map(bytes -> bytes.length * Byte.SIZE).orElse(0));
        }
        var bits = given.substring(slash + 1);
        if (literal.isEmpty()
                || !bits.matches("[0-9]{1,3}")
                || Integer.parseInt(bits) > literal.get().length * Byte.SIZE) {
            throw Form.bad("hosts", given, EXPECTED);
        }
        return new HostRange(host + "/" + Integer.parseInt(bits), literal.get(), Integer.parseInt(bits));
    }

    /** Without brackets, in lower case. */
    static String host(String given) {
        boolean bracketed = given.startsWith("[") && given.endsWith("]");
        return (bracketed ? given.substring(1, given.length() - 1) : given).toLowerCase(Locale.ROOT);
    }

    /** The bytes of an IP address; empty if it is a name. */
    static Optional<byte[]> literal(String host) {
        boolean dotted = host.matches("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}");
        if (!dotted && !host.contains(":")) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(host).getAddress());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether it holds a host.
     *
     * @param host as {@link #host} made it
     * @param literal as {@link #literal} read it
     */
    boolean holds(String host, Optional<byte[]> literal) {
        if (network.length == 0) {
            return host.equals(text);
        }
        return literal.filter(address -> address.length == network.length && starts(address))
                .isPresent();
    }

    private boolean starts(byte[] address) {
        int whole = prefixBits / Byte.SIZE;
        if (!Arrays.equals(address, 0, whole, network, 0, whole)) {
            return false;
        }
        int rest = prefixBits % Byte.SIZE;
        int mask = 0xff << (Byte.SIZE - rest);
        return rest == 0 || (address[whole] & mask & 0xff) == (network[whole] & mask & 0xff);
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
