package dev.plinth.bank.driver;

import java.util.ArrayList;
import java.util.List;

/** How many of a hundred operations are of each kind. */
public record Mix(
        int balance, int depositChecking, int transactSavings, int amalgamate, int writeCheck, int sendPayment) {

    /** As the benchmark's implementations have it. */
    public static final Mix SMALLBANK = new Mix(15, 15, 15, 15, 15, 25);

    /**
     * More payments for fewer amalgamations. With SmallBank's own mix every seventh operation empties a customer, and since
     * nearly all are on the hot ones, about half of all transfers are refused for want of money.
     */
    public static final Mix PAYMENTS = new Mix(15, 15, 15, 3, 15, 37);

    public Mix {
        int sum = 0;
        for (int share : List.of(balance, depositChecking, transactSavings, amalgamate, writeCheck, sendPayment)) {
            if (share < 0) {
                throw new IllegalArgumentException("mix: " + share + " is negative");
            }
            sum += share;
        }
        if (sum != 100) {
            throw new IllegalArgumentException("mix: the six shares make " + sum + ", not 100");
        }
    }

    /** Reads the six shares in the order of the components, with commas between. */
    public static Mix parse(String text) {
        String[] parts = text.split(",", -1);
        if (parts.length != 6) {
            throw new IllegalArgumentException(
                    "mix: '" + text + "' is not of the form 15,15,15,15,15,25: six shares of Balance, DepositChecking,"
                            + " TransactSavings, Amalgamate, WriteCheck, SendPayment");
        }
        List<Integer> shares = new ArrayList<>();
        for (String part : parts) {
            try {
                shares.add(Integer.parseInt(part.strip()));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("mix: '" + part + "' in '" + text + "' is no number", e);
            }
        }
        return new Mix(shares.get(0), shares.get(1), shares.get(2), shares.get(3), shares.get(4), shares.get(5));
    }
}
