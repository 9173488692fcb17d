package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.util.List;

/**
 * One branch of a {@link TransactionView}.
 *
 * @param attempts at its phase two whose result is known
 * @param lockKeys the rows whose global locks it asked for
 * @param rows those that were changed behind its back, in all three states, as its participant reported them last: JSON, {@code
 *     {"dirty":[{"table":…,"key":…,"fingerprint":…,"before":…,"after":…,"now":…}],"more":0}}; empty if it reported none
 * @param applicationData of a Saga's branch, as registered or last reported; one of the SDK says here which step it is, as {@code
 *     {"saga":…,"step":…}}. Empty for all others, whose data are their participants' own
 */
public record BranchView(
        long id,
        BranchType type,
        String resourceId,
        String clientId,
        BranchStatus status,
        int attempts,
        List<LockKey> lockKeys,
        String rows,
        String applicationData) {
    public BranchView {
        lockKeys = List.copyOf(lockKeys);
    }
}
