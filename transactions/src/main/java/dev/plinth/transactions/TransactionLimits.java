package dev.plinth.transactions;

import java.time.Duration;

/**
 * The coordinator's bounds, each with its unit in its name or its type. Beyond one that others fill too ({@link #LIVE_MAX},
 * {@link #LOCKS_MAX}) and beyond {@link #BRANCHES_MAX} the caller gets {@code OVERLOADED}; an input that is too large by itself
 * cannot be made into a command at all.
 */
public final class TransactionLimits {
    private TransactionLimits() {}

    /** Transactions of one partition that have not ended, or are not yet in the history. */
    public static final int LIVE_MAX = 2_000_000;

    /** Branches of one transaction. */
    public static final int BRANCHES_MAX = 1_000;

    /** Global locks that one branch may take. */
    public static final int LOCK_KEYS_MAX = 10_000;

    /** Global locks of one partition. */
    public static final int LOCKS_MAX = 10_000_000;

    /** Resources whose home is settled; a branch with locks of one more is refused. */
    public static final int HOMES_MAX = 100_000;

    /** Characters of a lock key's table and primary key together. */
    public static final int LOCK_KEY_CHARS_MAX = 1_024;

    /** Characters of a transaction's, an application's, a service group's, a resource's or a client's name. */
    public static final int NAME_CHARS_MAX = 1_024;

    /** Characters of a branch's application data. */
    public static final int APPLICATION_DATA_CHARS_MAX = 64 * 1_024;

    /** A transaction's longest time-out. */
    public static final Duration TIMEOUT_MAX = Duration.ofDays(30);

    /** Characters of what a participant says beside its answer to phase two; the rest is cut. */
    public static final int WORDS_CHARS_MAX = 32 * 1_024;

    /** Characters of the fingerprints of rows that a decision is about. */
    public static final int SEEN_CHARS_MAX = 1_024;

    /** Events in one transaction's timeline; beyond, only the end and what people did are added. */
    public static final int TIMELINE_EVENTS_MAX = 256;

    /** Characters of a reason kept in a timeline; the rest is cut. */
    public static final int REASON_CHARS_MAX = 200;

    /** Characters of the name of a person who forced or settled a transaction. */
    public static final int OPERATOR_CHARS_MAX = 100;

    /** Characters of that person's reason. */
    public static final int AUDIT_REASON_CHARS_MAX = 500;

    /** Transactions that one {@link Command.Forget} names. */
    public static final int FORGET_MAX = 10_000;

    /** Transactions that one page of a list may hold. */
    public static final int PAGE_MAX = 1_000;

    /** @throws IllegalArgumentException if the text is longer */
    static void check(String what, String text, int charsMax) {
        if (text.length() > charsMax) {
            throw new IllegalArgumentException(
                    what + " has " + text.length() + " characters; the limit is " + charsMax);
        }
    }

    /** @throws IllegalArgumentException if there are more */
    static void check(String what, int count, int max) {
        if (count > max) {
            throw new IllegalArgumentException(what + ": " + count + "; the limit is " + max);
        }
    }
}
