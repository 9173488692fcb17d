package dev.plinth.sdk.transactions;

/**
 * One participant's part in a global transaction.
 *
 * @param xid the global transaction
 * @param branchId the coordinator's id of this part, unique within the coordinator
 * @param resourceId under which the participant is registered
 */
public record TccBranch(String xid, long branchId, String resourceId) {}
