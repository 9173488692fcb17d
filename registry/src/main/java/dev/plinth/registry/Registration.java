package dev.plinth.registry;

import java.time.Instant;

/**
 * An endpoint, and who vouches for it.
 *
 * @param client what the session's client calls itself
 * @param since when the session registered it
 */
public record Registration(Endpoint endpoint, SessionId session, String client, Instant since) {}
