package dev.plinth.sdk.transactions;

import dev.plinth.wire.seata.BranchType;

/** The TCC actions registered here. */
final class TccParticipants {

    /** The width of the fence's column, and of Seata's. */
    static final int RESOURCE_ID_CHARACTERS_MAX = 64;

    /** An action and its arguments' form on the wire. */
    record Registered<A extends Record, R>(
            String resourceId, Class<A> type, TccAction<A, R> action, ArgumentsJson<A> json) implements BranchEnds {

        @Override
        public End commit(Branch branch) throws Exception {
            action.confirm(named(branch), json.decode(branch.applicationData()));
            return End.COMMITTED;
        }

        @Override
        public End rollback(Branch branch) throws Exception {
            action.cancel(named(branch), json.decode(branch.applicationData()));
            return End.ROLLED_BACK;
        }

        private static TccBranch named(Branch branch) {
            return new TccBranch(branch.xid(), branch.branchId(), branch.resourceId());
        }
    }

    private final PhaseTwoCalls calls;

    TccParticipants(PhaseTwoCalls calls) {
        this.calls = calls;
    }

    <A extends Record, R> Registered<A, R> register(String resourceId, Class<A> type, TccAction<A, R> action) {
        if (resourceId.isBlank() || resourceId.length() > RESOURCE_ID_CHARACTERS_MAX || resourceId.indexOf(',') >= 0) {
            throw new IllegalArgumentException("resourceId: '" + resourceId + "' is not 1 to "
                    + RESOURCE_ID_CHARACTERS_MAX + " characters without commas");
        }
        Registered<A, R> registered = new Registered<>(resourceId, type, action, new ArgumentsJson<>(resourceId, type));
        calls.serve(BranchType.TCC, resourceId, registered);
        return registered;
    }
}
