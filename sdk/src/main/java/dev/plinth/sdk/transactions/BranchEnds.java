package dev.plinth.sdk.transactions;

import dev.plinth.wire.seata.BranchStatus;

/**
 * Ends branches of one resource when the coordinator asks for it. Called on a virtual thread each, any number of times for the
 * same branch. An exception means: not yet, ask again.
 */
public interface BranchEnds {

    /**
     * A branch that is to end.
     *
     * @param applicationData what the coordinator sends along; mostly what was said at the registration
     */
    record Branch(String xid, long branchId, String resourceId, String applicationData) {}

    /**
     * How it ended.
     *
     * @param why for people, or for a coordinator that can show it; empty if there is nothing to say
     */
    record End(BranchStatus status, String why) {
        public static final End COMMITTED = new End(BranchStatus.PHASE_TWO_COMMITTED, "");
        public static final End ROLLED_BACK = new End(BranchStatus.PHASE_TWO_ROLLBACKED, "");
    }

    End commit(Branch branch) throws Exception;

    End rollback(Branch branch) throws Exception;

    /** Deletes records about branches that ended more than so many days ago. */
    default void deleteOld(int days) throws Exception {}
}
