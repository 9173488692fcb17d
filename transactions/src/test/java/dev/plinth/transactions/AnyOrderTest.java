package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.EffectId;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Commands, answers, time and restarts in any order: what must hold after each of them. */
class AnyOrderTest {
    private static final int STEPS = 300;
    private static final int ROWS = 6;
    private static final TransactionId STRANGER = new TransactionId(1);
    private static final List<BranchStatus> STATUSES = List.of(BranchStatus.values());
    private static final Set<BranchStatus> LEFT_OUT =
            EnumSet.of(BranchStatus.PHASE_ONE_FAILED, BranchStatus.PHASE_ONE_RDONLY);

    @Property(tries = 150)
    void all_branches_end_alike_and_no_row_is_shared_or_forgotten(@ForAll long seed) {
        var run = new Run(seed);
        for (int step = 0; step < STEPS; step++) {
            run.step();
            run.check();
        }
        run.finish();
    }

    /** One run, with what it remembers to compare with. */
    private static final class Run {
        private final Random random;
        private Trial trial = new Trial(new TransactionEngine.Bounds(40, 6, 30, 5));
        private final List<TransactionId> known = new ArrayList<>();
        private final Map<TransactionId, Boolean> committing = new HashMap<>();
        private final List<Command.PhaseTwoResult> given = new ArrayList<>();

        Run(long seed) {
            random = new Random(seed);
        }

        void step() {
            switch (random.nextInt(25)) {
                case 0, 1, 2, 3 -> begin();
                case 4, 5, 6, 7, 8 -> register();
                case 9 -> report();
                case 10, 11 -> trial.bench.apply(new Command.Commit(any()));
                case 12 -> trial.bench.apply(new Command.Rollback(any()));
                case 13, 14, 15, 16, 17, 18 -> answer();
                case 19 -> trial.bench.advance(Duration.ofMillis(random.nextInt(200)));
                case 20 -> restart();
                case 21 -> forget();
                case 22 -> late();
                case 23 ->
                    trial.bench.apply(new Command.Force(
                            any(),
                            random.nextBoolean() ? PhaseTwo.Direction.COMMIT : PhaseTwo.Direction.ROLLBACK,
                            new Command.Audit("ann", "the application is gone")));
                default -> trial.bench.apply(new Command.Settle(any(), new Command.Audit("ann", "rows repaired")));
            }
        }

        private void begin() {
            var outcome = trial.bench.apply(
                    new Command.Begin("pay", Duration.ofMillis(1 + random.nextInt(1_000)), "bank", "default_tx_group"));
            if (outcome instanceof Outcome.Begun begun) {
                known.add(begun.transaction());
            }
        }

        private TransactionId any() {
            return known.isEmpty() || random.nextInt(50) == 0
                    ? new TransactionId(42)
                    : known.get(random.nextInt(known.size()));
        }

        private void register() {
            var type = random.nextInt(3) == 0 ? BranchType.TCC : random.nextInt(4) == 0 ? BranchType.XA : BranchType.AT;
            var keys = new StringBuilder();
            if (type == BranchType.AT) {
                for (int i = 0; i <= random.nextInt(3); i++) {
                    keys.append(i == 0 ? "account:" : ",").append(random.nextInt(ROWS));
                }
            }
            trial.register(any(), type, Trial.RESOURCE, keys.toString(), random.nextBoolean());
        }

        private void report() {
            trial.bench.engine().find(any()).ifPresent(view -> {
                if (!view.branches().isEmpty()) {
                    var branch =
                            view.branches().get(random.nextInt(view.branches().size()));
                    trial.report(view.id(), branch.id(), STATUSES.get(random.nextInt(STATUSES.size())));
                }
            });
        }

        private void answer() {
            var open = List.copyOf(trial.bench.openEffects().entrySet());
            if (!open.isEmpty()) {
                var chosen = open.get(random.nextInt(open.size()));
                var asked = (PhaseTwo) chosen.getValue();
                boolean commit = asked.direction() == PhaseTwo.Direction.COMMIT;
                answer(
                        chosen.getKey(),
                        asked,
                        switch (random.nextInt(12)) {
                            case 0, 1 ->
                                commit
                                        ? BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE
                                        : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE;
                            case 2 ->
                                commit
                                        ? BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE
                                        : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE;
                            case 3 -> STATUSES.get(random.nextInt(STATUSES.size()));
                            default -> commit ? BranchStatus.PHASE_TWO_COMMITTED : BranchStatus.PHASE_TWO_ROLLBACKED;
                        });
            }
        }

        private void answer(EffectId effect, PhaseTwo question, BranchStatus status) {
            var result =
                    new Command.PhaseTwoResult(question.transaction(), question.branchId(), status, Optional.empty());
            given.add(result);
            trial.bench.result(effect, result);
        }

        /** The kernel never lets a second result through; the engine bears it all the same. */
        private void late() {
            if (!given.isEmpty()) {
                var before = trial.bench.openEffects();
                var old = given.get(random.nextInt(given.size()));
                boolean open = before.values().stream().anyMatch(question -> question.branchId() == old.branchId());
                if (!open) {
                    byte[] state = trial.bench.state();
                    trial.bench.apply(old);
                    assertThat(trial.bench.state()).isEqualTo(state);
                }
            }
        }

        private void restart() {
            var restarted = trial.restarted();
            assertThat(restarted.bench.state()).isEqualTo(trial.bench.state());
            assertThat(restarted.bench.engine().counts())
                    .isEqualTo(trial.bench.engine().counts());
            assertThat(restarted.bench.engine().nextDeadline())
                    .isEqualTo(trial.bench.engine().nextDeadline());
            trial = restarted;
        }

        private void forget() {
            var ended = known.stream()
                    .flatMap(id -> trial.bench.engine().find(id).stream())
                    .filter(view -> view.ended().isPresent())
                    .map(TransactionView::id)
                    .toList();
            trial.bench.apply(new Command.Forget(ended));
            known.removeAll(ended);
        }

        void check() {
            var views = known.stream()
                    .flatMap(id -> trial.bench.engine().find(id).stream())
                    .toList();
            views.forEach(this::checkTransaction);
            checkRows(views);
            assertThat(trial.bench.engine().keys("", "", 1_000))
                    .hasSize(trial.bench.engine().counts().unrecorded());
        }

        private void checkTransaction(TransactionView view) {
            var statuses = view.branches().stream().map(BranchView::status).toList();
            assertThat(statuses.contains(BranchStatus.PHASE_TWO_COMMITTED)
                            && statuses.contains(BranchStatus.PHASE_TWO_ROLLBACKED))
                    .as("%s has branches that ended differently", view)
                    .isFalse();
            long questions = trial.bench.openEffects().values().stream()
                    .filter(question -> question.transaction().equals(view.id()))
                    .count();
            if (view.status() == GlobalStatus.BEGIN) {
                assertThat(questions).isZero();
                return;
            }
            boolean commit = isCommit(view.status());
            assertThat(committing.computeIfAbsent(view.id(), _ -> commit))
                    .as("the decision of %s", view.id())
                    .isEqualTo(commit);
            if (view.ended().isPresent() || failed(view.status())) {
                assertThat(questions).as("questions about %s", view).isZero();
                assertThat(view.branches())
                        .allSatisfy(branch -> assertThat(endsLike(branch.status(), commit))
                                .as("%s of %s", branch, view)
                                .isTrue());
                assertThat(failed(view.status())).isEqualTo(statuses.stream().anyMatch(status -> unretryable(status)));
            } else {
                assertThat(questions)
                        .as("questions about %s, which would hang", view)
                        .isPositive();
                // One after the other; but those whose undo records are deleted all at once, also when the commit of
                // another failed.
                boolean atOnce = view.status() == GlobalStatus.ASYNC_COMMITTING
                        || (commit && statuses.stream().anyMatch(status -> unretryable(status)));
                assertThat(atOnce || questions == 1)
                        .as("%d questions at a time about %s", questions, view)
                        .isTrue();
            }
        }

        private static boolean isCommit(GlobalStatus status) {
            return switch (status) {
                case COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, COMMITTED, COMMIT_FAILED -> true;
                default -> false;
            };
        }

        private static boolean failed(GlobalStatus status) {
            return status == GlobalStatus.COMMIT_FAILED
                    || status == GlobalStatus.ROLLBACK_FAILED
                    || status == GlobalStatus.TIMEOUT_ROLLBACK_FAILED;
        }

        private static boolean unretryable(BranchStatus status) {
            return status == BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE
                    || status == BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE;
        }

        private static boolean endsLike(BranchStatus status, boolean commit) {
            return LEFT_OUT.contains(status)
                    || (commit
                            ? status == BranchStatus.PHASE_TWO_COMMITTED
                                    || status == BranchStatus.PHASE_TWO_COMMIT_FAILED_UNRETRYABLE
                            : status == BranchStatus.PHASE_TWO_ROLLBACKED
                                    || status == BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE);
        }

        /** Who must hold a row, and who may, follows from the transactions alone; the lock table has to agree. */
        private void checkRows(List<TransactionView> views) {
            int locked = 0;
            for (int row = 0; row < ROWS; row++) {
                var key = new LockKey("account", Integer.toString(row));
                var must =
                        views.stream().filter(view -> holds(view, key, false)).toList();
                var may = views.stream().filter(view -> holds(view, key, true)).toList();
                boolean free = trial.bench.engine().lockable(STRANGER, Trial.RESOURCE, List.of(key));
                assertThat(must).as("holders of row %s", key).hasSizeLessThanOrEqualTo(1);
                must.forEach(
                        holder -> assertThat(trial.bench.engine().lockable(holder.id(), Trial.RESOURCE, List.of(key)))
                                .isTrue());
                if (!must.isEmpty()) {
                    assertThat(free).as("row %s of %s", key, must).isFalse();
                }
                if (may.isEmpty()) {
                    assertThat(free).as("row %s that nobody holds", key).isTrue();
                }
                locked += free ? 0 : 1;
            }
            assertThat(trial.locks()).isEqualTo(locked);
        }

        /** A branch that is left out lets go when the rollback comes by: until then it may hold. */
        private static boolean holds(TransactionView view, LockKey key, boolean orMay) {
            if (view.ended().isPresent() || isCommit(view.status())) {
                return false;
            }
            return view.branches().stream()
                    .filter(branch -> branch.lockKeys().contains(key))
                    .anyMatch(branch -> view.status() == GlobalStatus.BEGIN
                            || (branch.status() != BranchStatus.PHASE_TWO_ROLLBACKED
                                    && (orMay || branch.status() != BranchStatus.PHASE_ONE_FAILED)));
        }

        /** Everybody does what he is asked; then nothing may be left. */
        void finish() {
            known.forEach(id -> trial.bench.apply(new Command.Rollback(id)));
            while (!trial.bench.openEffects().isEmpty()) {
                var open = trial.bench.openEffects().entrySet().iterator().next();
                var asked = (PhaseTwo) open.getValue();
                answer(
                        open.getKey(),
                        asked,
                        asked.direction() == PhaseTwo.Direction.COMMIT
                                ? BranchStatus.PHASE_TWO_COMMITTED
                                : BranchStatus.PHASE_TWO_ROLLBACKED);
                check();
            }
            known.forEach(id -> trial.bench.apply(new Command.Settle(id, new Command.Audit("ann", "done"))));
            forget();
            assertThat(trial.bench.engine().counts()).isEqualTo(new TransactionCounts(0, 0, 0, 0));
            assertThat(trial.bench.engine().nextDeadline()).isEmpty();
            assertThat(trial.bench
                            .engine()
                            .live(TransactionFilter.ALL, Long.MAX_VALUE, 10)
                            .next())
                    .isEqualTo(OptionalLong.empty());
        }
    }
}
