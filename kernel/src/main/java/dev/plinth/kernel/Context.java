package dev.plinth.kernel;

import java.time.Instant;

/**
 * What an engine may know and ask for while it decides one entry. Valid only during that call.
 *
 * @param <E> the engine's effects
 */
public interface Context<E> {

    /** The leader's stamp of this entry. It never goes back from one entry to the next. */
    Instant now();

    /** Where this entry stands. Its index is unique in the partition's life, so it may serve to make ids. */
    Revision revision();

    /** The version of behaviour that all members have agreed on; a change of behaviour asks for it. Starts at 1. */
    int engineVersion();

    /**
     * Asks for something to be done outside. It is carried out at least once after this entry is durable, on the leader only,
     * until its result comes back as a command or somebody closes it. Replay performs nothing.
     *
     * @return its id, stable through restarts and changes of leader
     */
    EffectId open(E effect);

    /** Ends an effect: nobody performs it any more, and a result that still comes for it changes nothing. */
    void close(EffectId effect);

    /** Says that {@link Engine#view} of this key is another one now; watchers of the key will see it. */
    void changed(String key);
}
