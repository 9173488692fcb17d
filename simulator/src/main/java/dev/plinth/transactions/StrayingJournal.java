package dev.plinth.transactions;

import dev.plinth.kernel.ForwardingJournal;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A journal that tells of what other partitions ask for, so that a life can have it come once more, as from a leader that was deposed. */
final class StrayingJournal extends ForwardingJournal<Command> {
    private final Consumer<Command.TakeLocks> seen;

    StrayingJournal(Journal<Command> journal, Consumer<Command.TakeLocks> seen) {
        super(journal);
        this.seen = seen;
    }

    /** Proposes it, and nobody waits for what comes of it. */
    void once(Command.TakeLocks taking) {
        super.propose(new Input.Command<>(Optional.empty(), taking), null);
    }

    @Override
    public void propose(Input<Command> input, @Nullable Ticket ticket) {
        if (input instanceof Input.Command<Command>(var _, Command.TakeLocks taking)) {
            seen.accept(taking);
        }
        super.propose(input, ticket);
    }
}
