package dev.plinth.transactions;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.EffectId;
import dev.plinth.transactions.TimelineEvent.Kind;
import dev.plinth.wire.seata.BranchStatus;
import java.util.Optional;

/**
 * The locks of a branch whose resource is at home in another partition than its transaction's, as the transaction's partition knows
 * them.
 *
 * @param home the partition that has the rows
 * @param effect the open effect that takes or frees them, 0 if there is none
 * @param ticket of who waits for the answer to the registration; 0 once it is given
 */
record AwayLocks(int home, Stage stage, long effect, long ticket) {
    /*
     * A row has one lock table, at the home of its resource. A transaction of another partition takes and frees it there by effects,
     * each repeated until it has its result; so it is the order of results here that counts:
     *
     *   TAKING ──taken──▶ HELD ──let go──▶ FREEING ──freed──▶ (gone)
     *     │ └──not taken─▶ the branch was never there
     *     └──decided──▶ ABANDONED ──taken──▶ DISCARDING ──freed──▶ the branch was never there
     *                        └──not taken─▶ the branch was never there
     *
     * The participant learns of its branch with TAKING's result, so a branch that is taking has done nothing yet, and a decision
     * passes it over and nobody is shown it. Nothing is freed before it is known whether it was taken, and a transaction that ended stays until all is freed:
     * so whoever asks here whether a branch still holds its rows is told no only when it never will again (see GuestLocks).
     */
    enum Stage {
        /** It is not known yet whether the rows were free. */
        TAKING,
        /** The transaction was decided meanwhile: what is taken is to be freed. */
        ABANDONED,
        HELD,
        FREEING,
        /** As freeing, of one that was abandoned. */
        DISCARDING
    }

    static Branch taking(long branchId, Command.RegisterBranch asked, int home, long ticket, Context<Effect> context) {
        var effect = context.open(new Effect.TakeLocks(
                asked.transaction(), branchId, home, asked.resourceId(), asked.lockKeys(), asked.autoCommit()));
        return Branch.registered(branchId, asked, false)
                .away(Optional.of(new AwayLocks(home, Stage.TAKING, effect.value(), ticket)));
    }

    /** Whether it waits to hear what came of taking them. */
    boolean unanswered() {
        return stage == Stage.TAKING || stage == Stage.ABANDONED;
    }

    /** Whether the participant has not learned of its branch, so that there is none for anybody. */
    boolean neverThere() {
        return switch (stage) {
            case TAKING, ABANDONED, DISCARDING -> true;
            case HELD, FREEING -> false;
        };
    }

    /** Whether its home was asked to let go of them. */
    boolean leaving() {
        return stage == Stage.FREEING || stage == Stage.DISCARDING;
    }

    private AwayLocks in(Stage next, long nextEffect) {
        return new AwayLocks(home, next, nextEffect, 0);
    }

    /** The transaction with what the home answered about a branch that is {@link #unanswered}. */
    static Transaction answered(Transaction transaction, int index, Outcome.OfTaking answer, Context<Effect> context) {
        var branch = transaction.branches().get(index);
        var locks = branch.away().orElseThrow();
        context.close(new EffectId(locks.effect()));
        if (!(answer instanceof Outcome.Taken)) {
            return transaction.without(index);
        }
        if (locks.stage() == Stage.ABANDONED) {
            return transaction.with(index, freeing(transaction, branch, locks, Stage.DISCARDING, context));
        }
        return transaction
                .with(index, branch.away(Optional.of(locks.in(Stage.HELD, 0))))
                .event(context.now(), Kind.BRANCH_REGISTERED, branch.id(), "");
    }

    /** What the asker is told, when {@code transaction} is as the answer made it. */
    static Outcome.OfRegister told(Transaction transaction, long branchId, Outcome.OfTaking answer) {
        if (!transaction.undecided()) {
            return new Outcome.NotActive(transaction.id(), transaction.status());
        }
        return switch (answer) {
            case Outcome.Taken _ -> new Outcome.Registered(branchId);
            case Outcome.LockConflict conflict -> conflict;
            case Outcome.Overloaded overloaded -> overloaded;
        };
    }

    /** Passes over what waits for an answer: it has done nothing, and will not. */
    static Transaction abandoned(Transaction decided) {
        var transaction = decided;
        for (int i = 0; i < transaction.branches().size(); i++) {
            var branch = transaction.branches().get(i);
            if (branch.away().isPresent() && branch.away().get().stage() == Stage.TAKING) {
                transaction =
                        transaction.with(i, abandoned(branch, branch.away().get()));
            }
        }
        return transaction;
    }

    private static Branch abandoned(Branch branch, AwayLocks locks) {
        return branch.reported(BranchStatus.PHASE_ONE_FAILED, "")
                .away(Optional.of(new AwayLocks(locks.home(), Stage.ABANDONED, locks.effect(), locks.ticket())));
    }

    /** The branch, on its way to holding nothing. */
    static Branch letGo(Transaction transaction, Branch branch, Context<Effect> context) {
        var locks = branch.away().orElseThrow();
        return switch (locks.stage()) {
            case HELD -> freeing(transaction, branch, locks, Stage.FREEING, context);
            case TAKING -> abandoned(branch, locks);
            case ABANDONED, FREEING, DISCARDING -> branch;
        };
    }

    private static Branch freeing(
            Transaction transaction, Branch branch, AwayLocks locks, Stage stage, Context<Effect> context) {
        var effect = context.open(new Effect.FreeLocks(transaction.id(), branch.id(), locks.home()));
        return branch.away(Optional.of(locks.in(stage, effect.value())));
    }

    /** The transaction, when the home has freed the rows of a branch that is {@link #leaving}. */
    static Transaction freed(Transaction transaction, int index, Context<Effect> context) {
        var branch = transaction.branches().get(index);
        var locks = branch.away().orElseThrow();
        context.close(new EffectId(locks.effect()));
        return locks.neverThere() ? transaction.without(index) : transaction.with(index, branch.away(Optional.empty()));
    }
}
