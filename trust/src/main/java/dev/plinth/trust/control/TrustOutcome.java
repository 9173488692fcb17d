package dev.plinth.trust.control;

/** What trust answers. */
public sealed interface TrustOutcome {

    /**
     * What was asked for holds.
     *
     * @param version of what was put, or the number of the authority; 0 if there is none
     */
    record Done(long version) implements TrustOutcome {}

    /** Who asked is the holder of this join token. */
    record Joined(String token) implements TrustOutcome {}

    /** Nothing was changed. */
    record Denied(Reason reason, String message) implements TrustOutcome {}

    /** Why not. */
    enum Reason {
        /** It can never be so; the message says what was expected. */
        INVALID,
        NOT_FOUND,
        /** It cannot be so with what holds now. */
        CONFLICT,
        /** A limit is reached; the message says which. */
        OVERLOADED
    }
}
