package dev.plinth.bank;

/** Money is a {@code long} of cents, everywhere. */
public final class Money {
    /** The largest amount of one operation. A balance could take ninety million of them. */
    public static final long AMOUNT_CENTS_MAX = 100_000_000_000L;
    /** What an overdraft by a check costs in addition: SmallBank's penalty of 1. */
    public static final long OVERDRAFT_PENALTY_CENTS = 100;

    private static final int CENTS = 100;

    private Money() {}

    /** Whether it may be paid in, paid out or sent. */
    public static boolean isAmount(long cents) {
        return cents > 0 && cents <= AMOUNT_CENTS_MAX;
    }

    /** With a point before the cents: {@code -12.05}. */
    public static String text(long cents) {
        String sign = cents < 0 ? "-" : "";
        long whole = Math.abs(cents / CENTS);
        long part = Math.abs(cents % CENTS);
        return sign + whole + (part < 10 ? ".0" : ".") + part;
    }
}
