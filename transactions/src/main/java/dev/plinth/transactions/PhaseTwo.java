package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchType;

/**
 * What a participant still has to do: commit or roll back one branch. Performed at least once, so the participant must bear
 * repetition.
 *
 * @param branchId as registered; {@link #WHOLE_SAGA} if a Saga's engine is asked about the whole transaction
 * @param clientId the resource manager that registered the branch; another one of the same resource will do
 * @param xidAddress host and port in the XID by which the participant knows the transaction; empty if the door's own will do
 * @param applicationData as last reported; for a whole Saga the name of the global status, as Seata passes it
 */
public record PhaseTwo(
        TransactionId transaction,
        long branchId,
        BranchType type,
        String resourceId,
        String clientId,
        String xidAddress,
        String applicationData,
        Direction direction)
        implements Effect {

    /** For a participant that knows the transaction by the door's own address. */
    public PhaseTwo(
            TransactionId transaction,
            long branchId,
            BranchType type,
            String resourceId,
            String clientId,
            String applicationData,
            Direction direction) {
        this(transaction, branchId, type, resourceId, clientId, "", applicationData, direction);
    }

    /** The branch id of a {@link PhaseTwo} that concerns a whole Saga. Its resource is {@code applicationId#serviceGroup}. */
    public static final long WHOLE_SAGA = -1;

    public enum Direction {
        COMMIT,
        ROLLBACK
    }
}
