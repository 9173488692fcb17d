package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.util.List;

/**
 * One branch of a {@link TransactionView}.
 *
 * @param attempts at its phase two whose result is known
 * @param lockKeys the rows whose global locks it asked for
 */
public record BranchView(
        long id,
        BranchType type,
        String resourceId,
        String clientId,
        BranchStatus status,
        int attempts,
        List<LockKey> lockKeys) {
    public BranchView {
        lockKeys = List.copyOf(lockKeys);
    }
}
