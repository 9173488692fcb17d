package dev.plinth.registry;

import java.time.Duration;

/** The registry's bounds, each with its unit in its name or its type. */
public final class RegistryLimits {
    private RegistryLimits() {}

    public static final Duration LEASE_MIN = Duration.ofSeconds(2);
    public static final Duration LEASE_DEFAULT = Duration.ofSeconds(10);
    public static final Duration LEASE_MAX = Duration.ofSeconds(60);

    /** How long after a start endpoints may be missing because their clients are not back: the usual lease, and half as much. */
    public static final Duration SETTLING = Duration.ofSeconds(15);

    /** While clients of the time before the start come back with what they serve, it is not over before so long after the last. */
    public static final Duration SETTLING_AFTER_LAST = Duration.ofSeconds(5);

    /** But not longer after the start than so. */
    public static final Duration SETTLING_MAX = Duration.ofSeconds(60);

    /** How long endpoints are kept beyond their lease when many of their service vanish at once. */
    public static final Duration KEPT = Duration.ofMinutes(5);

    /** Sessions of one registry: ten thousand that are subscribed, and those of as many endpoints as one registry holds. */
    public static final int SESSIONS_MAX = 50_000;

    /** Endpoints of one session. */
    public static final int SESSION_ENDPOINTS_MAX = 1_000;

    /** Services that one session is subscribed to. */
    public static final int SESSION_SUBSCRIPTIONS_MAX = 1_000;

    /** Subscriptions of all sessions: each is a watcher of the kernel's, who has a limit too. */
    public static final int SUBSCRIPTIONS_MAX = 600_000;

    /**
     * Endpoints of all services: a million, and a fifth more for those that are not gone yet while their successors are there. Each
     * takes about 200 bytes of heap, and its own metadata, if no other says the same.
     */
    public static final int ENDPOINTS_MAX = 1_200_000;

    /** Bytes of the metadata of all endpoints, in UTF-8. */
    public static final long METADATA_TOTAL_BYTES_MAX = 256L << 20;

    /** Bytes of one endpoint's metadata: keys and values in UTF-8. */
    public static final int METADATA_BYTES_MAX = 64 << 10;

    /** Entries of one endpoint's metadata. */
    public static final int METADATA_ENTRIES_MAX = 256;

    /** Characters of a service's name. */
    public static final int SERVICE_CHARS_MAX = 256;

    /** Characters of a protocol's name. */
    public static final int PROTOCOL_CHARS_MAX = 32;

    /** Characters of an address. */
    public static final int ADDRESS_CHARS_MAX = 260;

    /** Characters of what a client calls itself. */
    public static final int CLIENT_CHARS_MAX = 128;

    /** Lives of other servers whose registrations are kept: those that are followed, and those that were lost lately. */
    public static final int PEERS_MAX = 64;

    /** What people say of endpoints, in all. */
    public static final int RULES_MAX = 10_000;

    /** Entries of the blacklist: each is compared with every endpoint that is shown. */
    public static final int BLACKLIST_MAX = 256;

    /** Endpoints that one part of a search looks at. */
    public static final int SEARCHED_MAX = 10_000;

    public static final int WEIGHT_MAX = 10_000;
    public static final int WEIGHT_DEFAULT = 100;
}
