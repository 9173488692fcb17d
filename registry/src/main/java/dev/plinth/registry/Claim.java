package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How well founded a registration is, for the servers that hold only a copy of it.
 *
 * @param since when the session's stream took hold of the session, and later than any claim of the endpoint that its server knew
 * @param connected whether the session's stream is open
 * @param lease how long the registration holds after the session's server was lost
 * @param movedFrom the session that the client had before, on this server or another one
 */
public record Claim(Instant since, boolean connected, Duration lease, Optional<SessionId> movedFrom) {}
