package dev.plinth.transactions;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.Storage;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
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
     *
     * Every server has all partitions, and an id says which one decides about it: so any server takes any request, and the journal of
     * the partition finds its leader. The rows of a resource are locked in its home alone, which the first partition settles with the
     * first branch that locks one, for good; each server remembers what it was told.
     */

    /** How long a door waits for phase two unless it has a reason to do otherwise; well under Seata's 30 s for a TM's request. */
    public static final Duration PHASE_TWO_WAIT_DEFAULT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

    private final CoordinatorPartition[] partitions;
    private final TransactionPartitions names;
    private final HistoryDesk desk;
    private final LockWaiters lockWaiters;
    private final Clock clock;
    private final Pulses pulses;
    private final Peers peers;
    private final long heapBytesMax;
    private final Runnable release;

    /** Where resources are at home, as far as this server was told; bounded as the first partition's own list is. */
    private final ConcurrentHashMap<String, Integer> homes = new ConcurrentHashMap<>();

    private Coordinator(
            CoordinatorPartition[] partitions,
            TransactionPartitions names,
            CoordinatorPartition.Shared shared,
            long heapBytesMax,
            Runnable release) {
        this.partitions = partitions;
        this.names = names;
        this.desk = shared.desk();
        this.lockWaiters = shared.lockWaiters();
        this.clock = shared.clock();
        this.pulses = shared.pulses();
        this.peers = shared.peers();
        this.heapBytesMax = heapBytesMax;
        this.release = release;
    }

    /** What a journal for {@link #open} stores. */
    public static Codec<Command> codec() {
        return DiskCodec.COMMANDS;
    }

    /**
     * Opens a coordinator of one partition, for a server that is alone.
     *
     * @param partition 0 to 1023, always the same for this journal; the other parameters as in the other {@code open}
     */
    public static Coordinator open(
            Journal<Command> journal, Storage history, Participants participants, Clock clock, int partition)
            throws IOException {
        return open(
                List.of(journal),
                List.of(new TransactionEngine(partition)),
                TransactionPartitions.ONE,
                history,
                participants,
                Peers.NONE,
                clock);
    }

    /**
     * Opens the coordinator, and starts to serve: phase two of what was decided before goes on.
     *
     * @param journals one for each partition, in their order, always the same; not started yet, and closed with the coordinator
     * @param history a directory of its own, for the transactions that ended
     * @param participants asked from now on, even before this returns; those that are connected to this server
     * @param peers the other servers that hold these partitions; {@link Peers#NONE} if there are none
     * @throws IOException if a journal or the history cannot be read
     */
    public static Coordinator open(
            List<Journal<Command>> journals,
            TransactionPartitions partitions,
            Storage history,
            Participants participants,
            Peers peers,
            Clock clock)
            throws IOException {
        List<TransactionEngine> engines = new ArrayList<>();
        for (int number = 0; number < journals.size(); number++) {
            engines.add(new TransactionEngine(number));
        }
        return open(journals, engines, partitions, history, participants, peers, clock);
    }

    private static Coordinator open(
            List<Journal<Command>> journals,
            List<TransactionEngine> engines,
            TransactionPartitions partitions,
            Storage history,
            Participants participants,
            Peers peers,
            Clock clock)
            throws IOException {
        var thread = SerialThread.named("plinth-transactions-history");
        return open(
                journals,
                engines,
                partitions,
                history,
                participants,
                peers,
                clock,
                History.Size.OF_RELEASE,
                thread,
                LOG::warn,
                HeapShare.bytesMax(),
                thread::close);
    }

    static Coordinator open(
            List<Journal<Command>> journals,
            List<TransactionEngine> engines,
            TransactionPartitions names,
            Storage storage,
            Participants participants,
            Peers peers,
            Clock clock,
            History.Size size,
            Executor historyThread,
            Consumer<String> report,
            long heapBytesMax,
            Runnable release)
            throws IOException {
        if (journals.size() != names.names().size() || engines.size() != journals.size()) {
            throw new IllegalArgumentException(
                    names.names().size() + " partitions, and " + journals.size() + " journals");
        }
        // An effect may want a partition that is opened after its own; then it is tried again.
        var opened = new AtomicReferenceArray<@Nullable CoordinatorPartition>(journals.size());
        var history = History.open(storage, size, report);
        var shared = new CoordinatorPartition.Shared(
                history,
                historyThread,
                new HistoryDesk(history, historyThread),
                new Pulses(clock),
                new LockWaiters(clock),
                peers,
                participants,
                number -> number < opened.length() ? opened.get(number) : null,
                clock,
                report);
        List<CoordinatorPartition> partitions = new ArrayList<>();
        try {
            for (int number = 0; number < journals.size(); number++) {
                var partition = CoordinatorPartition.open(journals.get(number), engines.get(number), shared);
                partitions.add(partition);
                opened.set(number, partition);
            }
        } catch (IOException | RuntimeException e) {
            partitions.forEach(CoordinatorPartition::close);
            history.close();
            release.run();
            throw e;
        }
        var coordinator =
                new Coordinator(partitions.toArray(CoordinatorPartition[]::new), names, shared, heapBytesMax, release);
        coordinator.start();
        return coordinator;
    }

    private void start() {
        for (CoordinatorPartition partition : partitions) {
            partition.start();
        }
        pulses.start();
    }

    /** The partitions, and where transactions begin. */
    public TransactionPartitions partitions() {
        return names;
    }

    /** The partition that decides about a transaction. One that is not here knows nothing of it, as the first does. */
    private CoordinatorPartition of(TransactionId transaction) {
        int number = transaction.partition();
        return partitions[number < partitions.length ? number : 0];
    }

    // ---- what a transaction's makers ask for

    /** Begins a transaction; completes once that is durable. */
    public CompletableFuture<TransactionId> begin(Command.Begin begin) {
        if (heapIsFull()) {
            return heapFull();
        }
        return partitions[partitions.length == 1 ? 0 : names.of(begin.serviceGroup())].begin(begin);
    }

    /**
     * Adds a branch with its locks; completes once that is durable, with any answer but {@link Outcome.Overloaded}.
     *
     * @param cell the partition that is to be the home of its resource, if that has none yet
     */
    private CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register, int cell) {
        if (heapIsFull()) {
            return heapFull();
        }
        var own = of(register.transaction());
        if (partitions.length == 1
                || register.type() != BranchType.AT
                || register.lockKeys().isEmpty()) {
            return own.register(register);
        }
        var home = homes.get(register.resourceId());
        return home != null
                ? register(register, own, home)
                : claim(register.resourceId(), cell).thenCompose(claimed -> register(register, own, claimed));
    }

    private CompletableFuture<Outcome.OfRegister> register(
            Command.RegisterBranch register, CoordinatorPartition own, int home) {
        if (home >= partitions.length) {
            return CompletableFuture.failedFuture(Refused.overloaded(
                    register.resourceId() + " is at home in partition " + home
                            + ", of which this server was not told (transactions.partitions)",
                    TransactionEngine.RETRY_AFTER));
        }
        return partitions[home] == own ? own.register(register) : own.registerAway(register, home);
    }

    private CompletableFuture<Integer> claim(String resourceId, int cell) {
        return partitions[0].submit(new Command.ClaimHome(resourceId, cell), outcome -> {
            int home = ((Outcome.Claimed) outcome).home();
            homes.put(resourceId, home);
            return home;
        });
    }

    /** Adds a branch with its locks, of a client of no transaction service group. */
    public CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register) {
        return register(register, names.here());
    }

    /** As the other {@code register}, of a client of no transaction service group. */
    public CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register, Duration wait) {
        return register(register, wait, "");
    }

    /**
     * Adds a branch with its locks, and if another transaction holds one of its rows, waits for that. Completes once it is durable, with
     * any answer but {@link Outcome.Overloaded}.
     *
     * @param wait how long in all; then the conflict is the answer
     * @param serviceGroup of the participant's client; the first branch that locks rows of a resource settles where it is at home
     */
    public CompletableFuture<Outcome.OfRegister> register(
            Command.RegisterBranch register, Duration wait, String serviceGroup) {
        int cell = names.of(serviceGroup);
        return wait.isZero()
                ? register(register, cell)
                : register(register, cell, lockWaiters.ticket(), clock.nanoTime() + wait.toNanos(), Optional.empty());
    }

    /** @param offered the row that was let go, and whose turn this is */
    private CompletableFuture<Outcome.OfRegister> register(
            Command.RegisterBranch register,
            int cell,
            long ticket,
            long deadlineNanos,
            Optional<LockWaiters.Row> offered) {
        return register(register, cell)
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
                                    .thenCompose(
                                            _ -> register(register, cell, ticket, deadlineNanos, Optional.of(row))))
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
        return of(report.transaction()).report(report);
    }

    /** Whether none of the rows is locked by another transaction. */
    public CompletableFuture<Boolean> lockable(TransactionId asker, String resourceId, List<LockKey> keys) {
        var home = partitions.length == 1 ? Integer.valueOf(0) : homes.get(resourceId);
        return home == null ? lockableWherever(asker, resourceId, keys) : lockable(asker, resourceId, keys, home);
    }

    private CompletableFuture<Boolean> lockableWherever(TransactionId asker, String resourceId, List<LockKey> keys) {
        record Told(Optional<Integer> home, boolean free) {}
        // Rows of a resource without a home are locked in the first, from before there were others; and both is asked
        // at one moment, or
        // the resource might have found its home between the questions, and the row its holder there.
        return partitions[0]
                .read(engine -> new Told(engine.home(resourceId), engine.lockable(asker, resourceId, keys)))
                .thenCompose(told -> {
                    if (told.home().isEmpty()) {
                        return CompletableFuture.completedFuture(told.free());
                    }
                    homes.put(resourceId, told.home().get());
                    return lockable(asker, resourceId, keys, told.home().get());
                });
    }

    private CompletableFuture<Boolean> lockable(TransactionId asker, String resourceId, List<LockKey> keys, int home) {
        return home < partitions.length
                ? partitions[home].read(engine -> engine.lockable(asker, resourceId, keys))
                : CompletableFuture.completedFuture(false);
    }

    /**
     * Decides to commit and completes once that is durable: {@code COMMITTED} if nothing is left that anyone waits for (AT),
     * {@code COMMITTING} while participants are being told, {@code TIMEOUT_ROLLBACKING} if it came too late. Repeated, the status
     * as it is then, also long after the end; {@code FINISHED} if nothing is known of the transaction.
     */
    public CompletableFuture<GlobalStatus> commit(TransactionId transaction) {
        return of(transaction).decide(new Command.Commit(transaction), transaction);
    }

    /** As {@link #commit}, the other way: {@code ROLLBACKING} while participants are being told. */
    public CompletableFuture<GlobalStatus> rollback(TransactionId transaction) {
        return of(transaction).decide(new Command.Rollback(transaction), transaction);
    }

    /**
     * As {@link #commit}, and if participants have to be told, waits until they are: what an application reads next is then
     * confirmed. Completes with the status at the end, or with the one that holds when an attempt has failed or {@code patience}
     * is over.
     */
    public CompletableFuture<GlobalStatus> commitAndAwait(TransactionId transaction, Duration patience) {
        return of(transaction).decideAndAwait(new Command.Commit(transaction), transaction, patience);
    }

    /** As {@link #rollback}, and waits as {@link #commitAndAwait} does. */
    public CompletableFuture<GlobalStatus> rollbackAndAwait(TransactionId transaction, Duration patience) {
        return of(transaction).decideAndAwait(new Command.Rollback(transaction), transaction, patience);
    }

    /** The status as it is; {@code FINISHED} if nothing is known of the transaction. */
    public CompletableFuture<GlobalStatus> status(TransactionId transaction) {
        return of(transaction).status(transaction);
    }

    /** A Saga's engine says where its transaction stands; completes with the status after that. */
    public CompletableFuture<GlobalStatus> reportGlobal(TransactionId transaction, GlobalStatus status) {
        return of(transaction).reportGlobal(transaction, status);
    }

    /**
     * A person has repaired the rows that a failed rollback left behind: their locks are released and the transaction ends.
     * Completes with its status; settling one that has not failed changes nothing.
     */
    public CompletableFuture<GlobalStatus> settle(TransactionId transaction, Command.Audit audit) {
        return of(transaction).decide(new Command.Settle(transaction, audit), transaction);
    }

    /**
     * A person decides in the application's place. Participants of a transaction that goes this way already are asked again at once.
     *
     * @return the status after it; empty if it goes the other way or has ended, and nothing changed
     */
    public CompletableFuture<Optional<GlobalStatus>> force(
            TransactionId transaction, PhaseTwo.Direction direction, Command.Audit audit) {
        return of(transaction).force(transaction, direction, audit);
    }

    /**
     * A person decides about rows that somebody changed behind a branch's back.
     *
     * @return {@link Outcome.Decided} with the status after it; {@link Outcome.NotFound}; {@link Outcome.GoesOtherWay} if no such
     *     decision is waited for, and {@link Outcome.NoRows} if nothing is known that could be restored
     */
    public CompletableFuture<Outcome.OfDecision> decideRows(Command.DecideRows decide) {
        return of(decide.transaction()).decideRows(decide);
    }

    /** Ends the back-off of phase two of these resources, here and on the peers, because a participant has come to this server. */
    public void participantBack(Set<String> resources) {
        participantBackElsewhere(resources);
        peers.participantBack(resources);
    }

    /** As {@link #participantBack}, when it has come to another server. */
    public void participantBackElsewhere(Set<String> resources) {
        for (CoordinatorPartition partition : partitions) {
            partition.participantBack(resources);
        }
    }

    // ---- what people ask for

    /** How much there is at the moment. */
    public CompletableFuture<TransactionCounts> counts() {
        return Merged.all(partitions, partition -> partition.read(TransactionEngine::counts))
                .thenApply(Merged::counts);
    }

    /**
     * Transactions that have not ended, the newest first.
     *
     * @param from the {@link TransactionPage#next} of the page before; empty for the newest
     * @param limit at most so many, 1 to {@link TransactionLimits#PAGE_MAX}
     */
    public CompletableFuture<TransactionPage> live(TransactionFilter filter, OptionalLong from, int limit) {
        checkPage(limit);
        if (partitions.length == 1) {
            return partitions[0].read(engine -> engine.live(filter, from.orElse(Long.MAX_VALUE), limit));
        }
        return Merged.live(partitions, filter, from, limit);
    }

    /** Transactions that ended, the newest first; parameters as {@link #live}. */
    public CompletableFuture<TransactionPage> recent(TransactionFilter filter, OptionalLong from, int limit) {
        checkPage(limit);
        return desk.ask(history -> history.page(filter, from, limit));
    }

    /** Everything known about one transaction, live or ended; empty if nothing is. */
    public CompletableFuture<Optional<TransactionView>> get(TransactionId transaction) {
        return of(transaction).get(transaction);
    }

    /** What this server's own history has of a transaction, as histories store it; for the peers. */
    public CompletableFuture<Optional<ByteString>> recorded(TransactionId transaction) {
        return desk.ask(history -> history.get(transaction)).thenApply(found -> found.map(StateCodec::encode));
    }

    /** What {@link #recorded} gave. */
    public static TransactionView recorded(ByteString record) {
        return StateCodec.view(record);
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

    private boolean heapIsFull() {
        long bytes = 0;
        for (CoordinatorPartition partition : partitions) {
            bytes += partition.heapBytes();
        }
        return bytes > heapBytesMax;
    }

    private <R> CompletableFuture<R> heapFull() {
        return CompletableFuture.failedFuture(Refused.overloaded(
                "live transactions take their share of the heap, " + (heapBytesMax >> 20) + " MiB",
                TransactionEngine.RETRY_AFTER));
    }

    /** Stops. What waits for an answer is refused; what was decided goes on with the next {@link #open}. */
    @Override
    public void close() {
        for (CoordinatorPartition partition : partitions) {
            partition.quiet();
        }
        pulses.close();
        for (CoordinatorPartition partition : partitions) {
            partition.close();
        }
        desk.close();
        release.run();
    }
}
