package dev.plinth.registry;

/**
 * Who is told of a service's changes by this server.
 *
 * @param client what it calls itself
 */
public record Subscriber(SessionId session, String client) {}
