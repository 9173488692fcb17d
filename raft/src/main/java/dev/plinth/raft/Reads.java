package dev.plinth.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Queries that wait until this member is known to have applied whatever was acknowledged before they were asked. */
final class Reads {
    /*
     * ReadIndex: the leader says how far it has committed, and makes sure by a round of heartbeats that it still leads; when this member
     * has applied that far, it may answer. One question is under way at a time, and those who come meanwhile share the next one. So a
     * read costs no entry in the log, and a thousand of them one round.
     *
     * A question that fails for want of a leader changed nothing, and is asked again until the reader's patience is over.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration AGAIN_AFTER = Duration.ofMillis(20);
    private static final Duration RETRY_HINT = Duration.ofMillis(20);
    private static final Duration LEADER_HINT = Duration.ofMillis(200);
    private static final byte[] NO_CONTEXT = new byte[0];

    private record Reader(Runnable query, Journal.Ticket ticket, long sinceNanos) {}

    private final String name;
    private final Node node;
    private final Applier<?> applier;
    private final Clock clock;
    private final long askMillisMax;
    private final ConcurrentLinkedQueue<Reader> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicBoolean asking = new AtomicBoolean();

    /** Set once; read where queries come in. */
    private volatile @Nullable Refused closed;

    Reads(String name, Node node, Applier<?> applier, Clock clock, Duration askMax) {
        this.name = name;
        this.node = node;
        this.applier = applier;
        this.clock = clock;
        this.askMillisMax = askMax.toMillis();
    }

    void read(Runnable query, Journal.Ticket ticket) {
        if (pending.incrementAndGet() > Limits.PENDING_INPUTS_MAX) {
            pending.decrementAndGet();
            ticket.refused(Refused.overloaded("journal " + name + " has enough to read", RETRY_HINT));
            return;
        }
        queue.add(new Reader(query, ticket, clock.nanoTime()));
        if (closed != null) {
            close(closed);
            return;
        }
        ask();
    }

    private void ask() {
        if (queue.isEmpty() || !asking.compareAndSet(false, true)) {
            return;
        }
        List<Reader> readers = new ArrayList<>();
        for (var next = queue.poll(); next != null; next = queue.poll()) {
            readers.add(next);
        }
        try {
            node.readIndex(NO_CONTEXT, new ReadIndexClosure(askMillisMax) {
                @Override
                public void run(Status status, long index, byte[] context) {
                    answered(readers, status);
                }
            });
        } catch (IllegalStateException e) {
            // It is shutting down, and may have told the closure already; whoever closes it refuses these.
            answered(readers, new Status(-1, "%s", e.getMessage()));
        }
    }

    /** A read of nothing, for the heartbeats that it takes: they carry how far the log is committed. */
    void tellFollowers() {
        if (closed != null) {
            return;
        }
        try {
            node.readIndex(NO_CONTEXT, new ReadIndexClosure(askMillisMax) {
                @Override
                public void run(Status status, long index, byte[] context) {
                    // Whether most of them heard it is nothing to this member; the next heartbeat tells them again.
                }
            });
        } catch (IllegalStateException e) {
            // It is shutting down, and leads no more.
        }
    }

    private void answered(List<Reader> readers, Status status) {
        if (status.isOk()) {
            pending.addAndGet(-readers.size());
            readers.forEach(reader -> applier.read(reader.query(), reader.ticket()));
            asking.set(false);
            ask();
            return;
        }
        long now = clock.nanoTime();
        for (var reader : readers) {
            if (now - reader.sinceNanos() > PATIENCE.toNanos()) {
                refuse(
                        reader,
                        new Refused(
                                Refused.Code.NOT_LEADER,
                                "group " + name + " has had no leader to read from in " + PATIENCE.toSeconds() + " s: "
                                        + status.getErrorMsg(),
                                Optional.of(LEADER_HINT)));
            } else {
                queue.add(reader);
            }
        }
        asking.set(false);
        if (closed != null) {
            close(closed);
        } else {
            var _ = clock.schedule(AGAIN_AFTER, this::ask);
        }
    }

    void close(Refused reason) {
        closed = reason;
        for (var next = queue.poll(); next != null; next = queue.poll()) {
            refuse(next, reason);
        }
    }

    private void refuse(Reader reader, Refused reason) {
        pending.decrementAndGet();
        reader.ticket().refused(reason);
    }
}
