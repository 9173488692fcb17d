package dev.plinth.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Orders one partition's inputs and, if it is durable, puts them on disk before anyone sees an outcome.
 *
 * <p>The contract that every kind keeps ({@code LocalJournal}, {@code RaftJournal}, {@link Inbox}):
 *
 * <ul>
 *   <li>The member gets every entry exactly once in a process's life, in the order of the index, without a gap, on one thread.
 *   <li>An entry reaches the member only after it is as durable as this journal makes things.
 *   <li>An input that was acknowledged (its member's outcome reached its proposer) is in the order for good.
 *   <li>Stamps never go back.
 * </ul>
 *
 * @param <C> the engine's commands
 */
public interface Journal<C> extends AutoCloseable {

    /**
     * Restores the member from the newest snapshot, replays what came after it, and then lets it lead or follow. Returns when the
     * replay is done. Called once.
     *
     * @throws IOException if what is on disk is damaged; it says file, offset and reason, and nothing was changed
     */
    void start(Member<C> member) throws IOException;

    /**
     * Asks for a place in the order. Callable from any thread; does not wait.
     *
     * @param ticket handed to the member with the entry, or told of the refusal; exactly one of the two
     */
    void propose(Input<C> input, @Nullable Ticket ticket);

    /**
     * Runs {@code query} on the member's thread as soon as the member is known to lead and to have applied every entry that was
     * acknowledged before this call.
     */
    void read(Runnable query, Ticket ticket);

    /** Runs {@code task} on the member's thread, with no promise about what was applied. Dropped once the journal is closed. */
    void execute(Runnable task);

    /** The journal's time now: what an entry proposed now would be stamped with, or a little less. */
    Instant now();

    /** Stops taking inputs, refuses those that wait, and returns when the member will be called no more. */
    @Override
    void close();

    /** Somebody who waits for what came of a proposal. */
    interface Ticket {
        void refused(Refused reason);
    }

    /**
     * The partition, as its journal sees it. All calls come on one thread, the engine's.
     *
     * @param <C> the engine's commands
     */
    interface Member<C> {

        /** Takes over a whole state; called before any entry, or when this member fell too far behind. */
        void restore(Revision revision, Instant stamp, InputStream state) throws IOException;

        /** Applies the next entry. {@code ticket} is present if the input was proposed here, since the last start. */
        void apply(Entry<C> entry, @Nullable Ticket ticket);

        /** The state after the last applied entry, encoded by the journal off this thread. */
        Snapshot snapshot();

        /** From now on this member leads: it proposes ticks and performs effects. Everything before is applied. */
        void lead();

        /** From now on another member leads. */
        void follow();

        /** The journal cannot go on, for this reason. Nothing more will come. */
        void stopped(Refused reason);
    }
}
