package dev.plinth.server.console;

import java.time.Instant;
import java.util.Optional;

/**
 * A row of the transactions view.
 *
 * @param name what the application called it
 * @param application which application began it; may be empty
 * @param endedAt absent while it is live
 * @param cell whose partition decides about it; empty if there is only one
 */
public record TransactionSummary(
        String xid,
        String name,
        TransactionStatus status,
        String application,
        Instant beganAt,
        Optional<Instant> endedAt,
        int branchCount,
        String cell) {}
