package dev.plinth.registry;

/**
 * Names a session in one incarnation of the registry, for good.
 *
 * @param number the index of the entry that opened it
 */
public record SessionId(long number) {
    public SessionId {
        if (number < 1) {
            throw new IllegalArgumentException("session " + number + ": sessions count from 1");
        }
    }
}
