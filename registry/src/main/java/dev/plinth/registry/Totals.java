package dev.plinth.registry;

/**
 * How much the registry holds now.
 *
 * @param sessions of this server
 * @param endpoints of all servers
 * @param subscriptions of this server
 * @param metadataBytes of all endpoints, in UTF-8
 * @param peers servers that are followed
 * @param lostPeers servers that are not heard any more, whose registrations wait for the end of their lease
 * @param kept endpoints of this server's sessions that are kept beyond their lease, because many of their service vanished at once
 */
public record Totals(
        int sessions,
        int services,
        int endpoints,
        int subscriptions,
        long metadataBytes,
        int peers,
        int lostPeers,
        int kept) {
    public static final Totals NONE = new Totals(0, 0, 0, 0, 0, 0, 0, 0);
}
