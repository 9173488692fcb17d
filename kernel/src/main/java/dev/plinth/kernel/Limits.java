package dev.plinth.kernel;

import java.time.Duration;

/** The kernel's bounds, each with its unit in its name or its type. Beyond one the caller gets {@link Refused}. */
public final class Limits {
    private Limits() {}

    /** Bytes of one encoded command. */
    public static final int COMMAND_BYTES_MAX = 1 << 20;

    /** Inputs that wait in one journal for their place in the order. */
    public static final int PENDING_INPUTS_MAX = 1 << 16;

    /** Encoded bytes of the inputs that wait in one journal. */
    public static final long PENDING_BYTES_MAX = 64L << 20;

    /** Items that one read, or one page of a watch, may return. */
    public static final int READ_ITEMS_MAX = 1_000;

    /** Commands of one client without an answer, and so outcomes kept for it. */
    public static final int SESSION_WINDOW = 64;

    /** Client sessions of one partition. */
    public static final int SESSIONS_MAX = 10_000;

    /** How long, in the journal's time, a session lives without a command. */
    public static final Duration SESSION_IDLE_MAX = Duration.ofMinutes(30);

    /** Watchers of one partition. One that waits costs about two hundred bytes. */
    public static final int WATCHERS_MAX = 650_000;

    /** Changed keys remembered for one slow watcher; beyond, it gets a snapshot instead. */
    public static final int WATCH_KEYS_MAX = 4_096;

    /** Changed keys remembered for all slow watchers of one partition together, about fifty bytes each; beyond, as above. */
    public static final int WATCH_KEYS_TOTAL_MAX = 1 << 20;

    /** Effects that a performer has under way at once; the others wait their turn. */
    public static final int EFFECTS_UNDER_WAY_MAX = 4_096;
}
