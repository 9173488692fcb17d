package dev.plinth.bank.driver;

/** One thing that a client does. */
sealed interface Operation {

    record Balance(long customer) implements Operation {}

    record DepositChecking(long customer, long cents) implements Operation {}

    record TransactSavings(long customer, long cents) implements Operation {}

    record WriteCheck(long customer, long cents) implements Operation {}

    record SendPayment(long payer, long payee, long cents) implements Operation {}

    record Amalgamate(long payer, long payee) implements Operation {}

    /** Whether it moves money between two customers. */
    default boolean isTransfer() {
        return this instanceof SendPayment || this instanceof Amalgamate;
    }
}
