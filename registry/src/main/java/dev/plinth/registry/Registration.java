package dev.plinth.registry;

/**
 * An endpoint, and who vouches for it.
 *
 * @param client what the session's client calls itself
 */
public record Registration(Endpoint endpoint, SessionId session, String client) {}
