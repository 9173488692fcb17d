package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.TreeSet;

/** A client that vouches for endpoints, for as long as it gives signs of life. */
final class Session {
    /** No stream holds the session: the last one broke. */
    static final long DETACHED = 0;

    final SessionId id;
    String client;
    Duration lease;

    /** When the session ends if nothing is heard of it. */
    Instant deadline;

    /** The stream that holds the session, as in {@link Hold}, or {@link #DETACHED}. */
    long stream;

    final TreeSet<String> endpointKeys = new TreeSet<>();
    final TreeSet<String> subscriptions = new TreeSet<>();

    Session(SessionId id, String client, Duration lease, Instant deadline) {
        this.id = id;
        this.client = client;
        this.lease = lease;
        this.deadline = deadline;
        this.stream = DETACHED;
    }

    boolean attached() {
        return stream != DETACHED;
    }
}
