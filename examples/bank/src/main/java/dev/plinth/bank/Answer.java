package dev.plinth.bank;

import java.io.Serializable;

/** An outcome and the amount that belongs to it, which is 0 unless the outcome is {@link Outcome#DONE}. */
public final class Answer implements Serializable {
    /*
     * An ordinary class and not a record, because it travels in the SOFA protocol's Hessian, which sets fields where a record
     * lets nobody set any.
     */
    private final Outcome outcome;
    private final long cents;

    private Answer(Outcome outcome, long cents) {
        this.outcome = outcome;
        this.cents = cents;
    }

    public static Answer done(long cents) {
        return new Answer(Outcome.DONE, cents);
    }

    public static Answer refused(Outcome outcome) {
        if (outcome == Outcome.DONE) {
            throw new IllegalArgumentException("outcome: DONE is no refusal");
        }
        return new Answer(outcome, 0);
    }

    public Outcome outcome() {
        return outcome;
    }

    public long cents() {
        return cents;
    }

    @Override
    public String toString() {
        return outcome == Outcome.DONE ? "DONE " + Money.text(cents) : outcome.toString();
    }
}
