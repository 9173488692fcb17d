package dev.plinth.transactions;

import java.util.List;

/** What an engine of the coordinator asks to have done outside itself: by participants, or by the engine of another partition. */
public sealed interface Effect permits PhaseTwo, Effect.TakeLocks, Effect.FreeLocks, Effect.AskHolder {

    /** Whose it is. */
    TransactionId transaction();

    /** Of which of its branches; {@link PhaseTwo#WHOLE_SAGA} for a whole Saga. */
    long branchId();

    /**
     * Takes the rows of a branch at their home, all or none. Its result is {@link Command.LocksAnswered}.
     *
     * @param home the partition in which they are at home
     */
    record TakeLocks(
            TransactionId transaction,
            long branchId,
            int home,
            String resourceId,
            List<LockKey> lockKeys,
            boolean autoCommit)
            implements Effect {
        public TakeLocks {
            lockKeys = List.copyOf(lockKeys);
        }
    }

    /** Lets go of the rows of a branch at their home. Its result is {@link Command.LocksFreed}. */
    record FreeLocks(TransactionId transaction, long branchId, int home) implements Effect {}

    /** Asks the partition of a transaction whether a branch of it still holds rows here. Its result is {@link Command.HolderTold}. */
    record AskHolder(TransactionId transaction, long branchId) implements Effect {}
}
