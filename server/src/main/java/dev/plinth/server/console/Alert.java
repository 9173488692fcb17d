package dev.plinth.server.console;

import java.time.Instant;

/**
 * Something that a person should know now. It stands in every document until it is over.
 *
 * @param id tells it from other alerts, and stays the same while it lasts
 * @param title one line
 * @param detail what to do or where to look; may be empty
 */
public record Alert(String id, Severity severity, String title, String detail, Instant since) {
    public enum Severity {
        INFO,
        WARNING,
        CRITICAL
    }
}
