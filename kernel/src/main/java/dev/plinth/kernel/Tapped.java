package dev.plinth.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A journal whose member's state can be taken at any time, beside its partition.
 *
 * @param <C> the engine's commands
 */
public final class Tapped<C> extends ForwardingJournal<C> {
    /** Set by start, before anybody can ask. */
    private volatile @Nullable Seen<C> seen;

    /**
     * A partition's state, and where it stood.
     *
     * @param revision of the last entry in it; index 0 if there was none
     * @param stamp of that entry
     */
    public record State(Revision revision, Instant stamp, Snapshot snapshot) {}

    public Tapped(Journal<C> journal) {
        super(journal);
    }

    /** The state with everything in it that was acknowledged before this call. Fails with {@link Refused} as a read does. */
    public CompletableFuture<State> state() {
        var taken = new CompletableFuture<State>();
        var member = seen;
        if (member == null) {
            taken.completeExceptionally(new Refused(Refused.Code.STOPPED, "the journal was not started"));
            return taken;
        }
        read(() -> taken.complete(member.state()), taken::completeExceptionally);
        return taken;
    }

    @Override
    public void start(Member<C> member) throws IOException {
        var with = new Seen<>(member);
        seen = with;
        super.start(with);
    }

    /** The member, and what reached it last; all on its thread. */
    private static final class Seen<C> implements Member<C> {
        private final Member<C> member;
        private Revision revision = new Revision(0, 0);
        private Instant stamp = Instant.EPOCH;

        Seen(Member<C> member) {
            this.member = member;
        }

        State state() {
            return new State(revision, stamp, member.snapshot());
        }

        @Override
        public void restore(Revision to, Instant at, InputStream state) throws IOException {
            member.restore(to, at, state);
            revision = to;
            stamp = at;
        }

        @Override
        public void apply(Entry<C> entry, @Nullable Ticket ticket) {
            member.apply(entry, ticket);
            revision = entry.revision();
            stamp = entry.stamp();
        }

        @Override
        public Snapshot snapshot() {
            return member.snapshot();
        }

        @Override
        public void lead() {
            member.lead();
        }

        @Override
        public void follow() {
            member.follow();
        }

        @Override
        public void stopped(Refused reason) {
            member.stopped(reason);
        }
    }
}
