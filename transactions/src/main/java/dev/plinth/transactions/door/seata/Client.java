package dev.plinth.transactions.door.seata;

import java.net.InetSocketAddress;

/**
 * Who is at the other end of a connection, as its registration said.
 *
 * @param version of the client's Seata
 * @param id Seata's name for a client; its application and host outlive a reconnection, its port does not
 * @param applicationOnHost the application on this host, as {@code id} begins
 */
record Client(String version, String applicationId, String serviceGroup, String applicationOnHost, String id) {
    private static final int SPLITS_MERGED_MAJOR = 2;
    private static final int SPLITS_MERGED_MINOR = 3;

    /** @param remote its end of the connection */
    static Client of(String version, String applicationId, String serviceGroup, InetSocketAddress remote) {
        var onHost = applicationId + ":" + remote.getAddress().getHostAddress() + ":";
        return new Client(version, applicationId, serviceGroup, onHost, onHost + remote.getPort());
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
}
