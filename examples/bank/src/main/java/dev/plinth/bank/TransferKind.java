package dev.plinth.bank;

/** The two operations of SmallBank that move money from one customer to another. */
public enum TransferKind {
    /** An amount from checking to checking. */
    SEND_PAYMENT,
    /** Everything that is available in both accounts to the other's checking. */
    AMALGAMATE
}
