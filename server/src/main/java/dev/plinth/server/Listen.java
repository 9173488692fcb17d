package dev.plinth.server;

import dev.plinth.kernel.Network;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * An address to listen on.
 *
 * @param port 0 lets the system choose a free one
 */
public record Listen(String host, int port) {
    public Listen {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("a host before the colon");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("a port from 0 to 65535, not " + port);
        }
    }

    /** Reads {@code host:port}, with an IPv6 address in square brackets. */
    public static Listen parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("host:port, such as 127.0.0.1:7700, not '" + text + "'");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        try {
            return new Listen(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a number after the colon, not '" + text.substring(colon + 1) + "'", e);
        }
    }

    /** As {@link #parse}, for an address that others are told: one host, at a port that they can know. */
    static Listen reachable(String text) {
        var address = parse(text);
        if (address.port() == 0 || address.isAnyLocal()) {
            throw new IllegalArgumentException("host:port by which it is reached, not '" + text + "'");
        }
        return address;
    }

    /** As a socket has it. */
    static Listen of(InetSocketAddress address) {
        return new Listen(address.getHostString(), address.getPort());
    }

    /** Whether nobody outside this machine can reach it. */
    public boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of this machine; nothing is known of '" + host + "'", e);
        }
    }

    /** Whether it is every address of this machine: one to listen on, and none to be told to anybody. */
    boolean isAnyLocal() {
        return Network.literal(host).filter(InetAddress::isAnyLocalAddress).isPresent();
    }

    /** The same host, at the port that was opened. */
    Listen at(InetSocketAddress opened) {
        return new Listen(host, opened.getPort());
    }

    /** For a socket. */
    public InetSocketAddress address() {
        return new InetSocketAddress(host, port);
    }

    /** For others, whose address it is: nothing is looked up here. */
    InetSocketAddress unresolved() {
        return InetSocketAddress.createUnresolved(host, port);
    }

    @Override
    public String toString() {
        return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
    }
}
