package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Entries of the audit log, the newest first.
 *
 * @param sequence of the newest entry that there is
 * @param oldest the oldest entry that can be shown; those before it are in this server's files alone
 * @param next what to pass as {@code before} to get the page that follows; absent on the last one
 */
public record AuditPage(List<Entry> entries, long sequence, long oldest, Optional<Long> next) {
    public AuditPage {
        entries = List.copyOf(entries);
    }

    /**
     * Who did what to what.
     *
     * @param hash of it and all before it; SHA-256
     */
    public record Entry(
            long sequence, Instant at, String actor, String action, String subject, String detail, String hash) {}

    /**
     * What a look at every line came to.
     *
     * @param good no line is wrong, and the copy reaches where the log stood
     * @param sequence the newest entry of the copy
     * @param head where the log stood
     * @param checkpointsSigned whether signatures were looked at: there was a key
     * @param missing entries that were never written here, for the server was away
     * @param problems file, line and what is wrong
     */
    public record Verification(
            boolean good,
            Instant at,
            long tookMicros,
            long entries,
            long sequence,
            long head,
            long checkpoints,
            Optional<TrustState.Checkpoint> newestCheckpoint,
            boolean checkpointsSigned,
            String key,
            long missing,
            List<String> problems) {
        public Verification {
            problems = List.copyOf(problems);
        }
    }
}
