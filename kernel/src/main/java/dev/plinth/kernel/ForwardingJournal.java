package dev.plinth.kernel;

import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A journal that hands on to another what it does not do itself.
 *
 * @param <C> the engine's commands
 */
public abstract class ForwardingJournal<C> implements Journal<C> {
    private final Journal<C> journal;

    protected ForwardingJournal(Journal<C> journal) {
        this.journal = journal;
    }

    @Override
    public void start(Member<C> member) throws IOException {
        journal.start(member);
    }

    @Override
    public void propose(Input<C> input, @Nullable Ticket ticket) {
        journal.propose(input, ticket);
    }

    @Override
    public void read(Runnable query, Ticket ticket) {
        journal.read(query, ticket);
    }

    @Override
    public void execute(Runnable task) {
        journal.execute(task);
    }

    @Override
    public Instant now() {
        return journal.now();
    }

    @Override
    public void close() {
        journal.close();
    }
}
