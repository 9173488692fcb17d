package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Finding;
import dev.plinth.trust.Names;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether an artifact was admitted under a policy, and why.
 *
 * @param number from 1, in the order of verdicts; 0: not stored yet
 * @param artifact its name, for people
 * @param policyVersion 0: there was no such policy
 * @param notes what was found: all that denies, as far as there is room, then the rest
 * @param left how many findings had no room
 */
public record Verdict(
        long number,
        String sha256,
        String artifact,
        String policy,
        int policyVersion,
        boolean admitted,
        Set<String> signers,
        List<Note> notes,
        int left,
        Instant at) {
    public static final int NOTES_MAX = 64;
    public static final int TEXT_CHARACTERS_MAX = 400;

    /** A finding as it is kept. */
    public record Note(String check, Finding.Outcome outcome, String expected, String found, String where) {
        static Note of(Finding finding) {
            return new Note(
                    finding.check(),
                    finding.outcome(),
                    cut(finding.expected()),
                    cut(finding.found()),
                    cut(finding.where().toString()));
        }

        private static String cut(String text) {
            return text.length() <= TEXT_CHARACTERS_MAX ? text : text.substring(0, TEXT_CHARACTERS_MAX) + "…";
        }

        long characters() {
            return (long) check.length() + expected.length() + found.length() + where.length();
        }

        @Override
        public String toString() {
            return check + ": expected " + expected + ", found " + found + " (" + where + ")";
        }
    }

    public Verdict {
        Artifact.checkDigest(sha256);
        Names.check("admission policy", policy);
        signers = Set.copyOf(signers);
        notes = List.copyOf(notes);
        if (admitted && (policyVersion < 1 || signers.isEmpty())) {
            throw new IllegalArgumentException(
                    "verdict on " + sha256 + ": expected a policy and a signer for what is admitted, found none");
        }
        if (notes.size() > NOTES_MAX) {
            throw new IllegalArgumentException(
                    "notes of a verdict: expected at most " + NOTES_MAX + ", found " + notes.size());
        }
    }

    /** What an examination comes to. */
    public static Verdict of(Artifact artifact, AdmissionPolicy policy, Examination examination, Instant at) {
        return of(
                artifact,
                policy.name(),
                policy.version(),
                examination.holds(),
                examination.signers(),
                examination.findings(),
                at);
    }

    /** What no policy guards is denied. */
    public static Verdict unguarded(Artifact artifact, String policy, Instant at) {
        return of(
                artifact,
                policy,
                0,
                false,
                Set.of(),
                List.of(new Finding(
                        "policy",
                        Finding.Outcome.FAILED,
                        "an admission policy",
                        "none of this name: " + Bytes.shorten(policy),
                        dev.plinth.trust.Where.field("submission", "policy"),
                        "")),
                at);
    }

    private static Verdict of(
            Artifact artifact,
            String policy,
            int version,
            boolean admitted,
            Set<String> signers,
            List<Finding> findings,
            Instant at) {
        var kept = findings.stream()
                .sorted(java.util.Comparator.comparing(one -> one.outcome() != Finding.Outcome.FAILED))
                .limit(NOTES_MAX)
                .map(Note::of)
                .toList();
        return new Verdict(
                0,
                artifact.sha256(),
                artifact.name(),
                policy,
                version,
                admitted,
                signers,
                kept,
                findings.size() - kept.size(),
                at);
    }

    /** As it is stored. */
    public Verdict numbered(long as, Instant when) {
        return new Verdict(as, sha256, artifact, policy, policyVersion, admitted, signers, notes, left, when);
    }

    /** By whom, in an order that is always the same. */
    public List<String> sortedSigners() {
        return List.copyOf(new TreeSet<>(signers));
    }

    public long characters() {
        return artifact.length()
                + policy.length()
                + signers.stream().mapToLong(String::length).sum()
                + notes.stream().mapToLong(Note::characters).sum();
    }

    /** What denies. */
    public List<Note> objections() {
        return notes.stream()
                .filter(one -> one.outcome() == Finding.Outcome.FAILED)
                .toList();
    }
}
