package dev.plinth.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * One server of a cluster, named by the address at which the others reach it.
 *
 * @param host a name or an IPv4 address
 * @param port of its Raft door, 1 to 65534
 */
public record RaftMember(String host, int port) implements Comparable<RaftMember> {
    static final int PORT_MAX = 65_534;

    public RaftMember {
        if (!host.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
            throw new IllegalArgumentException("member host '" + host + "': expected a host name or an IPv4 address");
        }
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("member port " + port + ": expected 1 to " + PORT_MAX);
        }
    }

    /** Reads {@code host:port}. */
    public static RaftMember parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("member '" + text + "': expected host:port");
        }
        try {
            return new RaftMember(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("member '" + text + "': expected host:port, and a number as port", e);
        }
    }

    static RaftMember of(PeerId peer) {
        return new RaftMember(peer.getIp(), peer.getPort());
    }

    PeerId peer() {
        return new PeerId(host, port);
    }

    /** Whether only processes of this machine reach it. */
    boolean onLoopback() throws UnknownHostException {
        return InetAddress.getByName(host).isLoopbackAddress();
    }

    @Override
    public int compareTo(RaftMember other) {
        int byHost = host.compareTo(other.host);
        return byHost != 0 ? byHost : Integer.compare(port, other.port);
    }

    /** {@code host:port}. */
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
