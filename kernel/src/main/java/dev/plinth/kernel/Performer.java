package dev.plinth.kernel;

import java.time.Duration;

/**
 * Carries out effects: calls a participant's phase two, sends a webhook. Runs on the leader only, after the entry that opened the
 * effect is durable.
 *
 * <p>An effect is performed at least once: after a crash or a change of leader the same one comes again with the same id. The
 * kernel repeats a failed attempt with back-off and bounds how many are under way ({@link Limits#EFFECTS_UNDER_WAY_MAX}).
 *
 * @param <E> the engine's effects
 * @param <C> the engine's commands
 */
@FunctionalInterface
public interface Performer<E, C> {

    /** For an engine that has no effects. */
    static <C> Performer<Void, C> none() {
        return (id, effect, attempt, end) -> {
            throw new IllegalStateException("this engine has no effects");
        };
    }

    /**
     * Starts one attempt and returns without waiting; called on the engine's thread.
     *
     * @param attempt counts from 1 since this leader took over
     * @param end called exactly once, from any thread; later calls change nothing
     */
    void perform(EffectId id, E effect, int attempt, Attempt<C> end);

    /**
     * How one attempt ends.
     *
     * @param <C> the engine's commands
     */
    interface Attempt<C> {

        /** It happened, with this result. The engine will see the command, and closes the effect or leaves it open. */
        void result(C command);

        /** It did not happen, or nobody knows: try again after the usual back-off. */
        void failed(String reason);

        /** As {@link #failed}, with the time to wait given: the other side said when. */
        void failed(String reason, Duration retryAfter);
    }
}
