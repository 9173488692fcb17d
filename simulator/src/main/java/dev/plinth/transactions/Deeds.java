package dev.plinth.transactions;

import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * What the participants' databases hold of each branch, mode by mode: the truth that the coordinator's words are compared with. It
 * outlives every process.
 */
final class Deeds {
    /*
     * AT and TCC keep a fence: a rollback that comes before its try is noted, and the try that comes after it is refused. XA has
     * none: its database knows a branch from its preparation to its end, and says XAER_NOTA before and after. A Saga is one thing,
     * which its own engine drives, and it ends in the direction that its engine wrote down first.
     */
    enum Deed {
        TRIED,
        COMMITTED,
        ROLLED_BACK
    }

    /** Says that something does not hold. */
    interface Judge {
        void check(boolean holds, String otherwise);
    }

    private final Judge judge;
    private final Map<Long, Deed> branches = new HashMap<>();

    /** Branches whose rows somebody changed behind AT's back: they cannot be undone until a person has seen to it. */
    private final Set<Long> dirty = new HashSet<>();

    /** Those that were so once; a person who settles them need not know that another has put them right. */
    private final Set<Long> spoiled = new HashSet<>();

    /** XA branches that were asked for before they were prepared. */
    private final Set<Long> unknown = new HashSet<>();

    /** Branches that never can be confirmed, and said so. */
    private final Set<Long> unconfirmable = new HashSet<>();

    private final Map<TransactionId, Deed> sagas = new HashMap<>();
    private final Map<TransactionId, Deed> directions = new TreeMap<>();

    Deeds(Judge judge) {
        this.judge = judge;
    }

    // ---- phase one

    /** The local work of a branch. Returns whether it was done; a fence refuses what was rolled back already. */
    boolean trying(long branchId, BranchType type) {
        if (type == BranchType.XA) {
            branches.put(branchId, Deed.TRIED);
            return true;
        }
        return branches.putIfAbsent(branchId, Deed.TRIED) == null;
    }

    /** The local work failed, and its local transaction undid it. */
    void failed(long branchId) {
        branches.putIfAbsent(branchId, Deed.ROLLED_BACK);
    }

    /** Somebody writes into the rows of this branch without asking. */
    void spoil(long branchId) {
        if (branches.get(branchId) == Deed.TRIED) {
            dirty.add(branchId);
            spoiled.add(branchId);
        }
    }

    /** Whether phase two of this branch came before its work, and its database knew nothing of it. */
    boolean saidUnknown(long branchId) {
        return unknown.contains(branchId);
    }

    boolean isDirty(List<Long> of) {
        return of.stream().anyMatch(dirty::contains);
    }

    /** A person puts the rows right by hand, so that they can be undone. */
    void putRight(List<Long> of) {
        of.forEach(dirty::remove);
    }

    /** A person undoes by hand what is dirty, or declares it undone. */
    void settled(List<Long> of) {
        for (long branchId : of) {
            dirty.remove(branchId);
            if (spoiled.contains(branchId)) {
                branches.put(branchId, Deed.ROLLED_BACK);
            }
        }
    }

    // ---- a Saga's own engine

    void sagaBegun(TransactionId id) {
        sagas.put(id, Deed.TRIED);
    }

    boolean isSaga(TransactionId id) {
        return sagas.containsKey(id);
    }

    Deed saga(TransactionId id) {
        return sagas.getOrDefault(id, Deed.TRIED);
    }

    /** Its engine comes to the end of one direction, unless it has come to an end before. Returns the end. */
    Deed sagaEnds(TransactionId id, Deed direction) {
        sagas.replace(id, Deed.TRIED, direction);
        return saga(id);
    }

    // ---- phase two

    /** What the participant does when it is asked, and answers. */
    BranchStatus asked(PhaseTwo asked, RandomGenerator random, boolean calm) {
        boolean commit = asked.direction() == Direction.COMMIT;
        if (!calm && random.nextInt(12) == 0) {
            return again(commit);
        }
        if (asked.branchId() == PhaseTwo.WHOLE_SAGA) {
            return saga(asked.transaction(), commit);
        }
        follows(asked.transaction(), commit ? Deed.COMMITTED : Deed.ROLLED_BACK);
        return branch(asked, commit, random, calm);
    }

    private BranchStatus branch(PhaseTwo asked, boolean commit, RandomGenerator random, boolean calm) {
        long id = asked.branchId();
        var wanted = commit ? Deed.COMMITTED : Deed.ROLLED_BACK;
        var before = branches.get(id);
        judge.check(
                before == null || before == Deed.TRIED || before == wanted,
                "branch " + id + " was " + before + " and is now to be " + wanted);
        judge.check(!commit || before != null, "branch " + id + " is to be committed, and was never tried");
        if (asked.type() == BranchType.XA && before != Deed.TRIED && (before == null || random.nextInt(2) == 0)) {
            if (before == null) {
                unknown.add(id);
            }
            return commit
                    ? BranchStatus.PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE
                    : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE;
        }
        if (!commit && dirty.contains(id)) {
            return BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE;
        }
        if (commit && asked.type() == BranchType.TCC && before == Deed.TRIED && !calm && random.nextInt(60) == 0) {
            unconfirmable.add(id);
        }
        if (unconfirmable.contains(id)) {
            return BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE;
        }
        branches.put(id, wanted);
        return commit ? BranchStatus.PHASE_TWO_COMMITTED : BranchStatus.PHASE_TWO_ROLLBACKED;
    }

    private BranchStatus saga(TransactionId id, boolean commit) {
        return switch (sagaEnds(id, commit ? Deed.COMMITTED : Deed.ROLLED_BACK)) {
            case COMMITTED ->
                // Asked to compensate what has come through, it says that it goes forward.
                commit ? BranchStatus.PHASE_TWO_COMMITTED : BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE;
            case ROLLED_BACK, TRIED -> BranchStatus.PHASE_TWO_ROLLBACKED;
        };
    }

    private static BranchStatus again(boolean commit) {
        return commit
                ? BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE
                : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE;
    }

    // ---- what must hold

    /** A participant was asked to go this way, or a client was told so: from now on nobody may hear the other. */
    void follows(TransactionId id, Deed direction) {
        var before = directions.putIfAbsent(id, direction);
        judge.check(before == null || before == direction, id + " is " + before + ", and now it is " + direction);
    }

    Optional<Deed> direction(TransactionId id) {
        return Optional.ofNullable(directions.get(id));
    }

    /** Whether nothing of these branches is there any more, nor can come. */
    boolean undone(List<Long> of) {
        return of.stream().allMatch(branch -> branches.get(branch) == Deed.ROLLED_BACK);
    }

    boolean committed(long branchId) {
        return branches.get(branchId) == Deed.COMMITTED;
    }

    /** An XA branch that was registered, and never came to be prepared. */
    boolean neverThere(long branchId, BranchType type) {
        return type == BranchType.XA && !branches.containsKey(branchId);
    }

    /** Compares a transaction that is over with what was done. */
    void compare(TransactionView over) {
        if (isSaga(over.id())) {
            var end = saga(over.id());
            if (end == Deed.TRIED && over.branches().isEmpty()) {
                return; // it was over before its first step, whose answer is lost
            }
            judge.check(
                    direction(over.status()).equals(Optional.of(end)),
                    over.id() + " ended as " + over.status() + ", and its Saga is " + end);
            return;
        }
        var direction = direction(over.status());
        for (var branch : over.branches()) {
            var deed = branches.get(branch.id());
            boolean refused = over.status() == GlobalStatus.COMMIT_FAILED && unconfirmable.contains(branch.id());
            judge.check(
                    direction.equals(Optional.ofNullable(deed))
                            || (neverThere(branch.id(), branch.type())
                                    && direction.equals(Optional.of(Deed.ROLLED_BACK)))
                            || refused,
                    over.id() + " ended as " + over.status() + ", and its branch " + branch.id() + " is " + deed);
        }
        boolean failed = over.branches().stream().anyMatch(branch -> unconfirmable.contains(branch.id()));
        judge.check(
                over.status() != GlobalStatus.COMMITTED || !failed,
                over.id() + " ended as committed, and a branch said that it never can be");
    }

    /** Which way a status goes; empty if it is undecided. */
    static Optional<Deed> direction(GlobalStatus status) {
        return switch (status) {
            case COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, COMMITTED, COMMIT_FAILED -> Optional.of(Deed.COMMITTED);
            case ROLLBACKING, ROLLBACK_RETRYING, ROLLBACKED, ROLLBACK_FAILED -> Optional.of(Deed.ROLLED_BACK);
            case TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING -> Optional.of(Deed.ROLLED_BACK);
            case TIMEOUT_ROLLBACKED, TIMEOUT_ROLLBACK_FAILED -> Optional.of(Deed.ROLLED_BACK);
            default -> Optional.empty();
        };
    }
}
