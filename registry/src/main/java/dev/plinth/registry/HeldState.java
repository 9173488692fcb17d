package dev.plinth.registry;

/**
 * What is known of a server's registrations.
 *
 * @param lost whether it is a copy of another server's that is not heard any more
 */
public record HeldState(Digests digests, boolean lost) {}
