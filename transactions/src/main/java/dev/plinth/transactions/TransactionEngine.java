package dev.plinth.transactions;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Snapshot;
import dev.plinth.transactions.TimelineEvent.Kind;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/** Decides about global transactions: who may join, and which way it goes. Who gets which row, {@link HomeRows} says. */
final class TransactionEngine implements Engine<Command, Outcome, Effect, TransactionView> {
    /*
     * A transaction takes branches until it is decided: by its client, or by its time-out, whichever the journal has first. The
     * decision is final; what follows from it is SecondPhase's. What ended stays, under a key "ended/…" that the history watches,
     * until the history has it on disk and says that it may be forgotten here: so nothing is lost if either stops in between.
     */

    /** Transactions that one tick may time out; the others follow with the next tick. */
    static final int TIMEOUTS_PER_TICK_MAX = 1_000;

    /** Transactions that one page of a list looks at, for the engine does nothing else meanwhile. */
    static final int SCAN_MAX = 5_000;

    static final Duration TICK_SPACING = Duration.ofMillis(1);

    /** The hint that comes with {@link Outcome.Overloaded}. */
    static final Duration RETRY_AFTER = Duration.ofMillis(100);

    /** How many transactions, branches and locks one engine takes. */
    record Bounds(int live, int branches, int locks, int homes) {
        static final Bounds OF_RELEASE = new Bounds(
                TransactionLimits.LIVE_MAX,
                TransactionLimits.BRANCHES_MAX,
                TransactionLimits.LOCKS_MAX,
                TransactionLimits.HOMES_MAX);
    }

    private final int partition;
    private final Bounds bounds;
    private final TransactionIds ids;
    private final Names names = new Names();
    private TransactionTable transactions = new TransactionTable();
    private HomeRows rows;
    private Indexes indexes;
    private Instant noTickBefore = Instant.EPOCH;

    /** What {@link Indexes} and {@link HomeRows} weigh, for threads that ask beside the engine's; no decision depends on it. */
    private volatile long heapBytes;

    /** For those who wait for rows beside the engine; no decision depends on it. */
    private BiConsumer<String, LockKey> onFreed = (_, _) -> {};

    /** For those who wait for an answer to a registration; no decision depends on it. */
    private ObjLongConsumer<Outcome.OfRegister> onRegistered = (_, _) -> {};

    TransactionEngine(int partition) {
        this(partition, Bounds.OF_RELEASE);
    }

    TransactionEngine(int partition, Bounds bounds) {
        this.partition = partition;
        this.bounds = bounds;
        this.ids = new TransactionIds(partition);
        this.rows = noRows();
        this.indexes = new Indexes(rows.locks());
    }

    private HomeRows noRows() {
        return new HomeRows(partition, bounds, names, id -> known(id).rollingBack(), this::freed);
    }

    /** Has somebody told of each row that nobody holds any more, on the engine's thread; before the first command. */
    void onFreed(BiConsumer<String, LockKey> told) {
        onFreed = told;
    }

    /** Has somebody told, by its ticket, of each answer to a {@link Command.RegisterAway}, on the engine's thread; before the first command. */
    void onRegistered(ObjLongConsumer<Outcome.OfRegister> told) {
        onRegistered = told;
    }

    private void freed(String resourceId, LockKey key) {
        onFreed.accept(resourceId, key);
    }

    @Override
    public Outcome apply(Command command, Context<Effect> context) {
        var outcome = outcome(command, context);
        weigh();
        return outcome;
    }

    private void weigh() {
        heapBytes = indexes.heapBytes() + rows.heapBytes();
    }

    private Outcome outcome(Command command, Context<Effect> context) {
        return switch (command) {
            case Command.Begin begin -> begin(begin, context);
            case Command.RegisterBranch register -> register(register, context);
            case Command.ReportBranch report -> report(report, context);
            case Command.Commit commit -> commit(commit.transaction(), context);
            case Command.Rollback rollback -> rollback(rollback.transaction(), context);
            case Command.ReportGlobal report -> reportGlobal(report, context);
            case Command.PhaseTwoResult result -> result(result, context);
            case Command.Settle settle -> settle(settle, context);
            case Command.Force force -> force(force, context);
            case Command.DecideRows decide -> decideRows(decide, context);
            case Command.Forget forget -> forget(forget, context);
            case Command.ClaimHome claim -> rows.claim(claim);
            case Command.RegisterAway away -> registerAway(away, context);
            case Command.LocksAnswered answered -> locksAnswered(answered, context);
            case Command.LocksFreed freed -> locksFreed(freed, context);
            case Command.TakeLocks take -> rows.take(take.wanted(), context);
            case Command.FreeLocks free -> rows.free(free, context);
            case Command.HolderTold told -> rows.holderTold(told, context);
        };
    }

    // ---- phase one

    private Outcome begin(Command.Begin begin, Context<Effect> context) {
        if (transactions.size() >= bounds.live()) {
            return new Outcome.Overloaded(bounds.live() + " transactions are live", RETRY_AFTER);
        }
        var id = new TransactionId(ids.next(context.now()));
        put(Transaction.begun(id, names.shared(begin), context.now()));
        return new Outcome.Begun(id);
    }

    private Outcome register(Command.RegisterBranch register, Context<Effect> context) {
        var transaction = current(register.transaction(), context);
        if (transaction == null) {
            return new Outcome.NotFound(register.transaction());
        }
        var refusal = refusal(transaction, register);
        if (refusal != null) {
            return refusal;
        }
        boolean locks = register.type() == BranchType.AT;
        if (locks) {
            var refused = rows.refusal(register, context);
            if (refused != null) {
                return refused;
            }
        }
        long branchId = ids.next(context.now());
        put(transaction
                .with(Branch.registered(branchId, names.shared(register, transaction.id()), locks))
                .event(context.now(), Kind.BRANCH_REGISTERED, branchId, ""));
        return new Outcome.Registered(branchId);
    }

    /** Why a transaction takes no such branch; null if it does. */
    private Outcome.@Nullable OfRegister refusal(Transaction transaction, Command.RegisterBranch register) {
        // A Saga may go forward after its time-out or a failure, and registers what it does then.
        boolean forward = register.type() == BranchType.SAGA && transaction.saga() && !transaction.over();
        if (!transaction.undecided() && !forward) {
            return new Outcome.NotActive(transaction.id(), transaction.status());
        }
        if (transaction.branches().size() >= bounds.branches()) {
            return new Outcome.Overloaded(
                    "transaction " + transaction.id() + " has " + bounds.branches() + " branches", RETRY_AFTER);
        }
        return null;
    }

    private Outcome report(Command.ReportBranch report, Context<Effect> context) {
        var transaction = current(report.transaction(), context);
        if (transaction == null) {
            return new Outcome.NotFound(report.transaction());
        }
        int index = transaction.indexOf(report.branchId());
        if (index < 0) {
            return new Outcome.BranchNotFound(transaction.id(), report.branchId());
        }
        var branch = transaction.branches().get(index);
        // What phase two did, its own answers say; only a Saga's branches are the Saga's to report. A late report
        // changes nothing.
        boolean counts =
                !transaction.over() && (transaction.saga() || (aboutPhaseOne(report.status()) && branch.pending()));
        if (counts) {
            put(transaction
                    .with(index, branch.reported(report.status(), report.applicationData()))
                    .event(
                            context.now(),
                            Kind.BRANCH_REPORTED,
                            branch.id(),
                            report.status().name()));
        }
        return new Outcome.Reported();
    }

    private static boolean aboutPhaseOne(BranchStatus status) {
        return switch (status) {
            case REGISTERED, PHASE_ONE_DONE, PHASE_ONE_FAILED, PHASE_ONE_TIMEOUT, PHASE_ONE_RDONLY -> true;
            case UNKNOWN, PHASE_TWO_COMMITTED, PHASE_TWO_ROLLBACKED, STOP_RETRY -> false;
            case PHASE_TWO_COMMIT_FAILED_RETRYABLE, PHASE_TWO_COMMIT_FAILED_UNRETRYABLE -> false;
            case PHASE_TWO_ROLLBACK_FAILED_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE -> false;
            case PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE, PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE -> false;
        };
    }

    // ---- rows at home in another partition

    private Outcome registerAway(Command.RegisterAway away, Context<Effect> context) {
        var transaction = current(away.asked().transaction(), context);
        if (transaction == null) {
            return new Outcome.NotFound(away.asked().transaction());
        }
        var refusal = refusal(transaction, away.asked());
        if (refusal != null) {
            return refusal;
        }
        long branchId = ids.next(context.now());
        put(transaction.with(AwayLocks.taking(
                branchId, names.shared(away.asked(), transaction.id()), away.home(), away.ticket(), context)));
        return new Outcome.Locking(branchId);
    }

    private Outcome locksAnswered(Command.LocksAnswered answered, Context<Effect> context) {
        var transaction = current(answered.transaction(), context);
        int index = transaction == null ? -1 : transaction.indexOf(answered.branchId());
        if (transaction == null || index < 0) {
            return new Outcome.Noted();
        }
        var locks = transaction.branches().get(index).away();
        if (locks.isPresent() && locks.get().unanswered()) {
            var now = put(AwayLocks.answered(transaction, index, answered.answer(), context));
            onRegistered.accept(
                    AwayLocks.told(now, answered.branchId(), answered.answer()),
                    locks.get().ticket());
            perhapsOver(now, context);
        }
        return new Outcome.Noted();
    }

    private Outcome locksFreed(Command.LocksFreed freed, Context<Effect> context) {
        var transaction = transactions.get(freed.transaction());
        int index = transaction == null ? -1 : transaction.indexOf(freed.branchId());
        if (transaction == null || index < 0) {
            return new Outcome.Noted();
        }
        var locks = transaction.branches().get(index).away();
        if (locks.isPresent() && locks.get().leaving()) {
            perhapsOver(put(AwayLocks.freed(transaction, index, context)), context);
        }
        return new Outcome.Noted();
    }

    /** One that ended and held rows elsewhere may be forgotten now, which the history is told again. */
    private static void perhapsOver(Transaction transaction, Context<Effect> context) {
        if (transaction.over() && !transaction.away()) {
            context.changed(Indexes.key(transaction.id()));
        }
    }

    // ---- the decision

    private Outcome commit(TransactionId id, Context<Effect> context) {
        var before = transactions.get(id);
        var transaction = current(id, context);
        if (before == null || transaction == null) {
            return new Outcome.NotFound(id);
        }
        if (transaction.undecided()) {
            transaction = put(SecondPhase.commit(transaction, context));
        }
        return decided(transaction, before.undecided());
    }

    private Outcome rollback(TransactionId id, Context<Effect> context) {
        var before = transactions.get(id);
        var transaction = current(id, context);
        if (before == null || transaction == null) {
            return new Outcome.NotFound(id);
        }
        if (transaction.undecided()) {
            transaction = put(SecondPhase.rollback(transaction, context));
        }
        return decided(transaction, before.undecided());
    }

    private Outcome reportGlobal(Command.ReportGlobal report, Context<Effect> context) {
        var transaction = transactions.get(report.transaction());
        if (transaction == null) {
            return new Outcome.NotFound(report.transaction());
        }
        boolean undecided = transaction.undecided();
        if (transaction.saga() && !transaction.over()) {
            transaction = put(SecondPhase.sagaReported(transaction, report.status(), context));
        }
        return decided(transaction, undecided && !transaction.undecided());
    }

    /** What is left to do of a commit once only AT's undo records are left concerns nobody: for the asker it is committed. */
    private static Outcome decided(Transaction transaction, boolean first) {
        var status =
                transaction.status() == GlobalStatus.ASYNC_COMMITTING ? GlobalStatus.COMMITTED : transaction.status();
        return new Outcome.Decided(status, first, transaction.begun());
    }

    /** The transaction as of now: if its time is over and no tick came yet, it is timed out first. */
    private @Nullable Transaction current(TransactionId id, Context<Effect> context) {
        var transaction = transactions.get(id);
        boolean overdue = transaction != null
                && transaction.undecided()
                && !transaction.deadline().isAfter(context.now());
        return transaction != null && overdue ? put(SecondPhase.timeOut(transaction, context)) : transaction;
    }

    @Override
    public void tick(Context<Effect> context) {
        var overdue = indexes.overdue(context.now(), TIMEOUTS_PER_TICK_MAX);
        overdue.forEach(id -> put(SecondPhase.timeOut(known(id), context)));
        rows.check(TIMEOUTS_PER_TICK_MAX, context);
        noTickBefore = context.now().plus(TICK_SPACING);
        weigh();
    }

    @Override
    public Optional<Instant> nextDeadline() {
        var first = indexes.firstDeadline();
        var check = rows.firstCheck();
        if (check.isPresent() && (first == null || check.get().isBefore(first))) {
            first = check.get();
        }
        if (first == null) {
            return Optional.empty();
        }
        return Optional.of(first.isBefore(noTickBefore) ? noTickBefore : first);
    }

    // ---- after it

    private Outcome result(Command.PhaseTwoResult result, Context<Effect> context) {
        var transaction = transactions.get(result.transaction());
        if (transaction != null) {
            put(SecondPhase.answered(transaction, result, context));
        }
        return new Outcome.Noted();
    }

    private Outcome settle(Command.Settle settle, Context<Effect> context) {
        var transaction = transactions.get(settle.transaction());
        if (transaction == null) {
            return new Outcome.NotFound(settle.transaction());
        }
        boolean unsettled = transaction.unsettled();
        if (unsettled) {
            transaction = put(SecondPhase.settle(transaction, settle.audit(), context));
        }
        return decided(transaction, unsettled);
    }

    private Outcome force(Command.Force force, Context<Effect> context) {
        var transaction = current(force.transaction(), context);
        if (transaction == null) {
            return new Outcome.NotFound(force.transaction());
        }
        boolean undecided = transaction.undecided();
        boolean commit = force.direction() == PhaseTwo.Direction.COMMIT;
        if (undecided) {
            transaction = put(SecondPhase.force(transaction, force, context));
        } else if (!(commit ? transaction.committing() : transaction.rollingBack())) {
            return new Outcome.GoesOtherWay(transaction.id(), transaction.status());
        } else if (transaction.over()) {
            return decided(transaction, false);
        } else if (transaction.unsettled()) {
            transaction = put(SecondPhase.tryAgain(transaction, force, context));
        } else {
            transaction = put(transaction.event(
                    context.now(), SecondPhase.forced(force), 0, force.audit().note()));
        }
        return decided(transaction, undecided);
    }

    private Outcome decideRows(Command.DecideRows decide, Context<Effect> context) {
        var transaction = transactions.get(decide.transaction());
        if (transaction == null) {
            return new Outcome.NotFound(decide.transaction());
        }
        if (!transaction.unsettled()) {
            return new Outcome.GoesOtherWay(transaction.id(), transaction.status());
        }
        var next = SecondPhase.decideRows(transaction, decide, context);
        return next.isPresent() ? decided(put(next.get()), false) : new Outcome.NoRows(transaction.id());
    }

    private Outcome forget(Command.Forget forget, Context<Effect> context) {
        for (TransactionId id : forget.transactions()) {
            var transaction = transactions.get(id);
            if (transaction != null && transaction.over() && !transaction.away()) {
                transactions.remove(id);
                indexes.replaced(transaction, null);
                context.changed(Indexes.key(id));
            }
        }
        return new Outcome.Noted();
    }

    private Transaction put(Transaction transaction) {
        indexes.replaced(transactions.get(transaction.id()), transaction);
        transactions.put(transaction);
        return transaction;
    }

    private Transaction known(TransactionId id) {
        var transaction = transactions.get(id);
        if (transaction == null) {
            throw new IllegalStateException("transaction " + id + " is referred to and not there");
        }
        return transaction;
    }

    // ---- reads

    /** What the transactions take of the heap, about; on any thread. */
    long heapBytes() {
        return heapBytes;
    }

    Optional<TransactionView> find(TransactionId id) {
        return Optional.ofNullable(transactions.get(id)).map(Transaction::view);
    }

    Optional<GlobalStatus> status(TransactionId id) {
        return Optional.ofNullable(transactions.get(id)).map(Transaction::status);
    }

    /**
     * Those that have not ended and match, the newest first.
     *
     * @param before only those that began before this one; {@link Long#MAX_VALUE} for all
     */
    TransactionPage live(TransactionFilter filter, long before, int limit) {
        List<TransactionView> page = new ArrayList<>();
        int looked = 0;
        long last = before;
        for (Transaction transaction : transactions.before(before)) {
            if (page.size() == limit || looked == SCAN_MAX) {
                return new TransactionPage(page, OptionalLong.of(last));
            }
            looked++;
            last = transaction.id().value();
            var asked = transaction.asked();
            if (!transaction.over()
                    && filter.matches(transaction.id(), transaction.status(), asked.name(), asked.applicationId())) {
                page.add(transaction.view());
            }
        }
        return new TransactionPage(page, OptionalLong.empty());
    }

    /** Where a resource is at home, as this partition was told. */
    Optional<Integer> home(String resourceId) {
        return rows.home(resourceId);
    }

    /** How a branch of this partition stands to rows that are at home in another one. */
    Command.Standing standing(TransactionId id, long branchId) {
        var transaction = transactions.get(id);
        int index = transaction == null ? -1 : transaction.indexOf(branchId);
        if (transaction == null
                || index < 0
                || transaction.branches().get(index).away().isEmpty()) {
            return Command.Standing.GONE;
        }
        return transaction.rollingBack() ? Command.Standing.ROLLING_BACK : Command.Standing.HOLDS;
    }

    /** Whether none of the rows is locked by another transaction. */
    boolean lockable(TransactionId asker, String resourceId, List<LockKey> keys) {
        return rows.lockable(asker, resourceId, keys);
    }

    TransactionCounts counts() {
        return new TransactionCounts(
                transactions.size() - indexes.ended(),
                indexes.unsettled(),
                rows.locks().size(),
                indexes.ended());
    }

    @Override
    public Optional<TransactionView> view(String key) {
        return Optional.ofNullable(indexes.ended(key)).flatMap(this::find);
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return indexes.ended(prefix, after, Math.min(limit, Limits.READ_ITEMS_MAX));
    }

    // ---- snapshots

    @Override
    public Snapshot snapshot() {
        var head = new StateCodec.Head(partition, ids.last(), noTickBefore, new TreeMap<>(rows.homes()), rows.guests());
        var frozen = transactions.freeze();
        return out -> StateCodec.write(head, frozen.inOrder(), out);
    }

    @Override
    public void restore(InputStream state) throws IOException {
        transactions = new TransactionTable();
        rows = noRows();
        indexes = new Indexes(rows.locks());
        var head = StateCodec.read(state, transaction -> put(names.shared(transaction)));
        if (head.partition() != partition) {
            throw new IOException(
                    "a snapshot of partition " + head.partition() + " for the engine of partition " + partition);
        }
        rows.restore(head.homes(), head.guests());
        weigh();
        ids.restore(head.lastId());
        noTickBefore = head.noTickBefore();
    }
}
