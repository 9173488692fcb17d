package dev.plinth.bank;

/** How an operation ended, as its caller is told. Anything but {@link #DONE} and {@link #UNKNOWN} changed nothing for good. */
public enum Outcome {
    DONE,
    /** What is available, the balance less what is held, does not suffice. */
    INSUFFICIENT_FUNDS,
    NO_SUCH_CUSTOMER,
    /** An earlier attempt with the same id has not ended yet; ask again with the same id. */
    IN_PROGRESS,
    /** The id was used for another operation. */
    CONFLICTING_ID,
    /** Not within the bank's limits, see {@link Money}. */
    INVALID_AMOUNT,
    /** Something technical went wrong, and the transfer's attempt was, or will be, undone. Try again with the same id. */
    ROLLED_BACK,
    /** The coordinator could not be asked in time: it may have been done. Try again with the same id to know. */
    UNKNOWN;

    /** Whether trying again with the same id may end otherwise. */
    public boolean isRetryable() {
        return switch (this) {
            case IN_PROGRESS, ROLLED_BACK, UNKNOWN -> true;
            case DONE, INSUFFICIENT_FUNDS, NO_SUCH_CUSTOMER, CONFLICTING_ID, INVALID_AMOUNT -> false;
        };
    }
}
