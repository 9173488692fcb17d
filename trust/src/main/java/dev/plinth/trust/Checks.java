package dev.plinth.trust;

import dev.plinth.trust.Finding.Outcome;
import dev.plinth.trust.TrustVector.Aspect;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The appraisal of one piece of evidence while it goes on: findings, claims and the vector, as they come up. */
final class Checks {
    /*
     * A verifier goes on after a failed check where the next one still means something, so that a person sees all that is wrong and
     * not the first of it. Only what makes the rest meaningless, a structure that cannot be read, ends it (Malformed).
     */
    static final int FINDINGS_MAX = 4_096;

    private final String kind;
    private final Instant at;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<String, Object> claims = new LinkedHashMap<>();
    private final Map<Aspect, Integer> vector = new EnumMap<>(Aspect.class);
    private final Map<String, AttestationResult> parts = new LinkedHashMap<>();
    private Instant validUntil = Instant.MAX;
    private boolean failed;

    Checks(String kind, Instant at) {
        this.kind = kind;
        this.at = at;
    }

    Instant at() {
        return at;
    }

    boolean failed() {
        return failed;
    }

    boolean that(boolean holds, String check, String expected, String found, Where where) {
        add(holds ? Outcome.PASSED : Outcome.FAILED, check, expected, found, where, "");
        return holds;
    }

    /** A signature or a digest: what was computed is of no use to a reader, whether it fits is. */
    boolean verified(boolean holds, String check, String what, Where where) {
        return that(holds, check, what, holds ? "it verifies" : "it does not verify", where);
    }

    boolean equal(String check, Bytes found, byte[] expected) {
        return that(found.same(expected), check, Bytes.shown(expected), found.shown(), found.where());
    }

    boolean equal(String check, Bytes found, Bytes expected) {
        return that(found.same(expected), check, expected.shown(), found.shown(), found.where());
    }

    boolean zero(String check, Bytes reserved) {
        return that(
                reserved.isZero(), check, "zeros", reserved.isZero() ? "zeros" : reserved.shown(), reserved.where());
    }

    void fail(String check, String expected, String found, Where where) {
        add(Outcome.FAILED, check, expected, found, where, "");
    }

    void warn(String check, String expected, String found, Where where) {
        add(Outcome.WARNED, check, expected, found, where, "");
    }

    /** What denies unless a policy names {@code waiver}. */
    void unless(boolean holds, String waiver, String check, String expected, String found, Where where) {
        add(holds ? Outcome.PASSED : Outcome.EXCUSABLE, check, expected, found, where, holds ? "" : waiver);
    }

    void malformed(String check, Malformed malformed) {
        fail(check, malformed.expected(), malformed.found(), malformed.where());
    }

    /** Compares the evidence's own field with the challenge, and claims that it was, or was not, compared. */
    void challenge(String check, Challenge challenge, Bytes field) {
        switch (challenge) {
            case Challenge.Expected expected -> {
                var bytes = expected.bytes();
                var fits = field.length() >= bytes.length()
                        && field.slice(0, bytes.length()).same(bytes)
                        && field.from(bytes.length()).isZero();
                that(fits, check, bytes.shown(), field.shown(), field.where());
                claim("fresh", fits);
            }
            case Challenge.Unknown unknown -> {
                warn(check, "a challenge to compare with", "none was given: this may be a replay", field.where());
                claim("fresh", false);
            }
        }
    }

    /** As {@link #challenge}, for fields that are as long as what they repeat. */
    void challengeExactly(String check, Challenge challenge, Bytes field) {
        if (challenge instanceof Challenge.Expected expected && expected.bytes().length() != field.length()) {
            fail(check, expected.bytes().shown(), field.shown(), field.where());
            claim("fresh", false);
        } else {
            challenge(check, challenge, field);
        }
    }

    private void add(Outcome outcome, String check, String expected, String found, Where where, String waiver) {
        if (findings.size() >= FINDINGS_MAX) {
            throw new Malformed(where, "at most " + FINDINGS_MAX + " things to check", "more");
        }
        findings.add(new Finding(check, outcome, expected, found, where, waiver));
        failed |= outcome == Outcome.FAILED;
    }

    void claim(String name, Object value) {
        claims.put(name, value);
    }

    void claim(String name, Bytes value) {
        claims.put(name, value.hex());
    }

    void rate(Aspect aspect, int value) {
        vector.merge(aspect, value, Math::max);
    }

    void validUntil(Instant end) {
        if (end.isBefore(validUntil)) {
            validUntil = end;
        }
    }

    AttestationResult part(String name, AttestationResult result) {
        parts.put(name, result);
        validUntil(result.validUntil());
        return result;
    }

    AttestationResult result() {
        if (failed) {
            rate(Aspect.HARDWARE, TrustVector.CRYPTO_FAILED);
        }
        for (var part : parts.values()) {
            part.vector().values().forEach(this::rate);
        }
        var end = failed || validUntil.equals(Instant.MAX) ? at : validUntil;
        return new AttestationResult(kind, findings, claims, new TrustVector(vector), at, end, parts);
    }
}
