package dev.plinth.bank.accounts;

import dev.plinth.bank.Reservation;

/** Ends one side of a transfer before it took effect: thrown through the fence, so that it undoes what was written. */
final class Refusal extends RuntimeException {
    private final transient Reservation answer;

    Refusal(Reservation answer) {
        super(answer.outcome().name(), null, false, false);
        this.answer = answer;
    }

    Reservation answer() {
        return answer;
    }
}
