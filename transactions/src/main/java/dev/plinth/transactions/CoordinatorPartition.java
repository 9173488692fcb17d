package dev.plinth.transactions;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** One partition of the coordinator: its engine on its journal, and who waits for what it decides. {@link Coordinator} says what each asks for. */
final class CoordinatorPartition implements AutoCloseable {
    /** So long the answer to a registration is waited for whose rows are at home elsewhere; well under Seata's 30 s for a request. */
    static final Duration AWAY_WAIT_MAX = Duration.ofSeconds(15);

    private static final SecureRandom RANDOM = new SecureRandom();

    /** What the partitions of a server have together. */
    record Shared(
            History history,
            Executor historyThread,
            HistoryDesk desk,
            Pulses pulses,
            LockWaiters lockWaiters,
            Peers peers,
            Participants participants,
            IntFunction<@Nullable CoordinatorPartition> partitions,
            Clock clock,
            Consumer<String> report) {}

    private final Journal<Command> journal;
    private final TransactionEngine engine;
    private final Partition<TransactionEngine, Command, Outcome, Effect, TransactionView> partition;
    private final HistoryFeed feed;
    private final EndWaiters waiters;
    private final Clock clock;
    private final HistoryDesk desk;
    private final Pulses pulses;
    private final Peers peers;
    private final Watcher.Subscription ends;
    private final ConcurrentHashMap<Long, CompletableFuture<Outcome.OfRegister>> awaited;

    private CoordinatorPartition(
            Journal<Command> journal,
            TransactionEngine engine,
            Partition<TransactionEngine, Command, Outcome, Effect, TransactionView> partition,
            EndWaiters waiters,
            ConcurrentHashMap<Long, CompletableFuture<Outcome.OfRegister>> awaited,
            Shared shared) {
        this.journal = journal;
        this.engine = engine;
        this.partition = partition;
        this.waiters = waiters;
        this.awaited = awaited;
        this.clock = shared.clock();
        this.desk = shared.desk();
        this.pulses = shared.pulses();
        this.peers = shared.peers();
        this.feed = new HistoryFeed(
                partition, shared.history(), shared.historyThread(), clock, peers.lagMax(), shared.report());
        this.ends = partition.watch(Indexes.ENDED, this::ended);
    }

    /** Opens it: its engine has replayed the journal, and phase two of what was decided before goes on. */
    static CoordinatorPartition open(Journal<Command> journal, TransactionEngine engine, Shared shared)
            throws IOException {
        var waiters = new EndWaiters(shared.clock());
        var awaited = new ConcurrentHashMap<Long, CompletableFuture<Outcome.OfRegister>>();
        engine.onFreed((resourceId, key) -> shared.lockWaiters().released(new LockWaiters.Row(resourceId, key)));
        engine.onRegistered((outcome, ticket) -> {
            var waiter = awaited.remove(ticket);
            if (waiter != null) {
                waiter.complete(outcome);
            }
        });
        var calls = new EffectCalls(
                new ParticipantCalls(shared.participants(), shared.peers(), waiters), shared.partitions());
        var partition = Partition.durable(engine, journal, DiskCodec.ALL, calls, shared.clock());
        return new CoordinatorPartition(journal, engine, partition, waiters, awaited, shared);
    }

    void start() {
        ends.next();
        feed.start();
    }

    private void ended(Watcher.Batch<TransactionView> batch) {
        for (Watcher.Item<TransactionView> item : batch.items()) {
            item.view().ifPresent(view -> {
                waiters.wake(view.id());
                // A snapshot shows again what was counted before.
                if (!batch.reset() && timedOut(view.status())) {
                    pulses.timedOut();
                }
            });
        }
        ends.next();
    }

    private static boolean timedOut(GlobalStatus status) {
        return status == GlobalStatus.TIMEOUT_ROLLBACKED || status == GlobalStatus.TIMEOUT_ROLLBACK_FAILED;
    }

    // ---- phase one

    CompletableFuture<TransactionId> begin(Command.Begin begin) {
        return submit(begin, outcome -> {
            pulses.begun();
            return ((Outcome.Begun) outcome).transaction();
        });
    }

    CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register) {
        return submit(register, Outcome.OfRegister.class::cast);
    }

    /** As {@link #register}, for rows that are at home in another partition. */
    CompletableFuture<Outcome.OfRegister> registerAway(Command.RegisterBranch register, int home) {
        // The answer may come before this command's own outcome has reached this thread, so its waiter is there first.
        long ticket = RANDOM.nextLong();
        var answer = new CompletableFuture<Outcome.OfRegister>();
        awaited.put(ticket, answer);
        var alarm = clock.schedule(
                AWAY_WAIT_MAX,
                () -> answer.completeExceptionally(new Refused(
                        Refused.Code.UNKNOWN,
                        "partition " + home + ", where " + register.resourceId()
                                + " is at home, does not answer; its branch is passed over if it comes too late")));
        var _ = answer.whenComplete((_, _) -> {
            alarm.cancel();
            awaited.remove(ticket);
        });
        var _ = submit(new Command.RegisterAway(register, home, ticket), Function.identity())
                .whenComplete((outcome, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(refusal(failure));
                    } else if (outcome instanceof Outcome.OfRegister refusal) {
                        answer.complete(refusal);
                    }
                });
        return answer.thenCompose(outcome -> outcome instanceof Outcome.Overloaded(String what, Duration retryAfter)
                ? CompletableFuture.failedFuture(Refused.overloaded(what, retryAfter))
                : CompletableFuture.completedFuture(outcome));
    }

    CompletableFuture<Outcome.OfReport> report(Command.ReportBranch report) {
        return submit(report, Outcome.OfReport.class::cast);
    }

    // ---- the decision

    CompletableFuture<GlobalStatus> decide(Command command, TransactionId transaction) {
        return submit(command, Function.identity()).thenCompose(outcome -> {
            if (outcome instanceof Outcome.Decided decided) {
                count(decided);
                return CompletableFuture.completedFuture(decided.status());
            }
            return endedStatus(transaction, GlobalStatus.FINISHED);
        });
    }

    private void count(Outcome.Decided decided) {
        if (!decided.first()) {
            return;
        }
        var sinceBegin = Duration.between(decided.begun(), journal.now());
        switch (decided.status()) {
            case COMMITTING, COMMITTED -> pulses.committed(sinceBegin);
            case ROLLBACKING, ROLLBACKED -> pulses.rolledBack(sinceBegin);
            default -> {} // time-outs are counted when they end; settling is no decision
        }
    }

    CompletableFuture<GlobalStatus> decideAndAwait(Command command, TransactionId transaction, Duration patience) {
        var waiter = waiters.add(transaction);
        return decide(command, transaction)
                .whenComplete((status, failure) -> {
                    if (failure != null || !participantsAreTold(status)) {
                        waiter.complete(null);
                    } else {
                        waiters.limit(waiter, patience);
                    }
                })
                .thenCompose(status -> participantsAreTold(status)
                        ? waiter.thenCompose(_ -> status(transaction)).thenApply(CoordinatorPartition::asAnswered)
                        : CompletableFuture.completedFuture(status));
    }

    private static boolean participantsAreTold(GlobalStatus status) {
        return switch (status) {
            case COMMITTING, COMMIT_RETRYING, ROLLBACKING, ROLLBACK_RETRYING -> true;
            case TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING -> true;
            case UNKNOWN, BEGIN, ASYNC_COMMITTING, COMMITTED, COMMIT_FAILED, ROLLBACKED, ROLLBACK_FAILED -> false;
            case TIMEOUT_ROLLBACKED, TIMEOUT_ROLLBACK_FAILED, FINISHED, COMMIT_RETRY_TIMEOUT -> false;
            case ROLLBACK_RETRY_TIMEOUT, DELETING -> false;
            case STOP_COMMIT_OR_COMMIT_RETRY, STOP_ROLLBACK_OR_ROLLBACK_RETRY -> false;
        };
    }

    private static GlobalStatus asAnswered(GlobalStatus status) {
        return status == GlobalStatus.ASYNC_COMMITTING ? GlobalStatus.COMMITTED : status;
    }

    private CompletableFuture<GlobalStatus> endedStatus(TransactionId transaction, GlobalStatus otherwise) {
        return ended(transaction)
                .thenApply(ended -> ended.map(TransactionView::status).orElse(otherwise));
    }

    CompletableFuture<GlobalStatus> status(TransactionId transaction) {
        return read(engine -> engine.status(transaction))
                .thenCompose(live -> live.isPresent()
                        ? CompletableFuture.completedFuture(live.get())
                        : endedStatus(transaction, GlobalStatus.FINISHED));
    }

    CompletableFuture<GlobalStatus> reportGlobal(TransactionId transaction, GlobalStatus status) {
        return submit(new Command.ReportGlobal(transaction, status), Function.identity())
                .thenCompose(outcome -> outcome instanceof Outcome.Decided decided
                        ? CompletableFuture.completedFuture(decided.status())
                        : endedStatus(transaction, status));
    }

    CompletableFuture<Optional<GlobalStatus>> force(
            TransactionId transaction, PhaseTwo.Direction direction, Command.Audit audit) {
        return submit(new Command.Force(transaction, direction, audit), Function.identity())
                .thenApply(outcome -> {
                    if (!(outcome instanceof Outcome.Decided decided)) {
                        return Optional.empty();
                    }
                    count(decided);
                    partition.retryEffects(effect -> effect.transaction().equals(transaction));
                    return Optional.of(decided.status());
                });
    }

    CompletableFuture<Outcome.OfDecision> decideRows(Command.DecideRows decide) {
        return submit(decide, Outcome.OfDecision.class::cast);
    }

    void participantBack(Set<String> resources) {
        partition.retryEffects(
                effect -> effect instanceof PhaseTwo phaseTwo && resources.contains(phaseTwo.resourceId()));
    }

    // ---- questions

    CompletableFuture<Optional<TransactionView>> get(TransactionId transaction) {
        return read(engine -> engine.find(transaction))
                .thenCompose(live -> live.isPresent() ? CompletableFuture.completedFuture(live) : ended(transaction));
    }

    private CompletableFuture<Optional<TransactionView>> ended(TransactionId transaction) {
        return desk.ask(history -> history.get(transaction))
                .thenCompose(
                        here -> here.isPresent() ? CompletableFuture.completedFuture(here) : peers.ended(transaction));
    }

    /** What its transactions take of the heap, about. */
    long heapBytes() {
        return engine.heapBytes();
    }

    <R> CompletableFuture<R> read(Function<TransactionEngine, R> query) {
        return partition.read(query);
    }

    /** Proposes a command that has to do with the other partitions, and hands every outcome on as it is. */
    CompletableFuture<Outcome> ask(Command command) {
        return partition.submit(command);
    }

    /** Proposes a command; an overload is a refusal. */
    <R> CompletableFuture<R> submit(Command command, Function<Outcome, R> read) {
        var answer = new CompletableFuture<R>();
        var _ = partition.submit(command).whenComplete((outcome, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(refusal(failure));
            } else if (outcome instanceof Outcome.Overloaded(String what, Duration retryAfter)) {
                answer.completeExceptionally(Refused.overloaded(what, retryAfter));
            } else {
                answer.complete(read.apply(outcome));
            }
        });
        return answer;
    }

    private static Throwable refusal(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    /** Ends its watches; what is under way goes on until {@link #close}. */
    void quiet() {
        ends.close();
        feed.close();
    }

    @Override
    public void close() {
        partition.close();
        awaited.values()
                .forEach(waiter ->
                        waiter.completeExceptionally(new Refused(Refused.Code.UNKNOWN, "the coordinator is closed")));
    }
}
