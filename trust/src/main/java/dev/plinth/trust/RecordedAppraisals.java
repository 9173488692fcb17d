package dev.plinth.trust;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The newest appraisals of one door of this server, in its memory: for people who look, and for dry runs. Safe for many threads. */
public final class RecordedAppraisals {
    /*
     * What was granted and what was refused are kept apart, so that ten thousand workloads which are renewed do not push out the one
     * refusal that somebody looks for. Whoever is refused chooses how much he hands in, so it is weighed as well as counted, and a single
     * one that is too heavy is kept in part: its objections first, and no claims.
     *
     * In memory, not in the journal: an attacker would write the journal full. What people did and whom a secret was refused stands in
     * the audit log.
     */
    public static final int KEPT_MAX = 100;

    /** Of what is kept of each kind, together. */
    static final int CHARACTERS_MAX = 4 << 20;

    /** Of one that is kept as it was. */
    static final int WHOLE_CHARACTERS_MAX = CHARACTERS_MAX / 8;

    static final int REASONS_MAX = 50;
    private static final int FINDINGS_IN_PART = 200;
    private static final int TEXT_IN_PART = 500;
    private static final int DEPTH_MAX = 16;

    private record Kept(RecordedAppraisal appraisal, long characters) {}

    private final Deque<Kept> granted = new ArrayDeque<>();
    private final Deque<Kept> refused = new ArrayDeque<>();
    private long last;

    /** Keeps this one, under the next number, and forgets the oldest of its kind when there are too many. */
    public synchronized void add(RecordedAppraisal appraisal) {
        last++;
        var bounded = bounded(appraisal.numbered(last));
        var kind = appraisal.granted() ? granted : refused;
        kind.addFirst(new Kept(bounded, characters(bounded)));
        while (kind.size() > KEPT_MAX
                || kind.stream().mapToLong(Kept::characters).sum() > CHARACTERS_MAX) {
            kind.removeLast();
        }
    }

    /** All that are kept, the newest first. */
    public synchronized List<RecordedAppraisal> newest() {
        return Stream.concat(granted.stream(), refused.stream())
                .map(Kept::appraisal)
                .sorted(Comparator.comparingLong(RecordedAppraisal::number).reversed())
                .toList();
    }

    /** One that is kept. */
    public Optional<RecordedAppraisal> find(long number) {
        return newest().stream().filter(one -> one.number() == number).findFirst();
    }

    private static RecordedAppraisal bounded(RecordedAppraisal of) {
        boolean whole = characters(of) <= WHOLE_CHARACTERS_MAX;
        return new RecordedAppraisal(
                of.number(),
                of.at(),
                shortened(of.asked()),
                shortened(of.who()),
                of.proofs(),
                whole
                        ? of.results()
                        : of.results().stream()
                                .map(result -> inPart(result, FINDINGS_IN_PART))
                                .toList(),
                of.granted(),
                of.by(),
                of.reasons().stream()
                        .limit(REASONS_MAX)
                        .map(RecordedAppraisals::shortened)
                        .toList(),
                whole);
    }

    private static AttestationResult inPart(AttestationResult result, int findings) {
        var objectionsFirst = result.findings().stream()
                .sorted(Comparator.comparing(Finding::outcome).reversed())
                .limit(findings)
                .map(one -> new Finding(
                        one.check(),
                        one.outcome(),
                        shortened(one.expected()),
                        shortened(one.found()),
                        one.where(),
                        one.waiver()))
                .toList();
        var parts = new java.util.TreeMap<String, AttestationResult>();
        result.parts().forEach((name, part) -> parts.put(shortened(name), inPart(part, FINDINGS_IN_PART / 8)));
        // Whether it is a simulation must not get lost with the claims.
        return new AttestationResult(
                result.kind(),
                objectionsFirst,
                result.simulated() ? Map.of(SimulatedVerifier.CLAIM, true) : Map.of(),
                result.vector(),
                result.at(),
                result.validUntil(),
                parts);
    }

    private static String shortened(String text) {
        return text.length() <= TEXT_IN_PART ? text : text.substring(0, TEXT_IN_PART) + "…";
    }

    private static long characters(RecordedAppraisal of) {
        return of.asked().length()
                + of.who().length()
                + of.reasons().stream().mapToLong(String::length).sum()
                + of.results().stream()
                        .mapToLong(RecordedAppraisals::characters)
                        .sum();
    }

    private static long characters(AttestationResult result) {
        return result.findings().stream()
                        .mapToLong(one -> one.check().length()
                                + one.expected().length()
                                + one.found().length()
                                + one.where().toString().length())
                        .sum()
                + characters(result.claims(), 0)
                + result.parts().values().stream()
                        .mapToLong(RecordedAppraisals::characters)
                        .sum();
    }

    private static long characters(@Nullable Object claim, int depth) {
        if (depth > DEPTH_MAX) {
            return WHOLE_CHARACTERS_MAX;
        }
        return switch (claim) {
            case null -> 0;
            case String text -> text.length();
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .mapToLong(one -> characters(one.getKey(), depth + 1) + characters(one.getValue(), depth + 1))
                        .sum();
            case Collection<?> many ->
                many.stream().mapToLong(one -> characters(one, depth + 1)).sum();
            default -> Long.BYTES;
        };
    }
}
