package dev.plinth.kernel;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A journal that has these entries, and nothing else. */
final class Replay<C> implements Journal<C> {
    private final List<Entry<C>> entries;

    Replay(Collection<Entry<C>> entries) {
        this.entries = List.copyOf(entries);
    }

    @Override
    public void start(Member<C> member) {
        entries.forEach(entry -> member.apply(entry, null));
    }

    @Override
    public void propose(Input<C> input, @Nullable Ticket ticket) {
        throw new IllegalStateException("a replay proposes nothing");
    }

    @Override
    public void read(Runnable query, Ticket ticket) {
        query.run();
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public Instant now() {
        return Instant.EPOCH;
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
