package dev.plinth.checker;

import java.util.Optional;

/**
 * One call of one client.
 *
 * @param number tells operations apart, and orders them by their calls
 * @param key the object that was called: those of different keys have nothing to do with one another
 * @param called before this moment it cannot have taken place
 * @param returned after this moment it has taken place; {@link #NEVER} if nobody knows whether it did, or will
 * @param output empty if nobody knows
 */
public record Operation<K, I, O>(
        int number, String client, K key, I input, long called, long returned, Optional<O> output) {
    public static final long NEVER = Long.MAX_VALUE;

    public Operation {
        if (returned <= called) {
            throw new IllegalArgumentException(
                    "operation " + number + " returned at " + returned + ", which is not after its call at " + called);
        }
        if (output.isPresent() != (returned != NEVER)) {
            throw new IllegalArgumentException("operation " + number + " has an output if and only if it returned");
        }
    }
}
