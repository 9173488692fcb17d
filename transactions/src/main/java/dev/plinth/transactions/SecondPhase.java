package dev.plinth.transactions;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.EffectId;
import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.transactions.TimelineEvent.Kind;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** What follows a decision, until nothing is left to do. Each step makes a new transaction of the old one. */
final class SecondPhase {
    /*
     * Commits are asked for in the order of registration, one after the other; those of AT (they only delete undo records) at
     * last, all at once, and nobody waits for them. Rollbacks go in the reverse order, one after the other, for a later branch may
     * have changed the rows of an earlier one.
     *
     * A branch that fails for good stops none of the others: they all follow the decision, and the transaction ends as failed.
     * Seata stops at the first failure and leaves the rest as they are, which no one can want.
     *
     * AT's global locks are released with the decision to commit, for nothing can undo the rows any more; on rollback with each
     * branch that is undone. If one can never be undone, its rows stay locked and the transaction stays, until a person has
     * repaired them and settles it: anyone let in would build on rows that nobody can vouch for.
     */

    /** How long after its time-out, at least, a transaction gives an XA branch the time to appear in its database. */
    static final Duration XAER_NOTA_GRACE_MIN = Duration.ofSeconds(60);

    /** Stands in the timeline in place of the rows themselves. */
    private static final String ROWS_CHANGED = "rows were changed behind its back; a person has to decide";

    private SecondPhase() {}

    /** Starts on a decision to commit. */
    static Transaction commit(Transaction begun, Context<Effect> context) {
        var transaction =
                unlocked(begun, context).in(GlobalStatus.COMMITTING).event(context.now(), Kind.COMMIT_DECIDED, 0, "");
        return transaction.saga() ? askSaga(transaction, Direction.COMMIT, context) : commitOn(transaction, context);
    }

    /** Starts on a decision to roll back. */
    static Transaction rollback(Transaction begun, Context<Effect> context) {
        return startRollback(
                begun.in(GlobalStatus.ROLLBACKING).event(context.now(), Kind.ROLLBACK_DECIDED, 0, ""), context);
    }

    /** Starts on a rollback because nothing was decided in time. */
    static Transaction timeOut(Transaction begun, Context<Effect> context) {
        return startRollback(
                begun.in(GlobalStatus.TIMEOUT_ROLLBACKING).event(context.now(), Kind.TIMED_OUT, 0, ""), context);
    }

    private static Transaction startRollback(Transaction decided, Context<Effect> context) {
        var transaction = AwayLocks.abandoned(decided);
        return transaction.saga()
                ? askSaga(transaction, Direction.ROLLBACK, context)
                : rollbackOn(transaction, context);
    }

    /** Takes what a participant answered. An answer to a question that is not open changes nothing. */
    static Transaction answered(Transaction transaction, Command.PhaseTwoResult result, Context<Effect> context) {
        if (result.branchId() == PhaseTwo.WHOLE_SAGA) {
            return transaction.sagaEffect() == 0 ? transaction : sagaAnswered(transaction, result, context);
        }
        int index = transaction.indexOf(result.branchId());
        if (index < 0 || !transaction.branches().get(index).open()) {
            return transaction;
        }
        var noted = noted(transaction, index, result, context);
        return transaction.rollingBack() ? rollbackOn(noted, context) : commitOn(noted, context);
    }

    /** Ends a failed rollback whose rows a person has repaired. */
    static Transaction settle(Transaction unsettled, Command.Audit audit, Context<Effect> context) {
        return end(
                unlocked(unsettled, context).event(context.now(), Kind.SETTLED, 0, audit.note()),
                unsettled.status(),
                context);
    }

    /** Starts on what a person decided. */
    static Transaction force(Transaction begun, Command.Force force, Context<Effect> context) {
        var forced = begun.event(context.now(), forced(force), 0, force.audit().note());
        return switch (force.direction()) {
            case COMMIT -> commit(forced, context);
            case ROLLBACK -> rollback(forced, context);
        };
    }

    /** Asks once more for what could not be undone, because a person says so. */
    static Transaction tryAgain(Transaction unsettled, Command.Force force, Context<Effect> context) {
        var transaction = unsettled
                .in(unsettled.timedOut() ? GlobalStatus.TIMEOUT_ROLLBACK_RETRYING : GlobalStatus.ROLLBACK_RETRYING)
                .event(context.now(), forced(force), 0, force.audit().note());
        for (int i = 0; i < transaction.branches().size(); i++) {
            var branch = transaction.branches().get(i);
            if (branch.failed()) {
                transaction =
                        transaction.with(i, branch.reported(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE, ""));
            }
        }
        return rollbackOn(transaction, context);
    }

    /** Goes on with what a person decided about rows; empty if there are none that it could be about. */
    static Optional<Transaction> decideRows(Transaction unsettled, Command.DecideRows decide, Context<Effect> context) {
        boolean keep = decide.decision() == Command.RowDecision.KEEP;
        var transaction = unsettled
                .in(unsettled.timedOut() ? GlobalStatus.TIMEOUT_ROLLBACK_RETRYING : GlobalStatus.ROLLBACK_RETRYING)
                .event(
                        context.now(),
                        keep ? Kind.ROWS_KEPT : Kind.ROWS_RESTORED,
                        0,
                        decide.audit().note());
        boolean any = false;
        for (int i = 0; i < transaction.branches().size(); i++) {
            var branch = transaction.branches().get(i);
            if (!branch.failed() || !branch.holds()) {
                continue;
            }
            if (!branch.rows().isEmpty()) {
                any = true;
                transaction = transaction.with(
                        i, branch.reported(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE, decide.applicationData()));
            } else if (keep) {
                any = true;
                transaction = letGo(transaction, i, context);
            }
        }
        return any ? Optional.of(rollbackOn(transaction, context)) : Optional.empty();
    }

    static Kind forced(Command.Force force) {
        return switch (force.direction()) {
            case COMMIT -> Kind.COMMIT_FORCED;
            case ROLLBACK -> Kind.ROLLBACK_FORCED;
        };
    }

    // ---- branch by branch

    private static Transaction commitOn(Transaction committing, Context<Effect> context) {
        var transaction = committing;
        for (int i = 0; i < transaction.branches().size(); i++) {
            var branch = transaction.branches().get(i);
            if (branch.type() != BranchType.AT) {
                if (branch.open()) {
                    return transaction;
                }
                if (branch.pending()) {
                    return ask(transaction, i, Direction.COMMIT, context);
                }
            }
        }
        boolean open = false;
        for (int i = 0; i < transaction.branches().size(); i++) {
            if (transaction.branches().get(i).pending()) {
                transaction = ask(transaction, i, Direction.COMMIT, context);
            }
            open |= transaction.branches().get(i).open();
        }
        boolean failed = transaction.branches().stream().anyMatch(Branch::failed);
        if (open) {
            // To its client it is committed from now on, unless it never will be.
            return failed ? transaction : transaction.in(GlobalStatus.ASYNC_COMMITTING);
        }
        return end(transaction, failed ? GlobalStatus.COMMIT_FAILED : GlobalStatus.COMMITTED, context);
    }

    private static Transaction rollbackOn(Transaction rollingBack, Context<Effect> context) {
        var transaction = rollingBack;
        boolean failed = false;
        boolean locked = false;
        for (int i = transaction.branches().size() - 1; i >= 0; i--) {
            var branch = transaction.branches().get(i);
            if (branch.open()) {
                return transaction;
            }
            if (branch.pending()) {
                return ask(transaction, i, Direction.ROLLBACK, context);
            }
            if (branch.failed()) {
                failed = true;
                locked |= branch.holds();
            } else if (branch.holds()) {
                transaction = letGo(transaction, i, context);
            }
        }
        boolean late = transaction.timedOut();
        if (!failed) {
            return end(transaction, late ? GlobalStatus.TIMEOUT_ROLLBACKED : GlobalStatus.ROLLBACKED, context);
        }
        var status = late ? GlobalStatus.TIMEOUT_ROLLBACK_FAILED : GlobalStatus.ROLLBACK_FAILED;
        return locked ? transaction.in(status) : end(transaction, status, context);
    }

    private static Transaction ask(Transaction transaction, int index, Direction direction, Context<Effect> context) {
        var branch = transaction.branches().get(index);
        var effect = context.open(branch.phaseTwo(transaction.id(), direction));
        return transaction.with(index, branch.asking(effect.value()));
    }

    private static Transaction noted(
            Transaction transaction, int index, Command.PhaseTwoResult result, Context<Effect> context) {
        var branch = transaction.branches().get(index);
        boolean back = transaction.rollingBack();
        var verdict = Verdict.of(
                result.status(), back ? Direction.ROLLBACK : Direction.COMMIT, unknownForLong(transaction, context));
        var tried = branch.tried(verdict.status());
        if (verdict.end() == Verdict.End.NOT_YET) {
            return retrying(transaction)
                    .with(index, tried)
                    .event(context.now(), Kind.ATTEMPT_FAILED, branch.id(), reason(result));
        }
        context.close(new EffectId(branch.effect()));
        tried = tried.asking(0);
        if (verdict.end() == Verdict.End.NEVER) {
            var said = tried.said(result.reason().orElse(""));
            return transaction
                    .with(index, said)
                    .event(
                            context.now(),
                            Kind.BRANCH_FAILED,
                            branch.id(),
                            said.rows().isEmpty() ? reason(result) : ROWS_CHANGED);
        }
        return letGo(transaction.with(index, tried), index, context)
                .event(context.now(), back ? Kind.BRANCH_ROLLED_BACK : Kind.BRANCH_COMMITTED, branch.id(), "");
    }

    private static Transaction retrying(Transaction transaction) {
        return switch (transaction.status()) {
            case COMMITTING -> transaction.in(GlobalStatus.COMMIT_RETRYING);
            case ROLLBACKING -> transaction.in(GlobalStatus.ROLLBACK_RETRYING);
            case TIMEOUT_ROLLBACKING -> transaction.in(GlobalStatus.TIMEOUT_ROLLBACK_RETRYING);
            default -> transaction; // it is retrying already, or nobody waits for it
        };
    }

    /** Seata's rule for XAER_NOTA: so long after the time-out, a branch that its database does not know will not come any more. */
    private static boolean unknownForLong(Transaction transaction, Context<Effect> context) {
        var timeout = transaction.asked().timeout();
        var grace = timeout.compareTo(XAER_NOTA_GRACE_MIN) > 0 ? timeout : XAER_NOTA_GRACE_MIN;
        return context.now().isAfter(transaction.deadline().plus(grace));
    }

    // ---- Saga: the whole transaction is one participant

    private static Transaction askSaga(Transaction transaction, Direction direction, Context<Effect> context) {
        var asked = transaction.asked();
        var effect = context.open(new PhaseTwo(
                transaction.id(),
                PhaseTwo.WHOLE_SAGA,
                BranchType.SAGA,
                asked.applicationId() + "#" + asked.serviceGroup(),
                "",
                asked.xidAddress(),
                seataName(transaction.status()),
                direction));
        return transaction.askingSaga(effect.value());
    }

    private static Transaction sagaAnswered(
            Transaction transaction, Command.PhaseTwoResult result, Context<Effect> context) {
        var direction = transaction.rollingBack() ? Direction.ROLLBACK : Direction.COMMIT;
        var verdict = SagaVerdict.ofAnswer(result.status(), direction);
        return verdict == SagaVerdict.AGAIN
                ? retrying(transaction).event(context.now(), Kind.ATTEMPT_FAILED, 0, reason(result))
                : sagaOn(transaction, verdict, context);
    }

    /** Takes what a Saga's engine reported by itself. */
    static Transaction sagaReported(Transaction transaction, GlobalStatus status, Context<Effect> context) {
        return sagaOn(
                transaction.event(context.now(), Kind.STATUS_REPORTED, 0, status.name()),
                SagaVerdict.ofReport(status),
                context);
    }

    private static Transaction sagaOn(Transaction transaction, SagaVerdict verdict, Context<Effect> context) {
        boolean late = transaction.timedOut();
        return switch (verdict) {
            case COMMITTED -> sagaEnd(transaction, GlobalStatus.COMMITTED, context);
            case ROLLED_BACK ->
                sagaEnd(transaction, late ? GlobalStatus.TIMEOUT_ROLLBACKED : GlobalStatus.ROLLBACKED, context);
            case FINISHED -> sagaEnd(transaction, GlobalStatus.FINISHED, context);
            case COMMIT_FAILED -> sagaEnd(transaction, GlobalStatus.COMMIT_FAILED, context);
            case ROLLBACK_FAILED ->
                sagaEnd(
                        transaction,
                        late ? GlobalStatus.TIMEOUT_ROLLBACK_FAILED : GlobalStatus.ROLLBACK_FAILED,
                        context);
            case FORWARD -> {
                var forward = sagaHeard(transaction, context).in(GlobalStatus.COMMIT_RETRYING);
                yield askSaga(forward, Direction.COMMIT, context);
            }
            case BACK -> {
                var back = sagaHeard(transaction, context)
                        .in(late ? GlobalStatus.TIMEOUT_ROLLBACK_RETRYING : GlobalStatus.ROLLBACK_RETRYING);
                yield askSaga(back, Direction.ROLLBACK, context);
            }
            case AGAIN, NOTHING -> transaction;
        };
    }

    /** Whatever was asked of it needs no answer any more. */
    private static Transaction sagaHeard(Transaction transaction, Context<Effect> context) {
        if (transaction.sagaEffect() == 0) {
            return transaction;
        }
        context.close(new EffectId(transaction.sagaEffect()));
        return transaction.askingSaga(0);
    }

    private static Transaction sagaEnd(Transaction transaction, GlobalStatus status, Context<Effect> context) {
        return end(unlocked(sagaHeard(transaction, context), context), status, context);
    }

    /** Seata's spelling of a status: its Saga client reads it. */
    static String seataName(GlobalStatus status) {
        if (status == GlobalStatus.UNKNOWN) {
            return "UnKnown";
        }
        var name = new StringBuilder();
        for (String word : status.name().split("_", -1)) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    // ---- the end

    private static Transaction end(Transaction transaction, GlobalStatus status, Context<Effect> context) {
        context.changed(Indexes.key(transaction.id()));
        return transaction.in(status).endedAt(context.now()).event(context.now(), Kind.ENDED, 0, status.name());
    }

    private static Transaction unlocked(Transaction holding, Context<Effect> context) {
        var transaction = holding;
        for (int i = 0; i < transaction.branches().size(); i++) {
            transaction = letGo(transaction, i, context);
        }
        return transaction;
    }

    /** Lets go of the rows of one branch: here at once, elsewhere by an effect. */
    private static Transaction letGo(Transaction transaction, int index, Context<Effect> context) {
        var branch = transaction.branches().get(index);
        if (branch.locked()) {
            return transaction.with(index, branch.unlocked());
        }
        return branch.away().isEmpty()
                ? transaction
                : transaction.with(index, AwayLocks.letGo(transaction, branch, context));
    }

    private static String reason(Command.PhaseTwoResult result) {
        var reason = result.reason().orElse(result.status().name());
        return reason.length() <= TransactionLimits.REASON_CHARS_MAX
                ? reason
                : reason.substring(0, TransactionLimits.REASON_CHARS_MAX);
    }
}
