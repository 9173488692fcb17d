package dev.plinth.transactions;

import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A global transaction as others see it: whole, immutable, live or ended.
 *
 * @param begun when it began, in the journal's time
 * @param ended when nothing was left to do; empty while it lives
 * @param branches in the order of registration
 * @param timeline in the order of events
 */
public record TransactionView(
        TransactionId id,
        String name,
        String applicationId,
        String serviceGroup,
        GlobalStatus status,
        Instant begun,
        Duration timeout,
        Optional<Instant> ended,
        List<BranchView> branches,
        List<TimelineEvent> timeline) {
    public TransactionView {
        branches = List.copyOf(branches);
        timeline = List.copyOf(timeline);
    }
}
