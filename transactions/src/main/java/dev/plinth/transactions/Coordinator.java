package dev.plinth.transactions;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.Watcher;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator of global transactions, as its doors see it.
 *
 * <p>All methods may be called from any thread and none waits. A future fails with {@link Refused} and with nothing else (inside a
 * {@link CompletionException} where Java puts it into one): {@code OVERLOADED} beyond a limit of {@link TransactionLimits} or of the kernel, the other codes as the kernel says. A future may be
 * completed on the engine's thread, so what hangs on it hands its work on.
 */
public final class Coordinator implements AutoCloseable {
    /*
     * The engine knows what lives; the history knows what ended. A transaction leaves the one only when it is in the other, so who
     * asks the engine first and the history second misses none.
     */

    /** How long a door waits for phase two unless it has a reason to do otherwise; well under Seata's 30 s for a TM's request. */
    public static final Duration PHASE_TWO_WAIT_DEFAULT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

    private final Journal<Command> journal;
    private final Partition<TransactionEngine, Command, Outcome, PhaseTwo, TransactionView> partition;
    private final HistoryDesk desk;
    private final HistoryFeed feed;
    private final EndWaiters waiters;
    private final LockWaiters lockWaiters;
    private final Clock clock;
    private final Pulses pulses;
    private final Peers peers;
    private final Watcher.Subscription ends;
    private final TransactionEngine engine;
    private final long heapBytesMax;
    private final Runnable release;

    private Coordinator(
            Journal<Command> journal,
            Partition<TransactionEngine, Command, Outcome, PhaseTwo, TransactionView> partition,
            History history,
            Executor historyThread,
            EndWaiters waiters,
            LockWaiters lockWaiters,
            Peers peers,
            Clock clock,
            Consumer<String> report,
            TransactionEngine engine,
            long heapBytesMax,
            Runnable release) {
        this.journal = journal;
        this.engine = engine;
        this.heapBytesMax = heapBytesMax;
        this.partition = partition;
        this.desk = new HistoryDesk(history, historyThread);
        this.waiters = waiters;
        this.lockWaiters = lockWaiters;
        this.clock = clock;
        this.pulses = new Pulses(clock);
        this.peers = peers;
        this.feed = new HistoryFeed(partition, history, historyThread, clock, peers.lagMax(), report);
        this.ends = partition.watch(Indexes.ENDED, this::ended);
        this.release = release;
    }

    /** What a journal for {@link #open} stores. */
    public static Codec<Command> codec() {
        return DiskCodec.COMMANDS;
    }

    /** As the other {@code open}, for a server that is alone. */
    public static Coordinator open(
            Journal<Command> journal, Storage history, Participants participants, Clock clock, int partition)
            throws IOException {
        return open(journal, history, participants, Peers.NONE, clock, partition);
    }

    /**
     * Opens the coordinator of one partition, and starts to serve: phase two of what was decided before goes on.
     *
     * @param journal not started yet; closed with the coordinator
     * @param history a directory of its own, for the transactions that ended
     * @param participants asked from now on, even before this returns; those that are connected to this server
     * @param peers the other servers that hold this partition; {@link Peers#NONE} if there are none
     * @param partition 0 to 1023, always the same for this journal
     * @throws IOException if journal or history cannot be read
     */
    public static Coordinator open(
            Journal<Command> journal,
            Storage history,
            Participants participants,
            Peers peers,
            Clock clock,
            int partition)
            throws IOException {
        var thread = SerialThread.named("plinth-transactions-history");
        return open(
                journal,
                history,
                participants,
                peers,
                clock,
                new TransactionEngine(partition),
                History.Size.OF_RELEASE,
                thread,
                LOG::warn,
                HeapShare.bytesMax(),
                thread::close);
    }

    static Coordinator open(
            Journal<Command> journal,
            Storage storage,
            Participants participants,
            Peers peers,
            Clock clock,
            TransactionEngine engine,
            History.Size size,
            Executor historyThread,
            Consumer<String> report,
            long heapBytesMax,
            Runnable release)
            throws IOException {
        var history = History.open(storage, size, report);
        var waiters = new EndWaiters(clock);
        var lockWaiters = new LockWaiters(clock);
        engine.onFreed((resourceId, key) -> lockWaiters.released(new LockWaiters.Row(resourceId, key)));
        try {
            var partition = Partition.durable(
                    engine, journal, DiskCodec.ALL, new ParticipantCalls(participants, peers, waiters), clock);
            var coordinator = new Coordinator(
                    journal,
                    partition,
                    history,
                    historyThread,
                    waiters,
                    lockWaiters,
                    peers,
                    clock,
                    report,
                    engine,
                    heapBytesMax,
                    release);
            coordinator.start();
            return coordinator;
        } catch (IOException | RuntimeException e) {
            history.close();
            release.run();
            throw e;
        }
    }

    private void start() {
        ends.next();
        feed.start();
        pulses.start();
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

    // ---- what a transaction's makers ask for

    /** Begins a transaction; completes once that is durable. */
    public CompletableFuture<TransactionId> begin(Command.Begin begin) {
        if (heapIsFull()) {
            return heapFull();
        }
        return submit(begin, outcome -> {
            pulses.begun();
            return ((Outcome.Begun) outcome).transaction();
        });
    }

    /** Adds a branch with its locks; completes once that is durable, with any answer but {@link Outcome.Overloaded}. */
    public CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register) {
        if (heapIsFull()) {
            return heapFull();
        }
        return submit(register, Outcome.OfRegister.class::cast);
    }

    /**
     * As {@link #register(Command.RegisterBranch)}, and if another transaction holds one of its rows, waits for that.
     *
     * @param wait how long in all; then the conflict is the answer
     */
    public CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register, Duration wait) {
        return wait.isZero()
                ? register(register)
                : register(register, lockWaiters.ticket(), clock.nanoTime() + wait.toNanos(), Optional.empty());
    }

    /** @param offered the row that was let go, and whose turn this is */
    private CompletableFuture<Outcome.OfRegister> register(
            Command.RegisterBranch register, long ticket, long deadlineNanos, Optional<LockWaiters.Row> offered) {
        return register(register)
                .whenComplete((outcome, _) -> offered.ifPresent(row -> passOn(row, outcome)))
                .thenCompose(outcome -> {
                    long left = deadlineNanos - clock.nanoTime();
                    if (!(outcome instanceof Outcome.LockConflict conflict) || conflict.failFast() || left <= 0) {
                        return CompletableFuture.completedFuture(outcome);
                    }
                    var row = new LockWaiters.Row(conflict.resourceId(), conflict.key());
                    return lockWaiters
                            .await(row, ticket, Duration.ofNanos(left))
                            .map(turn -> turn(register, row, turn)
                                    .thenCompose(_ -> register(register, ticket, deadlineNanos, Optional.of(row))))
                            .orElseGet(() -> CompletableFuture.completedFuture(outcome));
                });
    }

    /** The row may have been let go between the conflict and the wait. */
    private CompletableFuture<Void> turn(
            Command.RegisterBranch register, LockWaiters.Row row, CompletableFuture<Void> turn) {
        var _ = lockable(register.transaction(), row.resourceId(), List.of(row.key()))
                .thenAccept(free -> {
                    if (free) {
                        turn.complete(null);
                    }
                });
        return turn;
    }

    /** Whoever had his turn and does not hold the row now leaves it to the next, unless somebody else has it. */
    private void passOn(LockWaiters.Row row, Outcome.@Nullable OfRegister outcome) {
        boolean has = outcome instanceof Outcome.Registered;
        boolean taken = outcome instanceof Outcome.LockConflict conflict
                && conflict.key().equals(row.key())
                && conflict.resourceId().equals(row.resourceId());
        if (!has && !taken) {
            lockWaiters.released(row);
        }
    }

    /** Says how phase one of a branch went; completes with any answer but {@link Outcome.Overloaded}. */
    public CompletableFuture<Outcome.OfReport> report(Command.ReportBranch report) {
        return submit(report, Outcome.OfReport.class::cast);
    }

    /** Whether none of the rows is locked by another transaction. */
    public CompletableFuture<Boolean> lockable(TransactionId asker, String resourceId, List<LockKey> keys) {
        return read(engine -> engine.lockable(asker, resourceId, keys));
    }

    /**
     * Decides to commit and completes once that is durable: {@code COMMITTED} if nothing is left that anyone waits for (AT),
     * {@code COMMITTING} while participants are being told, {@code TIMEOUT_ROLLBACKING} if it came too late. Repeated, the status
     * as it is then, also long after the end; {@code FINISHED} if nothing is known of the transaction.
     */
    public CompletableFuture<GlobalStatus> commit(TransactionId transaction) {
        return decide(new Command.Commit(transaction), transaction);
    }

    /** As {@link #commit}, the other way: {@code ROLLBACKING} while participants are being told. */
    public CompletableFuture<GlobalStatus> rollback(TransactionId transaction) {
        return decide(new Command.Rollback(transaction), transaction);
    }

    /**
     * As {@link #commit}, and if participants have to be told, waits until they are: what an application reads next is then
     * confirmed. Completes with the status at the end, or with the one that holds when an attempt has failed or {@code patience}
     * is over.
     */
    public CompletableFuture<GlobalStatus> commitAndAwait(TransactionId transaction, Duration patience) {
        return decideAndAwait(new Command.Commit(transaction), transaction, patience);
    }

    /** As {@link #rollback}, and waits as {@link #commitAndAwait} does. */
    public CompletableFuture<GlobalStatus> rollbackAndAwait(TransactionId transaction, Duration patience) {
        return decideAndAwait(new Command.Rollback(transaction), transaction, patience);
    }

    /** The status as it is; {@code FINISHED} if nothing is known of the transaction. */
    public CompletableFuture<GlobalStatus> status(TransactionId transaction) {
        return read(engine -> engine.status(transaction))
                .thenCompose(live -> live.isPresent()
                        ? CompletableFuture.completedFuture(live.get())
                        : endedStatus(transaction, GlobalStatus.FINISHED));
    }

    /** A Saga's engine says where its transaction stands; completes with the status after that. */
    public CompletableFuture<GlobalStatus> reportGlobal(TransactionId transaction, GlobalStatus status) {
        return submit(new Command.ReportGlobal(transaction, status), Function.identity())
                .thenCompose(outcome -> outcome instanceof Outcome.Decided decided
                        ? CompletableFuture.completedFuture(decided.status())
                        : endedStatus(transaction, status));
    }

    /**
     * A person has repaired the rows that a failed rollback left behind: their locks are released and the transaction ends.
     * Completes with its status; settling one that has not failed changes nothing.
     */
    public CompletableFuture<GlobalStatus> settle(TransactionId transaction, Command.Audit audit) {
        return decide(new Command.Settle(transaction, audit), transaction);
    }

    /**
     * A person decides in the application's place. Participants of a transaction that goes this way already are asked again at once.
     *
     * @return the status after it; empty if it goes the other way or has ended, and nothing changed
     */
    public CompletableFuture<Optional<GlobalStatus>> force(
            TransactionId transaction, PhaseTwo.Direction direction, Command.Audit audit) {
        return submit(new Command.Force(transaction, direction, audit), Function.identity())
                .thenApply(outcome -> {
                    if (!(outcome instanceof Outcome.Decided decided)) {
                        return Optional.empty();
                    }
                    count(decided);
                    partition.retryEffects(phaseTwo -> phaseTwo.transaction().equals(transaction));
                    return Optional.of(decided.status());
                });
    }

    /**
     * A person decides about rows that somebody changed behind a branch's back.
     *
     * @return {@link Outcome.Decided} with the status after it; {@link Outcome.NotFound}; {@link Outcome.GoesOtherWay} if no such
     *     decision is waited for, and {@link Outcome.NoRows} if nothing is known that could be restored
     */
    public CompletableFuture<Outcome.OfDecision> decideRows(Command.DecideRows decide) {
        return submit(decide, Outcome.OfDecision.class::cast);
    }

    /** Ends the back-off of phase two of these resources, here and on the peers, because a participant has come to this server. */
    public void participantBack(Set<String> resources) {
        participantBackElsewhere(resources);
        peers.participantBack(resources);
    }

    /** As {@link #participantBack}, when it has come to another server. */
    public void participantBackElsewhere(Set<String> resources) {
        partition.retryEffects(phaseTwo -> resources.contains(phaseTwo.resourceId()));
    }

    // ---- what people ask for

    /** How much there is at the moment. */
    public CompletableFuture<TransactionCounts> counts() {
        return read(TransactionEngine::counts);
    }

    /**
     * Transactions that have not ended, the newest first.
     *
     * @param from the {@link TransactionPage#next} of the page before; empty for the newest
     * @param limit at most so many, 1 to {@link TransactionLimits#PAGE_MAX}
     */
    public CompletableFuture<TransactionPage> live(TransactionFilter filter, OptionalLong from, int limit) {
        checkPage(limit);
        return read(engine -> engine.live(filter, from.orElse(Long.MAX_VALUE), limit));
    }

    /** Transactions that ended, the newest first; parameters as {@link #live}. */
    public CompletableFuture<TransactionPage> recent(TransactionFilter filter, OptionalLong from, int limit) {
        checkPage(limit);
        return desk.ask(history -> history.page(filter, from, limit));
    }

    /** Everything known about one transaction, live or ended; empty if nothing is. */
    public CompletableFuture<Optional<TransactionView>> get(TransactionId transaction) {
        return read(engine -> engine.find(transaction))
                .thenCompose(live -> live.isPresent() ? CompletableFuture.completedFuture(live) : ended(transaction));
    }

    /** What this server's own history has of a transaction, as histories store it; for the peers. */
    public CompletableFuture<Optional<ByteString>> recorded(TransactionId transaction) {
        return desk.ask(history -> history.get(transaction)).thenApply(found -> found.map(StateCodec::encode));
    }

    /** What {@link #recorded} gave. */
    public static TransactionView recorded(ByteString record) {
        return StateCodec.view(record);
    }

    private CompletableFuture<Optional<TransactionView>> ended(TransactionId transaction) {
        return desk.ask(history -> history.get(transaction))
                .thenCompose(
                        here -> here.isPresent() ? CompletableFuture.completedFuture(here) : peers.ended(transaction));
    }

    /** The seconds that are over, the newest last, at most 300. */
    public List<TransactionPulse> pulses() {
        return pulses.last();
    }

    private static void checkPage(int limit) {
        if (limit < 1 || limit > TransactionLimits.PAGE_MAX) {
            throw new IllegalArgumentException(
                    "a page has 1 to " + TransactionLimits.PAGE_MAX + " transactions, not " + limit);
        }
    }

    // ---- how

    private boolean heapIsFull() {
        return engine.heapBytes() > heapBytesMax;
    }

    private <R> CompletableFuture<R> heapFull() {
        return CompletableFuture.failedFuture(Refused.overloaded(
                "live transactions take their share of the heap, " + (heapBytesMax >> 20) + " MiB",
                TransactionEngine.RETRY_AFTER));
    }

    private CompletableFuture<GlobalStatus> decide(Command command, TransactionId transaction) {
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

    private CompletableFuture<GlobalStatus> decideAndAwait(
            Command command, TransactionId transaction, Duration patience) {
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
                        ? waiter.thenCompose(_ -> status(transaction)).thenApply(Coordinator::asAnswered)
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

    private <R> CompletableFuture<R> submit(Command command, Function<Outcome, R> read) {
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

    private <R> CompletableFuture<R> read(Function<TransactionEngine, R> query) {
        return partition.read(query);
    }

    private static Throwable refusal(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    /** Stops. What waits for an answer is refused; what was decided goes on with the next {@link #open}. */
    @Override
    public void close() {
        ends.close();
        feed.close();
        pulses.close();
        partition.close();
        desk.close();
        release.run();
    }
}
