package dev.plinth.kernel;

import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What happened in lives: commands and their outcomes, and which faults met which states. Idle time counts for nothing. */
public final class Coverage {
    private final TreeMap<String, Long> commands = new TreeMap<>();
    private final TreeMap<String, Long> outcomes = new TreeMap<>();
    private final TreeMap<String, TreeMap<String, Long>> met = new TreeMap<>();
    private final TreeMap<String, Long> events = new TreeMap<>();
    private long entries;
    private long acknowledged;
    private long faults;

    /** Somebody asks for this. */
    public void command(Object command) {
        add(commands, name(command), 1);
    }

    /** Somebody is answered with this. */
    public void outcome(Object outcome) {
        acknowledged++;
        add(outcomes, name(outcome), 1);
    }

    /** An entry is ordered, and applied for the first time. */
    public void entry() {
        entries++;
    }

    /** Something worth counting happened. */
    public void event(String what) {
        add(events, what, 1);
    }

    /** A fault met these states. */
    public void fault(Fault fault, Set<String> states) {
        faults++;
        var row = met.computeIfAbsent(
                fault.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '), _ -> new TreeMap<>());
        if (states.isEmpty()) {
            add(row, "(idle)", 1);
        }
        states.forEach(state -> add(row, state, 1));
    }

    /** Entries that were ordered. */
    public long entries() {
        return entries;
    }

    /** Answers that were given. */
    public long acknowledged() {
        return acknowledged;
    }

    /** Faults that happened. */
    public long faults() {
        return faults;
    }

    /** How often an event came up, such as a member restored from a snapshot while it ran. */
    public long events(String what) {
        return events.getOrDefault(what, 0L);
    }

    /** Pairs of a fault and a state that met. */
    public int pairs() {
        return met.values().stream().mapToInt(Map::size).sum();
    }

    /** Whether a life did so little that it proves nothing. */
    public boolean idle() {
        return acknowledged < 50 || faults == 0;
    }

    /** Adds what happened in another life. */
    public void add(Coverage other) {
        other.commands.forEach((key, count) -> add(commands, key, count));
        other.outcomes.forEach((key, count) -> add(outcomes, key, count));
        other.events.forEach((key, count) -> add(events, key, count));
        other.met.forEach((fault, row) ->
                row.forEach((state, count) -> add(met.computeIfAbsent(fault, _ -> new TreeMap<>()), state, count)));
        entries += other.entries;
        acknowledged += other.acknowledged;
        faults += other.faults;
    }

    private static void add(Map<String, Long> counts, String key, long count) {
        counts.merge(key, count, Long::sum);
    }

    private static String name(Object record) {
        return record.getClass().getSimpleName();
    }

    /** For people. */
    public String text() {
        var text = new StringBuilder();
        text.append(entries).append(" entries, ").append(acknowledged).append(" answers, ");
        text.append(faults).append(" faults\n");
        text.append("commands: ").append(line(commands)).append('\n');
        text.append("answers:  ").append(line(outcomes)).append('\n');
        text.append("events:   ").append(line(events)).append('\n');
        text.append("faults, and the states that they met:\n");
        met.forEach((fault, row) -> text.append(String.format(Locale.ROOT, "  %-24s %s%n", fault, line(row))));
        return text.toString();
    }

    private static String line(Map<String, Long> counts) {
        var line = new StringBuilder();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(one -> line.append(line.isEmpty() ? "" : ", ")
                        .append(one.getKey())
                        .append(' ')
                        .append(one.getValue()));
        return line.isEmpty() ? "none" : line.toString();
    }
}
