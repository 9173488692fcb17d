package dev.plinth.transactions;

import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.EngineTrial;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The engine on a bench, spoken to in the words of its tests. */
final class Trial {
    static final String RESOURCE = "jdbc:postgresql://accounts";
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    final EngineTrial<TransactionEngine, Command, Outcome, Effect, TransactionView> bench;
    private final TransactionEngine.Bounds bounds;

    Trial() {
        this(TransactionEngine.Bounds.OF_RELEASE);
    }

    Trial(TransactionEngine.Bounds bounds) {
        this(new EngineTrial<>(new TransactionEngine(0, bounds)), bounds);
    }

    private Trial(
            EngineTrial<TransactionEngine, Command, Outcome, Effect, TransactionView> bench,
            TransactionEngine.Bounds bounds) {
        this.bench = bench;
        this.bounds = bounds;
    }

    /** What a restart from a snapshot makes of it. */
    Trial restarted() {
        return new Trial(bench.restoredIn(() -> new TransactionEngine(0, bounds)), bounds);
    }

    TransactionId begin() {
        return begin("pay", TIMEOUT);
    }

    TransactionId begin(String name, Duration timeout) {
        return ((Outcome.Begun) bench.apply(new Command.Begin(name, timeout, "bank", "default_tx_group")))
                .transaction();
    }

    long at(TransactionId transaction, String lockKeys) {
        return ((Outcome.Registered) tryAt(transaction, lockKeys, true)).branchId();
    }

    Outcome tryAt(TransactionId transaction, String lockKeys, boolean autoCommit) {
        return register(transaction, BranchType.AT, RESOURCE, lockKeys, autoCommit);
    }

    long tcc(TransactionId transaction, String resource) {
        return ((Outcome.Registered) register(transaction, BranchType.TCC, resource, "", true)).branchId();
    }

    Outcome register(TransactionId transaction, BranchType type, String resource, String lockKeys, boolean autoCommit) {
        return bench.apply(new Command.RegisterBranch(
                transaction, type, resource, "accounts:10.0.0.1:4711", "{}", LockKey.parse(lockKeys), autoCommit));
    }

    Outcome report(TransactionId transaction, long branch, BranchStatus status) {
        return bench.apply(new Command.ReportBranch(transaction, branch, status, ""));
    }

    GlobalStatus commit(TransactionId transaction) {
        return decided(new Command.Commit(transaction)).status();
    }

    GlobalStatus rollback(TransactionId transaction) {
        return decided(new Command.Rollback(transaction)).status();
    }

    Outcome.Decided decided(Command command) {
        return (Outcome.Decided) bench.apply(command);
    }

    /** What is asked of the participants now, in the order of asking: the branch ids. */
    List<Long> asked() {
        return bench.openEffects().values().stream()
                .map(PhaseTwo.class::cast)
                .map(PhaseTwo::branchId)
                .toList();
    }

    PhaseTwo question(long branch) {
        return (PhaseTwo) Objects.requireNonNull(bench.openEffects().get(effect(branch)));
    }

    /** The participant of a branch answers its open question. */
    void answer(long branch, BranchStatus status) {
        answer(branch, status, Optional.empty());
    }

    void answer(long branch, BranchStatus status, Optional<String> reason) {
        var effect = effect(branch);
        var asked = question(branch);
        bench.result(effect, new Command.PhaseTwoResult(asked.transaction(), branch, status, reason));
    }

    private EffectId effect(long branch) {
        return bench.openEffects().entrySet().stream()
                .filter(open -> open.getValue() instanceof PhaseTwo asked && asked.branchId() == branch)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing is asked of branch " + branch));
    }

    /** Every participant does what it is asked, until nothing is. Returns the branches in the order in which they were done. */
    List<Long> allAnswer() {
        List<Long> done = new ArrayList<>();
        while (!bench.openEffects().isEmpty()) {
            var asked = (PhaseTwo) bench.openEffects().values().iterator().next();
            done.add(asked.branchId());
            answer(
                    asked.branchId(),
                    asked.direction() == PhaseTwo.Direction.COMMIT
                            ? BranchStatus.PHASE_TWO_COMMITTED
                            : BranchStatus.PHASE_TWO_ROLLBACKED);
        }
        return done;
    }

    GlobalStatus status(TransactionId transaction) {
        return bench.engine().status(transaction).orElse(GlobalStatus.FINISHED);
    }

    TransactionView view(TransactionId transaction) {
        return bench.engine().find(transaction).orElseThrow();
    }

    int locks() {
        return bench.engine().counts().locks();
    }
}
