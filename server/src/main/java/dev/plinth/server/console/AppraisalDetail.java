package dev.plinth.server.console;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One appraisal with every check of its evidence.
 *
 * @param reasons against it; empty if it was granted
 * @param whole false: it was too large, and claims and some checks that passed are left out
 */
public record AppraisalDetail(
        AppraisalPage.Summary appraisal, List<String> reasons, List<Result> results, boolean whole) {
    public AppraisalDetail {
        reasons = List.copyOf(reasons);
        results = List.copyOf(results);
    }

    /**
     * What one piece of evidence came to.
     *
     * @param claims names to texts, whole numbers, booleans, lists and maps of these; to be believed only if no check failed
     * @param validUntil when the first of what it rests on runs out; {@code at} if it does not hold
     * @param parts of composite and wrapped evidence, by name
     */
    public record Result(
            String kind,
            boolean simulated,
            Instant at,
            Instant validUntil,
            List<Check> checks,
            List<Aspect> vector,
            Map<String, Object> claims,
            Map<String, Result> parts) {
        public Result {
            checks = List.copyOf(checks);
            vector = List.copyOf(vector);
            claims = Collections.unmodifiableMap(new TreeMap<>(claims));
            parts = Collections.unmodifiableMap(new TreeMap<>(parts));
        }
    }

    public enum Outcome {
        PASSED,
        /** Passes, and is worth to be known. */
        WARNED,
        /** Denies unless a policy names the waiver. */
        EXCUSABLE,
        /** Denies, whatever a policy says. */
        FAILED
    }

    /**
     * One check.
     *
     * @param name {@code vendor.subject}
     * @param waiver what a policy has to name; empty but for {@link Outcome#EXCUSABLE}
     */
    public record Check(String name, Outcome outcome, String expected, String found, String waiver, Place where) {}

    /**
     * What it looked at.
     *
     * @param source the document
     * @param from the first byte of it, with {@code bytes}; or
     * @param field of the document
     */
    public record Place(String source, Optional<Integer> from, Optional<Integer> bytes, Optional<String> field) {}

    /**
     * How far one aspect of the attester can be trusted (AR4SI).
     *
     * @param tier {@code none}, {@code affirming}, {@code warning} or {@code contraindicated}
     */
    public record Aspect(String name, int value, String tier) {}
}
