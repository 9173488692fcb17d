package dev.plinth.wire.seata;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a branch's registration says that its coordinator may wait for global locks, in the application data of an AT branch. */
public final class LockWait {
    /*
     * Seata's message has no field for it, and its server passes over what it does not know in this JSON: it answers at once, and
     * the client asks again. With Plinth's coordinator the row goes to who waits as soon as it is let go.
     */
    private static final Pattern WAIT = Pattern.compile("\\{\"plinth\\.lockWaitMs\":([0-9]{1,7})}");

    /** Waits are told in steps of so much, rounded up: so that many branches say the same. */
    private static final long STEP_MS = 100;

    /** The longest that a coordinator waits, whatever it is asked for. */
    public static final Duration MAX = Duration.ofSeconds(60);

    private LockWait() {}

    /** What to register a branch with; empty if it is not to be waited. */
    public static String applicationData(Duration wait) {
        long steps = (Math.min(wait.toMillis(), MAX.toMillis()) + STEP_MS - 1) / STEP_MS;
        return steps <= 0 ? "" : "{\"plinth.lockWaitMs\":" + steps * STEP_MS + "}";
    }

    /** How long to wait for a branch that was registered with this; zero if it does not say so. */
    public static Duration of(String applicationData) {
        Matcher found = WAIT.matcher(applicationData);
        if (!found.matches()) {
            return Duration.ZERO;
        }
        return Duration.ofMillis(Math.min(Long.parseLong(found.group(1)), MAX.toMillis()));
    }
}
