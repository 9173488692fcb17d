package dev.plinth.trust;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What an appraisal came to: every check with its outcome, the claims that the evidence makes, and the trust vector.
 *
 * <p>Claims are to be believed only if {@link #holds} says so; a result that does not hold keeps them, because a person wants to see
 * what was refused.
 *
 * @param kind which evidence it was: {@code sgx}, {@code tdx}, {@code snp}, ...
 * @param claims names to texts (hexadecimal for bytes), whole numbers, booleans, lists and maps of these
 * @param at the time of appraisal that was asked about
 * @param validUntil when the first of the certificates and collateral used runs out; {@code at} if nothing held
 * @param parts results of the parts, for composite and wrapped evidence
 */
public record AttestationResult(
        String kind,
        List<Finding> findings,
        Map<String, Object> claims,
        TrustVector vector,
        Instant at,
        Instant validUntil,
        Map<String, AttestationResult> parts) {

    public AttestationResult {
        findings = List.copyOf(findings);
        claims = Map.copyOf(claims);
        parts = Map.copyOf(parts);
    }

    /** No check failed, and each excusable finding, of all parts too, is named in {@code waivers}. */
    public boolean holds(Set<String> waivers) {
        return everyFinding().allMatch(finding -> switch (finding.outcome()) {
            case PASSED, WARNED -> true;
            case EXCUSABLE -> waivers.contains(finding.waiver());
            case FAILED -> false;
        });
    }

    /** No check failed and nothing needs an excuse. */
    public boolean holds() {
        return holds(Set.of());
    }

    /** What a policy would have to name for this result to hold, if nothing failed. */
    public Set<String> waiversNeeded() {
        var needed = new TreeSet<String>();
        everyFinding()
                .filter(finding -> finding.outcome() == Finding.Outcome.EXCUSABLE)
                .forEach(finding -> needed.add(finding.waiver()));
        return needed;
    }

    /** No hardware stands behind it, or behind one of its parts. */
    public boolean simulated() {
        return Boolean.TRUE.equals(claims.get(SimulatedVerifier.CLAIM))
                || parts.values().stream().anyMatch(AttestationResult::simulated);
    }

    /** The findings of this result and of all its parts. */
    public Stream<Finding> everyFinding() {
        return Stream.concat(findings.stream(), parts.values().stream().flatMap(AttestationResult::everyFinding));
    }

    /** Those that deny, excusable or not. */
    public List<Finding> objections() {
        return everyFinding()
                .filter(finding ->
                        finding.outcome() == Finding.Outcome.FAILED || finding.outcome() == Finding.Outcome.EXCUSABLE)
                .toList();
    }
}
