package dev.plinth.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A feature's decisions, as a deterministic single-threaded state machine.
 *
 * <p>The same commands in the same order with the same stamps give the same state, the same outcomes and the same effects, on
 * every machine and in every replay. So an engine has no clock, thread, socket, disk, randomness or logging inside, and iterates
 * over nothing whose order is not defined. All methods are called on one thread, the partition's.
 *
 * <p>An expected failure is an outcome. An exception out of {@link #apply} or {@link #tick} is a broken invariant: the partition
 * stops loudly and serves nothing more.
 *
 * @param <C> commands: a sealed interface of records
 * @param <O> outcomes: a sealed interface of records, immutable, for they are kept to answer a repeated command
 * @param <E> effects: what must be done outside, as immutable records; {@link Void} for an engine that has none
 * @param <V> views: what a watcher sees under a key, as immutable records
 */
public interface Engine<C, O, E, V> {

    /** Decides one command. Its time is {@link Context#now()}, and nothing else. */
    O apply(C command, Context<E> context);

    /** Does what is due at {@link Context#now()}. Called when {@link #nextDeadline()} has passed, and never earlier. */
    void tick(Context<E> context);

    /** When the engine wants a tick if nothing else comes; empty if it waits for nothing. A tick moves it on, past its stamp. */
    Optional<Instant> nextDeadline();

    /** What a watcher of {@code key} sees now; empty if nothing is there, or nothing any more. */
    Optional<V> view(String key);

    /**
     * The keys that start with {@code prefix} and come after {@code after} in the order of {@link String#compareTo}.
     *
     * @param after the last key of the page before, or the empty string
     * @param limit at most so many keys; never more than {@link Limits#READ_ITEMS_MAX}
     */
    List<String> keys(String prefix, String after, int limit);

    /**
     * What the keys under a prefix and their states come to in one number, for watchers that know them from before. Asked with each
     * change for which such a watcher waits; empty if the engine does not reckon it.
     */
    default OptionalLong digest(String prefix) {
        return OptionalLong.empty();
    }

    /** The whole state as references to immutable records: milliseconds, for the engine stands still meanwhile. */
    Snapshot snapshot();

    /**
     * Takes over the state that {@link Snapshot#encode} wrote, in place of all it held. Called on a new engine before any command,
     * and in a cluster on one at work, when its member fell too far behind the others.
     *
     * @throws IOException if the bytes are not such a state; it says what and where
     */
    void restore(InputStream state) throws IOException;
}
