package dev.plinth.transactions;

import dev.plinth.kernel.Codecs;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Simulation;
import dev.plinth.kernel.Subject;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * The coordinator: clients who begin, register branches on a few rows that they quarrel about, decide, or forget to; participants
 * who do phase two at last.
 */
public final class TransactionsSubject
        implements Subject<TransactionEngine, Command, Outcome, Effect, TransactionView> {
    private static final String RESOURCE = "jdbc:accounts";
    private static final int ROWS = 5;
    private static final int LIVE_MAX = 12;
    private static final TransactionId STRANGER = new TransactionId(1);
    private static final Set<BranchStatus> PHASE_ONE =
            EnumSet.of(BranchStatus.PHASE_ONE_DONE, BranchStatus.PHASE_ONE_FAILED, BranchStatus.PHASE_ONE_TIMEOUT);

    /** A life of it. */
    public static Simulation<?, ?, ?, ?, ?> life(Simulation.Shape shape, long seed, List<Fault> schedule) {
        return new Simulation<>(new TransactionsSubject(), shape, seed, schedule);
    }

    /** What clients know to be under way. */
    private final List<TransactionId> known = new ArrayList<>();

    private final Map<TransactionId, List<Long>> branches = new HashMap<>();

    /** The answers to decisions that clients have: true for commit. */
    private final Map<TransactionId, Boolean> told = new HashMap<>();

    /** Which way each transaction went, as soon as some member showed it. */
    private final Map<TransactionId, Boolean> committing = new HashMap<>();

    private final Map<TransactionId, GlobalStatus> ends = new HashMap<>();
    private final TreeSet<TransactionId> ended = new TreeSet<>();
    private int names;

    @Override
    public TransactionEngine engine() {
        return new TransactionEngine(0);
    }

    @Override
    public Codecs<Command, Outcome, Effect> codecs() {
        return DiskCodec.ALL;
    }

    // ---- clients

    @Override
    public Optional<Ask<TransactionEngine, Command, Outcome>> next(RandomGenerator random, boolean calm) {
        if (calm) {
            return Optional.empty();
        }
        if (random.nextInt(12) == 0) {
            return Optional.of(new Ask.Query<>(TransactionEngine::counts, _ -> {}));
        }
        if (ended.size() > 4 && random.nextInt(4) == 0) {
            return Optional.of(command(new Command.Forget(List.copyOf(ended))));
        }
        if (known.isEmpty() || (known.size() < LIVE_MAX && random.nextInt(5) == 0)) {
            return Optional.of(begin(random));
        }
        var id = known.get(random.nextInt(known.size()));
        return Optional.of(
                switch (random.nextInt(12)) {
                    case 0, 1, 2, 3, 4 -> register(id, random);
                    case 5 -> report(id, random);
                    case 6, 7, 8 -> decide(new Command.Commit(id), id);
                    case 9, 10 -> decide(new Command.Rollback(id), id);
                    default -> command(new Command.Settle(id, new Command.Audit("", "")));
                });
    }

    private Ask.Command<TransactionEngine, Command, Outcome> command(Command command) {
        return new Ask.Command<>(command, _ -> {}, () -> {});
    }

    private Ask.Command<TransactionEngine, Command, Outcome> begin(RandomGenerator random) {
        names++;
        var timeout = Duration.ofMillis(50 + (long) random.nextInt(random.nextInt(4) == 0 ? 500 : 20_000));
        return new Ask.Command<>(
                new Command.Begin("pay-" + names, timeout, "bank", "default_tx_group"),
                outcome -> {
                    if (outcome instanceof Outcome.Begun begun) {
                        known.add(begun.transaction());
                    }
                },
                () -> {});
    }

    private Ask.Command<TransactionEngine, Command, Outcome> register(TransactionId id, RandomGenerator random) {
        var type = random.nextInt(3) == 0 ? BranchType.TCC : random.nextInt(5) == 0 ? BranchType.XA : BranchType.AT;
        List<LockKey> keys = new ArrayList<>();
        if (type == BranchType.AT) {
            for (int i = random.nextInt(3); i >= 0; i--) {
                var key = row(random.nextInt(ROWS));
                if (!keys.contains(key)) {
                    keys.add(key);
                }
            }
        }
        return new Ask.Command<>(
                new Command.RegisterBranch(id, type, RESOURCE, "bank:1", "{}", keys, random.nextBoolean()),
                outcome -> {
                    if (outcome instanceof Outcome.Registered registered) {
                        branches.computeIfAbsent(id, _ -> new ArrayList<>()).add(registered.branchId());
                    } else if (outcome instanceof Outcome.NotFound) {
                        known.remove(id);
                    }
                },
                () -> {});
    }

    private Ask.Command<TransactionEngine, Command, Outcome> report(TransactionId id, RandomGenerator random) {
        var of = branches.getOrDefault(id, List.of());
        if (of.isEmpty()) {
            return command(new Command.Rollback(id));
        }
        var status = List.copyOf(PHASE_ONE).get(random.nextInt(PHASE_ONE.size()));
        return command(new Command.ReportBranch(id, of.get(random.nextInt(of.size())), status, ""));
    }

    private Ask.Command<TransactionEngine, Command, Outcome> decide(Command command, TransactionId id) {
        return new Ask.Command<>(
                command,
                outcome -> {
                    if (outcome instanceof Outcome.Decided decided) {
                        check(decided.status() != GlobalStatus.BEGIN, id + " was asked to decide and is undecided");
                        boolean commit = commits(decided.status());
                        var before = told.putIfAbsent(id, commit);
                        check(
                                before == null || before == commit,
                                id + " was said to go one way, and later " + decided.status());
                        known.remove(id);
                    } else if (outcome instanceof Outcome.NotFound) {
                        known.remove(id);
                    }
                },
                () -> {});
    }

    private static LockKey row(int number) {
        return new LockKey("account", Integer.toString(number));
    }

    // ---- participants

    @Override
    public void performed(EffectId id, Effect effect) {
        var asked = (PhaseTwo) effect; // there is one partition

        boolean commit = asked.direction() == PhaseTwo.Direction.COMMIT;
        var before = committing.putIfAbsent(asked.transaction(), commit);
        check(
                before == null || before == commit,
                "a participant is asked to " + asked.direction() + " a branch of " + asked.transaction()
                        + ", which goes the other way");
    }

    @Override
    public Optional<Command> answer(Effect effect, RandomGenerator random, boolean calm) {
        var asked = (PhaseTwo) effect; // there is one partition

        boolean commit = asked.direction() == PhaseTwo.Direction.COMMIT;
        var status = switch (random.nextInt(calm ? 1 : 14)) {
            case 10, 11 ->
                commit
                        ? BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE
                        : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE;
            case 12 ->
                commit
                        ? BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE
                        : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE;
            case 13 -> BranchStatus.UNKNOWN;
            default -> commit ? BranchStatus.PHASE_TWO_COMMITTED : BranchStatus.PHASE_TWO_ROLLBACKED;
        };
        return status == BranchStatus.UNKNOWN
                ? Optional.empty()
                : Optional.of(new Command.PhaseTwoResult(
                        asked.transaction(), asked.branchId(), status, Optional.of("as drawn")));
    }

    // ---- what must hold

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private static List<TransactionView> all(TransactionEngine engine) {
        var all = new ArrayList<>(engine.live(TransactionFilter.ALL, Long.MAX_VALUE, TransactionLimits.PAGE_MAX)
                .transactions());
        for (var key : engine.keys("", "", Limits.READ_ITEMS_MAX)) {
            all.add(engine.view(key).orElseThrow());
        }
        return all;
    }

    @Override
    public void check(TransactionEngine engine, Instant now) {
        var all = all(engine);
        Set<TransactionId> ids = new HashSet<>();
        for (var view : all) {
            check(ids.add(view.id()), view.id() + " is there twice");
            checkOne(view);
        }
        checkRows(engine, all);
        var counts = engine.counts();
        check(
                counts.live() + counts.unrecorded() == all.size(),
                "there are " + all.size() + " transactions, and the counts are " + counts);
    }

    private void checkOne(TransactionView view) {
        var statuses = view.branches().stream().map(BranchView::status).toList();
        check(
                !(statuses.contains(BranchStatus.PHASE_TWO_COMMITTED)
                        && statuses.contains(BranchStatus.PHASE_TWO_ROLLBACKED)),
                "the branches of " + view.id() + " end in two ways: " + statuses);
        if (view.status() == GlobalStatus.BEGIN) {
            // A member that lags, or replays, may show what was before.
            return;
        }
        boolean commit = commits(view.status());
        var before = committing.putIfAbsent(view.id(), commit);
        check(
                before == null || before == commit,
                view.id() + " was decided, and is " + view.status() + " all the same");
        var wrong = commit ? BranchStatus.PHASE_TWO_ROLLBACKED : BranchStatus.PHASE_TWO_COMMITTED;
        check(!statuses.contains(wrong), view.id() + " is " + view.status() + " with branches " + statuses);
        if (view.ended().isPresent()) {
            ended.add(view.id());
            var end = ends.putIfAbsent(view.id(), view.status());
            check(end == null || end == view.status(), view.id() + " ended as " + end + ", and as " + view.status());
        }
        if (told.containsKey(view.id())) {
            check(told.get(view.id()) == commit, view.id() + " goes another way than a client was told");
        }
    }

    /** Who must hold a row, and who may, follows from the transactions alone; the lock table has to agree. */
    private static void checkRows(TransactionEngine engine, List<TransactionView> all) {
        int locked = 0;
        for (int number = 0; number < ROWS; number++) {
            var row = row(number);
            var must = all.stream().filter(view -> holds(view, row, false)).toList();
            var may = all.stream().filter(view -> holds(view, row, true)).toList();
            boolean free = engine.lockable(STRANGER, RESOURCE, List.of(row));
            check(must.size() <= 1, "row " + number + " is held by " + must.size() + " transactions");
            for (var holder : must) {
                check(!free, "row " + number + " is free, and " + holder.id() + " holds it");
                check(
                        engine.lockable(holder.id(), RESOURCE, List.of(row)),
                        "row " + number + " is held by another than " + holder.id());
            }
            check(free || !may.isEmpty(), "row " + number + " is locked for nobody");
            locked += free ? 0 : 1;
        }
        check(
                engine.counts().locks() == locked,
                engine.counts().locks() + " rows are counted as locked, and " + locked + " are");
    }

    /** A branch that is left out lets go when the rollback comes by: until then it may hold. */
    private static boolean holds(TransactionView view, LockKey row, boolean orMay) {
        if (view.ended().isPresent() || commits(view.status())) {
            return false;
        }
        return view.branches().stream()
                .filter(branch ->
                        branch.type() == BranchType.AT && branch.lockKeys().contains(row))
                .anyMatch(branch -> view.status() == GlobalStatus.BEGIN
                        || (branch.status() != BranchStatus.PHASE_TWO_ROLLBACKED
                                && (orMay || branch.status() != BranchStatus.PHASE_ONE_FAILED)));
    }

    private static boolean commits(GlobalStatus status) {
        return switch (status) {
            case COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, COMMITTED, COMMIT_FAILED -> true;
            default -> false;
        };
    }

    @Override
    public void tookPlace(long index, Command command, Outcome outcome) {
        if (command instanceof Command.Forget forget) {
            // All that are over leave; whoever is not stays.
            ended.removeAll(forget.transactions());
        }
        if (outcome instanceof Outcome.Begun begun) {
            check(!committing.containsKey(begun.transaction()), begun.transaction() + " is begun a second time");
        }
    }

    @Override
    public Object visible(TransactionEngine engine) {
        return all(engine);
    }

    @Override
    public Set<String> states(TransactionEngine engine) {
        var states = new TreeSet<String>();
        for (var view : all(engine)) {
            states.add(
                    view.ended().isPresent()
                            ? "ended, not in the history"
                            : view.status() == GlobalStatus.BEGIN
                                            && !view.branches().isEmpty()
                                    ? "phase one with branches"
                                    : view.status().name().toLowerCase(Locale.ROOT));
        }
        if (engine.counts().locks() > 0) {
            states.add("row locked");
        }
        return states;
    }

    @Override
    public boolean atRest(TransactionEngine engine) {
        return engine.nextDeadline().isEmpty()
                && engine.counts().live() == engine.counts().unsettled();
    }

    @Override
    public void checkEnd(TransactionEngine engine) {
        for (var view : all(engine)) {
            check(
                    view.ended().isPresent()
                            || view.status() == GlobalStatus.ROLLBACK_FAILED
                            || view.status() == GlobalStatus.TIMEOUT_ROLLBACK_FAILED,
                    view.id() + " is left as " + view.status());
        }
    }
}
