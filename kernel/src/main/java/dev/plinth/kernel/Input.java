package dev.plinth.kernel;

import java.util.Optional;

/**
 * What can come into a partition. Everything that changes a durable engine's state is one of these and goes through the journal.
 *
 * @param <C> the engine's commands
 */
public sealed interface Input<C> {

    /**
     * A command from a door.
     *
     * @param id present when the client has a session; empty when the door's protocol has no ids, and its own duplicate rule
     *     holds
     */
    record Command<C>(Optional<CommandId> id, C command) implements Input<C> {}

    /** What came of an effect. Changes nothing if the effect is closed by then. */
    record Result<C>(EffectId effect, C command) implements Input<C> {}

    /** Time has passed: {@link Engine#nextDeadline()} is over. */
    record Tick<C>() implements Input<C> {}

    /** A client asks for a session; the entry's index becomes its {@link ClientId}. */
    record OpenSession<C>() implements Input<C> {}

    /** A client is done; the outcomes kept for it go. */
    record CloseSession<C>(ClientId client) implements Input<C> {}

    /** From here on the engine behaves as this version says. Proposed once all members support it; a lower one changes nothing. */
    record Upgrade<C>(int engineVersion) implements Input<C> {}
}
