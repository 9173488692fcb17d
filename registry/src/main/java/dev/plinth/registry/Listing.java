package dev.plinth.registry;

/**
 * A registration as it stands when it is listed.
 *
 * @param connected false if the session's stream has broken: the endpoint goes when the lease is over, unless the client is back
 */
public record Listing(Registration registration, boolean connected) {}
