package dev.plinth.transactions.door.seata;

import java.net.InetSocketAddress;

/**
 * Who is at the other end of a connection, as its registration said.
 *
 * @param version of the client's Seata
 * @param remote its end of the connection
 */
record Client(String version, String applicationId, String serviceGroup, InetSocketAddress remote) {
    private static final int SPLITS_MERGED_MAJOR = 2;
    private static final int SPLITS_MERGED_MINOR = 3;

    /** Seata's name for a client; its application and host outlive a reconnection, its port does not. */
    String id() {
        return applicationId + ":" + host() + ":" + remote.getPort();
    }

    /** The application on this host, as {@link #id} begins. */
    String applicationOnHost() {
        return applicationId + ":" + host() + ":";
    }

    /**
     * Whether it takes the answers to merged messages one by one, each under its own id. Older clients want them all in one, or
     * they never forget the merged message (Seata's rule since 2.3.0).
     */
    boolean splitsMerged() {
        String[] parts = version.split("[.-]", 3);
        try {
            int major = Integer.parseInt(parts[0]);
            int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            return major > SPLITS_MERGED_MAJOR || (major == SPLITS_MERGED_MAJOR && minor >= SPLITS_MERGED_MINOR);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private String host() {
        return remote.getAddress().getHostAddress();
    }
}
