package dev.plinth.transactions;

import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A journal that tells of what other partitions ask for, so that a life can have it come once more, as from a leader that was deposed. */
final class StrayingJournal implements Journal<Command> {
    private final Journal<Command> journal;
    private final Consumer<Command.TakeLocks> seen;

    StrayingJournal(Journal<Command> journal, Consumer<Command.TakeLocks> seen) {
        this.journal = journal;
        this.seen = seen;
    }

    /** Proposes it, and nobody waits for what comes of it. */
    void once(Command.TakeLocks taking) {
        journal.propose(new Input.Command<>(Optional.empty(), taking), null);
    }

    @Override
    public void start(Member<Command> member) throws IOException {
        journal.start(member);
    }

    @Override
    public void propose(Input<Command> input, @Nullable Ticket ticket) {
        if (input instanceof Input.Command<Command>(var _, Command.TakeLocks taking)) {
            seen.accept(taking);
        }
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
