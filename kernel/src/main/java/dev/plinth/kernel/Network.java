package dev.plinth.kernel;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;

/**
 * Internet addresses that begin alike: {@code 10.0.0.0/8}, {@code fd00::/8}; or one alone, {@code 10.0.0.7}.
 *
 * @param address one of them
 * @param prefixBits so many bits of it are those of all of them
 */
public record Network(InetAddress address, int prefixBits) {
    private static final String EXPECTED = "an IP address, or a network such as 10.0.0.0/8";

    public Network {
        int bits = address.getAddress().length * Byte.SIZE;
        if (prefixBits < 0 || prefixBits > bits) {
            throw new IllegalArgumentException(
                    "0 to " + bits + " bits of " + address.getHostAddress() + ", not " + prefixBits);
        }
    }

    /** One address alone. */
    public static Network of(InetAddress address) {
        return new Network(address, address.getAddress().length * Byte.SIZE);
    }

    /** Throws IllegalArgumentException if it is none. Names are not looked up. */
    public static Network parse(String text) {
        int slash = text.indexOf('/');
        var address = literal(slash < 0 ? text : text.substring(0, slash));
        var bits = text.substring(slash + 1);
        if (address.isEmpty() || (slash >= 0 && !bits.matches("[0-9]{1,3}"))) {
            throw new IllegalArgumentException(EXPECTED + ", not '" + text + "'");
        }
        return slash < 0 ? of(address.get()) : new Network(address.get(), Integer.parseInt(bits));
    }

    /** The address that a text is, four numbers or with colons; empty if it is a name, or nothing. */
    public static Optional<InetAddress> literal(String text) {
        boolean dotted = text.matches("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}");
        if (!dotted && !text.contains(":")) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether it holds this address. One of IPv4 is in no network of IPv6, and the other way round. */
    public boolean holds(InetAddress other) {
        var own = address.getAddress();
        var its = other.getAddress();
        int whole = prefixBits / Byte.SIZE;
        if (its.length != own.length || !Arrays.equals(own, 0, whole, its, 0, whole)) {
            return false;
        }
        int rest = prefixBits % Byte.SIZE;
        int mask = 0xff << (Byte.SIZE - rest);
        return rest == 0 || (own[whole] & mask & 0xff) == (its[whole] & mask & 0xff);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixBits;
    }
}
