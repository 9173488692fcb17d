package dev.plinth.trust.control;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who got an X.509-SVID from this server lately, in its memory. Safe for many threads. */
public final class IssuedIdentities {
    /*
     * For people who look. Nothing depends on it, and it is not in the journal: what is issued follows from its entry, and ten thousand
     * workloads that are renewed each half hour would write it full.
     */
    public static final int KEPT_MAX = 200;

    private final Deque<Issue> newest = new ArrayDeque<>();
    private final Map<String, Tally> tallies = new LinkedHashMap<>();

    /**
     * An identity that was given.
     *
     * @param entry its name and version
     * @param to who got it, as far as that is known: a process, a key with what it proved
     */
    public record Issue(Instant at, String entry, SpiffeId id, Instant notAfter, String to) {}

    /** How many an entry has given since this server started, and the newest. */
    public record Tally(long count, Issue newest) {}

    public synchronized void add(RegistrationEntry entry, Instant at, Instant notAfter, String to) {
        var issue = new Issue(at, entry.name() + "@" + entry.version(), entry.id(), notAfter, to);
        newest.addFirst(issue);
        if (newest.size() > KEPT_MAX) {
            newest.removeLast();
        }
        var before = Optional.ofNullable(tallies.get(entry.name()));
        if (before.isEmpty() && tallies.size() >= TrustLimits.ENTRIES_MAX) {
            tallies.remove(tallies.keySet().iterator().next());
        }
        tallies.put(entry.name(), new Tally(before.map(Tally::count).orElse(0L) + 1, issue));
    }

    /** The newest first. */
    public synchronized List<Issue> newest() {
        return List.copyOf(newest);
    }

    /** Of one entry, by its name; empty if it has given none since this server started. */
    public synchronized Optional<Tally> of(String entry) {
        return Optional.ofNullable(tallies.get(entry));
    }
}
