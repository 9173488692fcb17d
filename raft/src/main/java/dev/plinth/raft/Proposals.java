package dev.plinth.raft;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The inputs that were proposed at this member, until they are applied at this member or refused. */
final class Proposals<C> {
    /*
     * An input is numbered when it is first sent. It goes to the leader of a term to be ordered in that term or not at all, and is
     * found again by its number when its entry is applied here; so no outcome has to travel. Until then its fate may be unknown: the
     * leader died, the connection broke. But a log has no entry of a term after one of a later term. So when the first entry of a
     * later term is applied here, whatever was sent for an earlier one and has not been applied has never been ordered, and is sent
     * again to the new leader. Nothing is ordered twice, nobody has to remember what was ordered to make sure of it, and a change of
     * leader costs the proposer time and no refusal.
     *
     * (The other way, a table of the last numbers of each proposer as a part of the replicated state, needs a window, a snapshot
     * format and a rule for proposers that come back; it would tell sooner, if the leader stays and only the connection broke.)
     *
     * What comes while a batch is under way gathers, and goes when it is back, or earlier when it has become half as much as is under way.
     * So under load there are few and large batches, and a lone input waits for nobody. The sender is a task of its own, not the first
     * proposer: those whom a batch answered propose again all at once, and the first of them would leave with a batch of his own while
     * the rest wait for the next; with ten groups on two processors that cost half of the throughput. Batches that are under way at the
     * same time may change their order, when one of them has to be sent again or the leader is another member.
     *
     * An input that waits too long is refused: NOT_LEADER if it was not sent, or its fate is known; else UNKNOWN.
     */
    private static final int UNDER_WAY_MAX = 4;

    /** Of inputs that wait for a leader. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Of inputs that were sent and did not come back. */
    static final Duration PATIENCE_SENT = Duration.ofSeconds(15);

    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    private static final Duration AGAIN_AFTER = Duration.ofMillis(10);
    private static final Duration RETRY_HINT = Duration.ofMillis(20);
    private static final Duration LEADER_HINT = Duration.ofMillis(200);

    /** Above the bytes that can be pending at any time, those included that are about to be refused. */
    private static final long ONE_INPUT = 1L << 42;

    /** Sends a batch to be ordered. */
    interface Sender {
        /** Does not wait. {@code fate} is told once, from any thread. */
        void send(Route route, ByteBuffer batch, Consumer<Fate> fate);
    }

    /** An input that waits for its outcome. */
    static final class Waiting<C> {
        final Input<C> input;
        private final ByteBuffer envelope;
        private final Journal.@Nullable Ticket ticket;
        private final long sinceNanos;

        // Guarded by the lock.
        private long number;
        private long sentNanos;

        Waiting(Input<C> input, ByteBuffer envelope, Journal.@Nullable Ticket ticket, long sinceNanos) {
            this.input = input;
            this.envelope = envelope;
            this.ticket = ticket;
            this.sinceNanos = sinceNanos;
        }

        Journal.@Nullable Ticket ticket() {
            return ticket;
        }
    }

    /** @param round which row of batches it belongs to; a new term begins a new one */
    private record Sent<C>(Route route, long round, List<Waiting<C>> inputs, ByteBuffer batch) {}

    private final String name;
    private final long proposer;
    private final int batchBytesMax;
    private final Sender sender;
    private final Executor threads;
    private final Clock clock;

    private final ConcurrentLinkedQueue<Waiting<C>> incoming = new ConcurrentLinkedQueue<>();

    /** Inputs that wait, and their bytes: one number, for each is changed with the other. */
    private final AtomicLong pending = new AtomicLong();

    /** Told when nothing waits any more. */
    private final Object none = new Object();

    /** How often somebody asked to send since whoever sends began his round. */
    private final AtomicInteger asked = new AtomicInteger();

    private final Object lock = new Object();

    // Guarded by the lock.
    private final TreeMap<Long, Waiting<C>> again = new TreeMap<>();
    private final Map<Long, Waiting<C>> sent = new HashMap<>();
    private long lastNumber;
    private int underWay;
    private long round;
    private boolean looking;

    /** Nothing is sent: the leader that is known took nothing, and is asked again later. Guarded by the lock. */
    private boolean pausing;

    /** Written under the lock; read without it to see whether there is a leader. */
    private volatile @Nullable Route route;

    /** Set once, under the lock. */
    private volatile @Nullable Refused closed;

    /**
     * @param proposer a number that no other process has, nor had this one in an earlier life
     * @param batchBytesMax bytes of one batch, unless a single input is larger
     */
    Proposals(String name, long proposer, int batchBytesMax, Sender sender, Executor threads, Clock clock) {
        this.name = name;
        this.proposer = proposer;
        this.batchBytesMax = batchBytesMax;
        this.sender = sender;
        this.threads = threads;
        this.clock = clock;
    }

    /** @param envelope not touched by the caller any more */
    void propose(Input<C> input, ByteBuffer envelope, Journal.@Nullable Ticket ticket) {
        int size = envelope.remaining();
        long now = pending.addAndGet(ONE_INPUT + size);
        if (now / ONE_INPUT > Limits.PENDING_INPUTS_MAX || now % ONE_INPUT > Limits.PENDING_BYTES_MAX) {
            pending.addAndGet(-(ONE_INPUT + size));
            refuse(ticket, Refused.overloaded("journal " + name + " has enough to do", RETRY_HINT));
            return;
        }
        incoming.add(new Waiting<>(input, envelope, ticket, clock.nanoTime()));
        if (closed != null) {
            close(closed);
            return;
        }
        if (route != null) {
            send();
        } else {
            synchronized (lock) {
                lookLater();
            }
        }
    }

    private void send() {
        if (asked.getAndIncrement() == 0) {
            threads.execute(this::sendAsked);
        }
    }

    /** One thread at a time, so that batches leave in the order in which they were made. */
    private void sendAsked() {
        int answering;
        do {
            answering = asked.get();
            for (var next = next(); next != null; next = next()) {
                var batch = next;
                sender.send(batch.route(), batch.batch(), fate -> learned(batch, fate));
            }
        } while (asked.addAndGet(-answering) != 0);
    }

    /** The next batch, if there is something to send and somebody to send it to. */
    private @Nullable Sent<C> next() {
        synchronized (lock) {
            var to = route;
            if (to == null || closed != null || pausing || underWay >= UNDER_WAY_MAX || !worthIt()) {
                return null;
            }
            List<Waiting<C>> inputs = new ArrayList<>();
            int bytes = 0;
            long now = clock.nanoTime();
            for (var waiting = peek(); waiting != null; waiting = peek()) {
                long number = waiting.number == 0 ? lastNumber + 1 : waiting.number;
                bytes += Batch.INPUT_BYTES + waiting.envelope.remaining();
                boolean gap = !inputs.isEmpty() && inputs.getLast().number + 1 != number;
                if (gap || (!inputs.isEmpty() && bytes > batchBytesMax)) {
                    break;
                }
                take(waiting, number);
                waiting.sentNanos = now;
                sent.put(number, waiting);
                inputs.add(waiting);
            }
            if (inputs.isEmpty()) {
                return null;
            }
            underWay++;
            lookLater();
            var batch = Batch.inputs(
                    proposer,
                    inputs.getFirst().number,
                    inputs.stream().map(waiting -> waiting.envelope).toList());
            return new Sent<>(to, round, inputs, batch);
        }
    }

    /** Under the lock: whether enough has gathered. */
    private boolean worthIt() {
        return underWay == 0 || 2 * (waiting() - sent.size()) >= sent.size();
    }

    private @Nullable Waiting<C> peek() {
        return again.isEmpty() ? incoming.peek() : again.firstEntry().getValue();
    }

    private void take(Waiting<C> waiting, long number) {
        if (waiting.number == 0) {
            incoming.remove();
            lastNumber = number;
            waiting.number = number;
        } else {
            again.remove(number);
        }
    }

    private void learned(Sent<C> batch, Fate fate) {
        boolean pause = false;
        synchronized (lock) {
            if (batch.round() != round) {
                // All of it was settled when the new round began.
                return;
            }
            underWay--;
            if (fate instanceof Fate.NotOrdered) {
                for (var waiting : batch.inputs()) {
                    if (sent.remove(waiting.number, waiting)) {
                        again.put(waiting.number, waiting);
                    }
                }
                pause = !pausing;
                pausing = true;
            }
        }
        if (pause) {
            // One alarm for a pause. Sent again at once, a member that has just lost the lead would ask itself without
            // end; and if the thread that applies entries is the one that sends, it would never come to the entry that
            // names the next leader.
            var _ = clock.schedule(AGAIN_AFTER, () -> sendAgain(batch.round()));
        } else {
            send();
        }
    }

    /** The pause is over. */
    private void sendAgain(long ofRound) {
        synchronized (lock) {
            if (ofRound == round) {
                pausing = false;
            }
        }
        send();
    }

    /**
     * Inputs of this member that are applied now, in their order; whoever calls this has them applied. An input that was refused
     * meanwhile is missing.
     */
    List<@Nullable Waiting<C>> applied(Batch.Inputs batch) {
        List<@Nullable Waiting<C>> found = new ArrayList<>(batch.envelopes().size());
        synchronized (lock) {
            for (int i = 0; i < batch.envelopes().size(); i++) {
                found.add(sent.remove(batch.first() + i));
            }
        }
        return found;
    }

    boolean isMine(Batch.Inputs batch) {
        return batch.proposer() == proposer;
    }

    /** An applied input needs no room any more. */
    void done(Waiting<C> waiting) {
        if (pending.addAndGet(-(ONE_INPUT + waiting.envelope.remaining())) == 0) {
            synchronized (none) {
                none.notifyAll();
            }
        }
    }

    /** The first entry of a term is applied: what was sent for terms before it, and was not applied, never will be. */
    void termBegan(Route began) {
        synchronized (lock) {
            var before = route;
            if (before != null && before.term() >= began.term()) {
                return;
            }
            sent.values().forEach(waiting -> again.put(waiting.number, waiting));
            sent.clear();
            underWay = 0;
            pausing = false;
            round++;
            route = began;
        }
        send();
    }

    /** A snapshot took the place of entries that were not applied one by one; some of these inputs may be in it. */
    void skippedTo(@Nullable Route newest) {
        List<Waiting<C>> lost;
        synchronized (lock) {
            lost = List.copyOf(sent.values());
            sent.clear();
            underWay = 0;
            pausing = false;
            round++;
            var before = route;
            if (newest != null && (before == null || before.term() < newest.term())) {
                route = newest;
            }
        }
        lost.forEach(waiting -> refuse(
                waiting, new Refused(Refused.Code.UNKNOWN, "this member took over a snapshot that may contain it")));
        send();
    }

    @Nullable
    Route route() {
        return route;
    }

    /** How many wait. */
    long waiting() {
        return pending.get() / ONE_INPUT;
    }

    /** Waits until nothing waits any more, at most so long. */
    void awaitNone(Duration most) {
        long end = clock.nanoTime() + most.toNanos();
        synchronized (none) {
            try {
                for (long left = most.toNanos(); waiting() > 0 && left > 0; left = end - clock.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(none, left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Under the lock: makes sure that somebody looks for those who waited too long. */
    private void lookLater() {
        if (!looking && closed == null) {
            looking = true;
            var _ = clock.schedule(LOOK_EVERY, () -> threads.execute(this::look));
        }
    }

    private void look() {
        List<Waiting<C>> unsent = new ArrayList<>();
        List<Waiting<C>> unknown = new ArrayList<>();
        synchronized (lock) {
            looking = false;
            long now = clock.nanoTime();
            again.values().removeIf(waiting -> {
                boolean late = now - waiting.sinceNanos > PATIENCE.toNanos();
                if (late) {
                    unsent.add(waiting);
                }
                return late;
            });
            for (var first = incoming.peek();
                    first != null && now - first.sinceNanos > PATIENCE.toNanos();
                    first = incoming.peek()) {
                unsent.add(first);
                incoming.remove();
            }
            sent.values().removeIf(waiting -> {
                boolean late = now - waiting.sentNanos > PATIENCE_SENT.toNanos();
                if (late) {
                    unknown.add(waiting);
                }
                return late;
            });
            if (!sent.isEmpty() || !again.isEmpty() || !incoming.isEmpty()) {
                lookLater();
            }
        }
        unsent.forEach(waiting -> refuse(
                waiting,
                new Refused(
                        Refused.Code.NOT_LEADER,
                        "group " + name + " has had no leader for it in " + PATIENCE.toSeconds() + " s",
                        Optional.of(LEADER_HINT))));
        unknown.forEach(waiting -> refuse(
                waiting,
                new Refused(
                        Refused.Code.UNKNOWN,
                        "sent to the leader of group " + name + ", and not heard of in " + PATIENCE_SENT.toSeconds()
                                + " s")));
        send();
    }

    /** Takes no more, and refuses all that wait: what may have been ordered with UNKNOWN, the rest with this reason. */
    void close(Refused reason) {
        List<Waiting<C>> unsent;
        List<Waiting<C>> unknown;
        synchronized (lock) {
            if (closed == null) {
                closed = reason;
            }
            unknown = List.copyOf(sent.values());
            sent.clear();
            unsent = new ArrayList<>(again.values());
            again.clear();
            for (var next = incoming.poll(); next != null; next = incoming.poll()) {
                unsent.add(next);
            }
        }
        unsent.forEach(waiting -> refuse(waiting, reason));
        var perhaps = new Refused(
                Refused.Code.UNKNOWN, "sent to the leader, and not known to be ordered: " + reason.getMessage());
        unknown.forEach(waiting -> refuse(waiting, perhaps));
    }

    private void refuse(Waiting<C> waiting, Refused reason) {
        done(waiting);
        refuse(waiting.ticket, reason);
    }

    private static void refuse(Journal.@Nullable Ticket ticket, Refused reason) {
        if (ticket != null) {
            ticket.refused(reason);
        }
    }
}
