package dev.plinth.kernel;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What a feature brings to be simulated: its engine, what clients ask of it, what the world answers to its effects, and what must
 * hold. One instance lives one life, and sees all members of it.
 *
 * <p>Its checks throw {@link AssertionError}; whatever it draws, it draws from the generator that it is given.
 */
public interface Subject<X extends Engine<C, O, E, V>, C, O, E, V> {

    /** A new engine, with nothing in it. */
    X engine();

    Codecs<C, O, E> codecs();

    /**
     * What some client asks next, knowing what clients were answered so far.
     *
     * @param calm true when all is to come to rest: only what leads to an end, or nothing
     */
    Optional<Ask<X, C, O>> next(RandomGenerator random, boolean calm);

    /** An effect is being performed. */
    default void performed(EffectId id, E effect) {}

    /** How one attempt at an effect ends: with this result, or, if empty, without anybody knowing. */
    Optional<C> answer(E effect, RandomGenerator random, boolean calm);

    /** What must hold after every entry, on every member. */
    void check(X engine, Instant now);

    /** An entry was applied by a member, for the first time by any. */
    default void tookPlace(long index, C command, O outcome) {}

    /** All that anybody can see of the engine, with equals: the same after the same entry, however a member came to it. */
    Object visible(X engine);

    /** The names of the states that something in the engine is in: a fault counts for those that it met. */
    Set<String> states(X engine);

    /** Whether the engine has come to rest: nothing waits for the world or for time. */
    boolean atRest(X engine);

    /** What must hold at the end of a life, beside everything else. */
    default void checkEnd(X engine) {}

    /** What a client asks for. Exactly one of its ends is called at most once; none if nobody can know. */
    sealed interface Ask<X, C, O> {

        /**
         * To change something.
         *
         * @param refused it took no place, and never will
         */
        record Command<X, C, O>(C command, Consumer<O> answered, Runnable refused) implements Ask<X, C, O> {}

        /** To know something. */
        record Query<X, C, O>(Function<X, Object> query, Consumer<Object> answered) implements Ask<X, C, O> {}
    }
}
