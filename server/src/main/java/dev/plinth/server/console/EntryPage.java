package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Some registration entries, by name.
 *
 * @param next what to pass as {@code after} to get the page that follows; absent on the last one
 */
public record EntryPage(List<Entry> entries, Optional<String> next) {
    public EntryPage {
        entries = List.copyOf(entries);
    }

    /**
     * Who gets which identity.
     *
     * @param selectors what it has to be, all of it
     * @param lifeSeconds of its identities; absent: as the domain's
     * @param issued how many this server gave since it started
     * @param newest the newest of these
     */
    public record Entry(
            String name,
            String spiffeId,
            List<String> selectors,
            Optional<Long> lifeSeconds,
            String hint,
            List<String> federatesWith,
            String owner,
            long version,
            Instant at,
            long issued,
            Optional<Issue> newest) {
        public Entry {
            selectors = List.copyOf(selectors);
            federatesWith = List.copyOf(federatesWith);
        }
    }

    /**
     * An identity that was given.
     *
     * @param entry the entry's name and version
     * @param to who got it, as far as that is known
     */
    public record Issue(Instant at, String entry, String spiffeId, Instant notAfter, String to) {}

    /** What this server gave lately. */
    record Issues(List<Issue> issues) {}
}
