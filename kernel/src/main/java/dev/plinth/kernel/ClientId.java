package dev.plinth.kernel;

/**
 * Names one client's session with a partition, for good: a session that expired is never given out again.
 *
 * @param value the journal's index of the entry that opened the session
 */
public record ClientId(long value) {
    public ClientId {
        if (value < 1) {
            throw new IllegalArgumentException("a client id is an index of the journal, from 1, not " + value);
        }
    }
}
