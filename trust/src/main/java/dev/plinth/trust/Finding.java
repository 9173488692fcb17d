package dev.plinth.trust;

/**
 * What one check came to: its name, what was expected, what was found, and the bytes or the field that it looked at.
 *
 * @param check stable name, {@code vendor.subject}; {@code docs/trust-conformance.md} lists them
 * @param waiver what a policy has to name so that a finding of kind {@link Outcome#EXCUSABLE} does not deny; empty for all others
 */
public record Finding(String check, Outcome outcome, String expected, String found, Where where, String waiver) {
    public enum Outcome {
        PASSED,
        /** Passes, and is worth to be known: a platform that needs hardening, say. */
        WARNED,
        /** Denies unless a policy names the waiver: debug, simulation, a TCB that is out of date. */
        EXCUSABLE,
        /** Denies, whatever a policy says. */
        FAILED
    }

    public Finding {
        if (waiver.isEmpty() == (outcome == Outcome.EXCUSABLE)) {
            throw new IllegalArgumentException("check " + check + ": an excusable finding, and no other, has a waiver");
        }
    }

    @Override
    public String toString() {
        return outcome + " " + check + ": expected " + expected + ", found " + found + " (" + where + ")";
    }
}
