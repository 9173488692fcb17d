package dev.plinth.kernel;

/**
 * Names one command of one client, so that a repetition is answered with the first outcome.
 *
 * @param sequence from 1, one more with each new command of this client. A client has at most {@link
 *     Limits#SESSION_WINDOW} commands without an answer: sending {@code n} says that it needs no outcome up to {@code n -
 *     SESSION_WINDOW} any more.
 */
public record CommandId(ClientId client, long sequence) {
    public CommandId {
        if (sequence < 1) {
            throw new IllegalArgumentException("a command's sequence counts from 1, not " + sequence);
        }
    }
}
