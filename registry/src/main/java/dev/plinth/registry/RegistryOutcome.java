package dev.plinth.registry;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the registry answers. */
public sealed interface RegistryOutcome {
    Done DONE = new Done();

    /**
     * The stream has its session.
     *
     * @param resumed whether it is the session that was to go on
     * @param settling for so long yet, endpoints may be missing because the registry has restarted
     */
    record Opened(Hold hold, Duration lease, boolean resumed, Duration settling) implements RegistryOutcome {}

    record Done() implements RegistryOutcome {}

    /** What became of each command of a batch, in their order. */
    record Batch(List<RegistryOutcome> outcomes) implements RegistryOutcome {
        public Batch {
            outcomes = List.copyOf(outcomes);
        }
    }

    /** Nothing was changed. */
    record Denied(Reason reason, String message, Optional<Duration> retryAfter) implements RegistryOutcome {}

    /** Why not. */
    enum Reason {
        /** Another session serves the endpoint, and its stream is open. */
        DUPLICATE,
        /** A limit is reached; the message says which. */
        OVERLOADED,
        /** The session is over, or never was. */
        SESSION_EXPIRED,
        /** The session goes on in another stream. */
        SESSION_SUPERSEDED
    }
}
