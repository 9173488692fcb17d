package dev.plinth.transactions;

import dev.plinth.kernel.Coverage;
import dev.plinth.kernel.Refused;
import dev.plinth.transactions.Deeds.Deed;
import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Applications that begin transactions of all modes, quarrel about a few rows, decide, decide late, twice or never; and the people who
 * look at what failed.
 */
final class CoordinatorClients {
    /*
     * An application keeps the one rule that is the SDK's: a branch whose registration or try was not answered dooms its transaction,
     * for nobody knows whether it is there. Everything else it may do at any time.
     */
    private static final int ROWS = 6;
    private static final int OPEN_MAX = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LOCK_WAIT = Duration.ofSeconds(2);
    private static final TransactionId STRANGER = new TransactionId(1);
    private static final String BANK = "jdbc:bank";
    private static final String WEST = "jdbc:west";
    private static final Command.Audit PERSON = new Command.Audit("operator", "as drawn");

    /** Which database has which rows, and in which cell who asks is. */
    interface Places {
        /** All in one. */
        Places ONE = new Places() {
            @Override
            public String database(LockKey row) {
                return BANK;
            }

            @Override
            public String group() {
                return "default_tx_group";
            }
        };

        /** One half of the rows in each of two. */
        static Places two(long seed) {
            var drawGroups = new Random(seed + 1);
            return new Places() {
                @Override
                public String database(LockKey row) {
                    return Integer.parseInt(row.primaryKey()) % 2 == 0 ? BANK : WEST;
                }

                @Override
                public String group() {
                    return drawGroups.nextBoolean() ? "default_tx_group" : "west_tx_group";
                }
            };
        }

        String database(LockKey row);

        String group();
    }

    /** The life around them. */
    interface World extends Deeds.Judge {
        Coordinator coordinator();

        /** Counts the coordinator's processes. */
        long incarnation();

        void later(int stepsMax, Runnable what);
    }

    /** What is known of a transaction. */
    private static final class Known {
        private final TransactionId id;
        private final boolean saga;
        private final List<Long> branches = new ArrayList<>();
        private final Map<Long, BranchType> types = new HashMap<>();
        private final Map<LockKey, List<Long>> rows = new HashMap<>();

        /** What was asked for in phase one and not answered, or answered and not tried, yet. */
        private int underWay;

        private boolean doomed;
        private boolean commitAsked;
        private boolean decisionAsked;

        Known(TransactionId id, boolean saga) {
            this.id = id;
            this.saga = saga;
        }

        boolean whole() {
            return underWay == 0 && !doomed;
        }
    }

    private interface Told<R> {
        void by(R answer);
    }

    private final World world;
    private final Deeds deeds;
    private final Coverage coverage;
    private final Random draw;
    private final Places places;
    private final Map<TransactionId, Known> known = new TreeMap<>();
    private final List<TransactionId> open = new ArrayList<>();

    CoordinatorClients(World world, Deeds deeds, Coverage coverage, Random draw, Places places) {
        this.places = places;
        this.world = world;
        this.deeds = deeds;
        this.coverage = coverage;
        this.draw = draw;
    }

    /** What an incarnation answers reaches its clients while it lives. */
    private <R> void told(CompletableFuture<R> answer, Told<R> told) {
        long asked = world.incarnation();
        var _ = answer.whenComplete((value, failure) -> {
            if (failure == null && asked == world.incarnation()) {
                coverage.entry();
                coverage.outcome(value);
                told.by(value);
            } else if (failure instanceof Refused refused) {
                coverage.event("refused as " + refused.code());
            }
        });
    }

    /** One thing that some application asks for. */
    void ask() {
        if (open.size() < OPEN_MAX && draw.nextInt(4) == 0) {
            begin();
            return;
        }
        if (open.isEmpty()) {
            return;
        }
        var of = known.get(open.get(draw.nextInt(open.size())));
        switch (draw.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> register(of);
            case 5, 6, 7, 8 -> commit(of);
            case 9 -> rollback(of);
            case 10 -> spoil(of);
            default -> {
                if (draw.nextInt(3) == 0) {
                    open.remove(of.id); // its application crashes; the time-out ends it
                    of.doomed = true;
                    coverage.event("application crashed");
                }
            }
        }
    }

    private void begin() {
        boolean saga = draw.nextInt(5) == 0;
        var timeout = Duration.ofMillis(50 + draw.nextInt(draw.nextInt(3) == 0 ? 500 : 20_000));
        told(
                world.coordinator()
                        .begin(new Command.Begin(
                                saga ? "trip" : "pay", timeout, "bank", saga ? "default_tx_group" : places.group())),
                id -> {
                    var begun = new Known(id, saga);
                    if (saga) {
                        deeds.sagaBegun(id);
                        begun.underWay++;
                        registerSaga(begun);
                    }
                    known.put(id, begun);
                    open.add(id);
                });
    }

    // ---- phase one

    /** A Saga's first branch is what makes the coordinator see one in the transaction. */
    private void registerSaga(Known of) {
        var step = new Command.RegisterBranch(
                of.id, BranchType.SAGA, "bank#default_tx_group", "bank:1", "{}", List.of(), false);
        told(world.coordinator().register(step), outcome -> {
            if (outcome instanceof Outcome.Registered) {
                of.underWay--;
            } else {
                of.doomed = true;
                deeds.sagaEnds(of.id, Deed.ROLLED_BACK); // timed out before its first step
            }
        });
    }

    private void register(Known of) {
        if (of.saga) {
            return;
        }
        var type = switch (draw.nextInt(4)) {
            case 0, 1 -> BranchType.AT;
            case 2 -> BranchType.TCC;
            default -> BranchType.XA;
        };
        var rows = new ArrayList<LockKey>();
        for (int i = type == BranchType.AT ? 1 + draw.nextInt(2) : 0; i > 0; i--) {
            var row = row(draw.nextInt(ROWS));
            boolean there = rows.isEmpty() || places.database(row).equals(places.database(rows.getFirst()));
            if (there && !rows.contains(row)) {
                rows.add(row);
            }
        }
        var resource = type == BranchType.TCC ? "freeze" : rows.isEmpty() ? BANK : places.database(rows.getFirst());
        of.underWay++;
        var register = new Command.RegisterBranch(of.id, type, resource, "bank:1", "{}", rows, draw.nextBoolean());
        var wait = register.autoCommit() ? LOCK_WAIT : Duration.ZERO;
        told(world.coordinator().register(register, wait, places.group()), outcome -> {
            if (outcome instanceof Outcome.Registered registered) {
                coverage.event(type + " branch");
                long branch = registered.branchId();
                of.branches.add(branch);
                of.types.put(branch, type);
                for (var row : rows) {
                    checkRow(row, of);
                    of.rows.computeIfAbsent(row, _ -> new ArrayList<>()).add(branch);
                }
                long registeredIn = world.incarnation();
                world.later(20, () -> tryIt(of, branch, type, registeredIn));
                return;
            }
            of.underWay--;
            if (outcome instanceof Outcome.LockConflict) {
                coverage.event("row taken");
            } else {
                of.doomed = true; // it is decided, or gone
                coverage.event("branch refused");
            }
        });
    }

    private void tryIt(Known of, long branch, BranchType type, long registeredIn) {
        int lot = draw.nextInt(24);
        if (deeds.saidUnknown(branch) && registeredIn != world.incarnation()) {
            // The wall's clock was set, and a new coordinator has its time from there: what seems a minute late to it
            // is not. XA's
            // participant looks once a minute for what it has prepared and nobody asks for, and rolls it back.
            of.doomed = true;
            deeds.failed(branch);
            coverage.event("late XA branch found by its participant");
            return;
        }
        if (lot == 0) {
            of.doomed = true; // the application crashed between the registration and the try
            coverage.event("never tried");
        } else if (lot == 1 && type != BranchType.XA) {
            of.doomed = true;
            deeds.failed(branch);
            told(
                    world.coordinator()
                            .report(new Command.ReportBranch(of.id, branch, BranchStatus.PHASE_ONE_FAILED, "")),
                    _ -> coverage.event("phase one failed"));
        } else if (deeds.trying(branch, type)) {
            of.underWay--;
        } else {
            of.doomed = true;
            coverage.event("try refused by the fence");
        }
    }

    private void spoil(Known of) {
        of.types.forEach((branch, type) -> {
            if (type == BranchType.AT && draw.nextInt(6) == 0) {
                deeds.spoil(branch);
            }
        });
    }

    // ---- the decision

    private void commit(Known of) {
        if (!of.whole()) {
            return;
        }
        if (of.saga && draw.nextBoolean()) {
            sagaReports(of);
            return;
        }
        of.commitAsked = true;
        of.decisionAsked = true;
        if (draw.nextInt(20) == 0) {
            told(
                    world.coordinator().force(of.id, Direction.COMMIT, PERSON),
                    status -> status.ifPresent(is -> decided(of, is)));
            return;
        }
        told(world.coordinator().commitAndAwait(of.id, PATIENCE), status -> decided(of, status));
    }

    private void rollback(Known of) {
        of.decisionAsked = true;
        if (draw.nextInt(20) == 0) {
            told(
                    world.coordinator().force(of.id, Direction.ROLLBACK, PERSON),
                    status -> status.ifPresent(is -> decided(of, is)));
            return;
        }
        told(world.coordinator().rollbackAndAwait(of.id, PATIENCE), status -> decided(of, status));
    }

    /** A Saga's engine says by itself how it ended; it may have to say it again. */
    private void sagaReports(Known of) {
        of.decisionAsked = true;
        var end = deeds.sagaEnds(of.id, draw.nextInt(3) == 0 ? Deed.ROLLED_BACK : Deed.COMMITTED);
        var status = end == Deed.COMMITTED ? GlobalStatus.COMMITTED : GlobalStatus.ROLLBACKED;
        told(world.coordinator().reportGlobal(of.id, status), said -> {
            coverage.event("saga reported");
            decided(of, said);
        });
    }

    /** What a client is told must be so. */
    private void decided(Known of, GlobalStatus status) {
        open.remove(of.id);
        if (of.saga) {
            if (status == GlobalStatus.COMMITTED
                    || status == GlobalStatus.ROLLBACKED
                    || status == GlobalStatus.TIMEOUT_ROLLBACKED) {
                var end = deeds.saga(of.id);
                boolean neverThere = end == Deed.TRIED && of.underWay > 0 && status != GlobalStatus.COMMITTED;
                world.check(
                        neverThere || Deeds.direction(status).equals(Optional.of(end)),
                        of.id + " is said to be " + status + ", and its Saga is " + end);
            }
            return;
        }
        Deeds.direction(status).ifPresent(direction -> deeds.follows(of.id, direction));
        if (status == GlobalStatus.ROLLBACKED || status == GlobalStatus.TIMEOUT_ROLLBACKED) {
            of.branches.forEach(branch -> world.check(
                    deeds.undone(List.of(branch)) || deeds.neverThere(branch, of.types.get(branch)),
                    of.id + " is said to be " + status + ", and its branch " + branch + " is not undone"));
        }
        if (status == GlobalStatus.COMMITTED) {
            of.types.forEach((branch, type) -> world.check(
                    type == BranchType.AT || deeds.committed(branch),
                    of.id + " is said to be committed, and its branch " + branch + " is not"));
        }
    }

    // ---- rows

    private static LockKey row(int number) {
        return new LockKey("account", Integer.toString(number));
    }

    /** A row is given to somebody. */
    private void checkRow(LockKey row, Known taker) {
        for (var other : known.values()) {
            if (!other.id.equals(taker.id)) {
                world.check(letGo(other, row), row + " is given to " + taker.id + ", and " + other.id + " holds it");
            }
        }
    }

    /** Who holds a row lets go when nothing can undo it any more, or when all that it did is undone. */
    private boolean letGo(Known holder, LockKey row) {
        boolean commits = holder.commitAsked && !deeds.direction(holder.id).equals(Optional.of(Deed.ROLLED_BACK));
        return commits || deeds.undone(holder.rows.getOrDefault(row, List.of()));
    }

    // ---- people

    /** Asks for one transaction, or for a row. */
    void look() {
        if (known.isEmpty()) {
            return;
        }
        if (draw.nextInt(3) == 0) {
            var row = row(draw.nextInt(ROWS));
            told(world.coordinator().lockable(STRANGER, places.database(row), List.of(row)), free -> {
                if (free) {
                    known.values()
                            .forEach(of -> world.check(letGo(of, row), row + " is free, and " + of.id + " holds it"));
                }
            });
            return;
        }
        var all = List.copyOf(known.values());
        var of = all.get(draw.nextInt(all.size()));
        told(world.coordinator().get(of.id), found -> found.ifPresent(view -> seen(of, view)));
    }

    /** Somebody looks at every transaction. */
    void lookAtAll() {
        for (var of : known.values()) {
            told(world.coordinator().get(of.id), found -> {
                world.check(found.isPresent(), "nothing is known of " + of.id);
                found.ifPresent(view -> seen(of, view));
            });
        }
    }

    private void seen(Known of, TransactionView view) {
        if (view.ended().isPresent()) {
            coverage.event("end compared");
            deeds.compare(view);
        } else if (view.status() == GlobalStatus.ROLLBACK_FAILED
                || view.status() == GlobalStatus.TIMEOUT_ROLLBACK_FAILED) {
            repair(of);
        }
    }

    /** Rows were changed behind AT's back. A person puts them right and asks again, undoes them by hand, or leaves them. */
    private void repair(Known of) {
        coverage.event("dirty rows decided");
        var branches = of.branches;
        switch (draw.nextInt(3)) {
            case 0 -> {
                deeds.putRight(branches);
                told(world.coordinator().force(of.id, Direction.ROLLBACK, PERSON), _ -> {});
            }
            case 1 -> {
                deeds.settled(branches);
                told(world.coordinator().settle(of.id, PERSON), _ -> {});
            }
            default -> {
                deeds.settled(branches);
                told(
                        world.coordinator()
                                .decideRows(new Command.DecideRows(of.id, Command.RowDecision.KEEP, "", PERSON)),
                        _ -> {});
            }
        }
    }

    // ---- for the life

    /** What there is, for the states that faults meet. */
    List<String> states() {
        return known.values().stream()
                .filter(of -> !of.branches.isEmpty() || of.saga)
                .map(of -> of.saga ? "saga " + deeds.saga(of.id) : state(of))
                .distinct()
                .toList();
    }

    private String state(Known of) {
        if (deeds.direction(of.id).isEmpty()) {
            return of.decisionAsked ? "decision under way" : "phase one with branches";
        }
        boolean over = deeds.undone(of.branches) || of.branches.stream().allMatch(deeds::committed);
        return over ? "done" : deeds.isDirty(of.branches) ? "dirty" : "phase two";
    }

    /** At the end, all rows are free. */
    void checkRowsFree() {
        for (int number = 0; number < ROWS; number++) {
            var row = row(number);
            told(
                    world.coordinator().lockable(STRANGER, places.database(row), List.of(row)),
                    free -> world.check(free, "all transactions have ended, and " + row + " is locked"));
        }
    }
}
