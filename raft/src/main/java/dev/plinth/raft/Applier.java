package dev.plinth.raft;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Entry;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SerialThread;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The engine's thread, and the member on it. */
final class Applier<C> {
    /*
     * JRaft's own thread hands over what is committed and goes on to the next: it reads and decodes while the engine decides. JRaft then
     * takes for applied what is only in this thread's queue; that is no harm, for snapshots and reads go through the same queue, behind
     * it. What is in the queue is bounded: when the engine is slower than the log, JRaft's thread waits. And what takes less time than
     * waking the engine's thread, JRaft's applies itself, if nothing is in the queue.
     */
    private static final int BATCHES_MAX = 64;

    private static final long APPLIED_HERE_NANOS_MAX = 100_000;

    /** An entry, and who waits for it here. */
    record Step<C>(Entry<C> entry, Proposals.@Nullable Waiting<C> waiting) {}

    private final String name;
    private final Proposals<C> proposals;
    private final Consumer<Refused> broke;
    private final Clock clock;
    private final SerialThread thread;
    private final Semaphore room = new Semaphore(BATCHES_MAX);

    /** How long one entry takes, about. Written by who applies, read by who hands over. */
    private volatile long nanosEach;

    // Written by start, before any task that reads it is handed to the thread.
    private Journal.@Nullable Member<C> member;

    // The engine's thread only.
    private @Nullable Refused stopped;

    /** @param broke told, on the engine's thread, that the member can be trusted with no more entries */
    Applier(String name, Proposals<C> proposals, Consumer<Refused> broke, Clock clock) {
        this.name = name;
        this.proposals = proposals;
        this.broke = broke;
        this.clock = clock;
        this.thread = SerialThread.named("plinth-" + name);
    }

    void start(Journal.Member<C> with) {
        member = with;
    }

    private Journal.Member<C> member() {
        if (member == null) {
            throw new IllegalStateException("journal " + name + " was not started");
        }
        return member;
    }

    /** Waits while the engine has enough to do. */
    void apply(List<Step<C>> steps) {
        if (steps.isEmpty()) {
            return;
        }
        room.acquireUninterruptibly();
        if (nanosEach * steps.size() <= APPLIED_HERE_NANOS_MAX) {
            thread.executeHere(() -> applyAll(steps));
        } else {
            thread.execute(() -> applyAll(steps));
        }
    }

    private void applyAll(List<Step<C>> steps) {
        try {
            long start = clock.nanoTime();
            steps.forEach(this::apply);
            long each = (clock.nanoTime() - start) / steps.size();
            nanosEach = (3 * nanosEach + each) / 4;
        } finally {
            room.release();
        }
    }

    private void apply(Step<C> step) {
        var waiting = step.waiting();
        var ticket = waiting == null ? null : waiting.ticket();
        if (waiting != null) {
            proposals.done(waiting);
        }
        if (stopped != null) {
            if (ticket != null) {
                ticket.refused(new Refused(
                        Refused.Code.UNKNOWN,
                        "ordered, and not applied: the engine stopped before: " + stopped.getMessage()));
            }
            return;
        }
        try {
            member().apply(step.entry(), ticket);
        } catch (Throwable e) {
            // The member has told who waited; it cannot be trusted with another entry.
            var reason = new Refused(Refused.Code.STOPPED, "journal " + name + " stopped: " + e.getMessage(), e);
            stop(reason);
            broke.accept(reason);
        }
    }

    /** Runs a query behind everything that was handed over before. */
    void read(Runnable query, Journal.Ticket ticket) {
        thread.execute(() -> {
            if (stopped != null) {
                ticket.refused(stopped);
            } else {
                query.run();
            }
        });
    }

    /** Runs a task behind everything that was handed over before; not at all once the member has stopped. */
    void execute(Runnable task) {
        thread.execute(() -> {
            if (stopped == null) {
                task.run();
            }
        });
    }

    /** What can be done with a member that has not stopped. */
    interface Work<C, R> {
        R on(Journal.Member<C> member) throws Exception;
    }

    /** Does something with the member behind everything that was handed over before. Fails if the member has stopped. */
    <R> CompletableFuture<R> with(Work<C, R> work) {
        var done = new CompletableFuture<R>();
        thread.execute(() -> {
            if (stopped != null) {
                done.completeExceptionally(stopped);
                return;
            }
            try {
                done.complete(work.on(member()));
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** The member is told, and nothing more reaches it. */
    CompletableFuture<Void> end(Refused reason) {
        var done = new CompletableFuture<Void>();
        thread.execute(() -> {
            stop(reason);
            done.complete(null);
        });
        return done;
    }

    private void stop(Refused reason) {
        if (stopped == null) {
            stopped = reason;
            if (member != null) {
                member.stopped(reason);
            }
        }
    }

    /** Ends the thread, behind everything that was handed over before. */
    void close() {
        thread.close();
    }
}
