package dev.plinth.bank;

import java.io.Serializable;

/** What the payer's side of a transfer answered. */
public final class Reservation implements Serializable {
    // No record, for the same reason as Answer.
    private final Outcome outcome;
    private final long cents;
    private final boolean alreadyPaid;

    private Reservation(Outcome outcome, long cents, boolean alreadyPaid) {
        this.outcome = outcome;
        this.cents = cents;
        this.alreadyPaid = alreadyPaid;
    }

    public static Reservation held(long cents) {
        return new Reservation(Outcome.DONE, cents, false);
    }

    /** The transfer was paid before: there is nothing left to do. */
    public static Reservation paidBefore(long cents) {
        return new Reservation(Outcome.DONE, cents, true);
    }

    public static Reservation refused(Outcome outcome) {
        return new Reservation(outcome, 0, false);
    }

    public Outcome outcome() {
        return outcome;
    }

    public long cents() {
        return cents;
    }

    public boolean alreadyPaid() {
        return alreadyPaid;
    }
}
