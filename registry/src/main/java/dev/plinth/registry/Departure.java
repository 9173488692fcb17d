package dev.plinth.registry;

import java.time.Instant;

/**
 * An endpoint that was there and is not any more.
 *
 * @param client what the client that vouched for it called itself
 */
public record Departure(Instant at, Cause cause, String client) {

    public enum Cause {
        /** Its client took it back. */
        DEREGISTERED,
        /** Its client ended its session. */
        SESSION_CLOSED,
        /** Nothing was heard of its client for as long as the lease. */
        LEASE_OVER,
        /** Another server, where its client was, told that it is gone. */
        GONE_ELSEWHERE,
        /** Nothing was heard for as long as the lease of the server where its client was. */
        SERVER_LOST,
        /** Its client had gone, and another session that took it over gave it up. */
        GIVEN_UP
    }
}
