package dev.plinth.registry.door.peer;

/**
 * How another server is followed.
 *
 * @param address where it is, host:port
 * @param server the incarnation of its registry that was heard last; 0 if none was
 */
public record PeerState(String address, long server, Way way) {

    /** How its registrations come here. */
    public enum Way {
        /** From itself. */
        DIRECT,
        /** From a third server, for it cannot be reached. */
        AROUND,
        /** Not at all: they wait for the end of their lease. */
        LOST,
        /** It is this server itself. */
        SELF
    }
}
