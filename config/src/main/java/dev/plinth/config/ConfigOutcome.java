package dev.plinth.config;

/** What the configuration answers. */
public sealed interface ConfigOutcome {

    /**
     * What was asked for holds.
     *
     * @param version the newest of the text, or of its grey release; 0 if there never was one
     */
    record Done(long version) implements ConfigOutcome {}

    /** Nothing was changed. */
    record Denied(Reason reason, String message) implements ConfigOutcome {}

    /** Why not. */
    enum Reason {
        NOT_FOUND,
        /** Another text is there than was expected. */
        CONFLICT,
        /** A limit is reached; the message says which. */
        OVERLOADED
    }
}
