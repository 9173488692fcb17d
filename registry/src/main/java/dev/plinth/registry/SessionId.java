package dev.plinth.registry;

/**
 * Names a session, on whichever server it is, for good.
 *
 * @param server the incarnation of the registry that holds it
 * @param number the index of the entry that opened it
 */
public record SessionId(long server, long number) {
    public SessionId {
        if (number < 1) {
            throw new IllegalArgumentException("session " + number + ": sessions count from 1");
        }
    }
}
