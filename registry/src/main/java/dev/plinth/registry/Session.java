package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A client that vouches for endpoints, for as long as it gives signs of life. */
final class Session {
    /** No stream holds the session: the last one broke. */
    static final long DETACHED = 0;

    final SessionId id;
    String client;
    Duration lease;

    /** When the session ends if nothing is heard of it. */
    Instant deadline;

    /** The deadline under which the engine has it filed: this one, or one that lies before it. */
    Instant filed;

    /** The stream that holds the session, as in {@link Hold}, or {@link #DETACHED}. */
    long stream;

    /** When the last stream took hold of it. */
    Instant heldSince;

    /** The session that the client had before, which is over or another server's. */
    Optional<SessionId> movedFrom = Optional.empty();

    /** It vouches for endpoints in place of their own processes. */
    boolean standIn;

    /** The lease is over, and what is left of the session's endpoints is kept because too many vanished at once. */
    boolean kept;

    final NameTable endpoints = new NameTable();

    /** What all registrations of the stream say of it, as it was said last. */
    @Nullable
    Claim claim;

    final TreeSet<String> subscriptions = new TreeSet<>();

    Session(SessionId id, String client, Duration lease, Instant now) {
        this.id = id;
        this.client = client;
        this.lease = lease;
        this.deadline = now;
        this.filed = now;
        this.heldSince = now;
        this.stream = DETACHED;
    }

    boolean attached() {
        return stream != DETACHED;
    }
}
