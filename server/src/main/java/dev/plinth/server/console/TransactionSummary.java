package dev.plinth.server.console;

import java.time.Instant;
import java.util.Optional;

/**
 * A row of the transactions view.
 *
 * @param name what the application called it
 * @param application which application began it; may be empty
 * @param endedAt absent while it is live
 */
public record TransactionSummary(
        String xid,
        String name,
        TransactionStatus status,
        String application,
        Instant beganAt,
        Optional<Instant> endedAt,
        int branchCount) {}
