package dev.plinth.rpc;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** On whose behalf the calls of a block of code are made, where no parameter says it. */
public final class Routing {
    /*
     * A ScopedValue is what this wants to be; JDK 21, for which this module is compiled, has it only as a preview. So it is a
     * ThreadLocal that is only ever set for a block, and put back to what it was when the block ends. It is not inherited by
     * threads that the block starts: they would keep it beyond the block.
     */
    private static final ThreadLocal<@Nullable String> USER = new ThreadLocal<>();

    /** Work with a result. */
    @FunctionalInterface
    public interface Work<R, X extends Exception> {
        R call() throws X;
    }

    private final String user;

    private Routing(String user) {
        this.user = user;
    }

    /** Calls made in {@link #call} are for this user. */
    public static Routing user(String id) {
        if (id.isEmpty()) {
            throw new IllegalArgumentException("user id: must not be empty");
        }
        return new Routing(id);
    }

    /** Runs the work; calls that this thread makes in it are routed to the user's cell. */
    public <R, X extends Exception> R call(Work<R, X> work) throws X {
        String before = USER.get();
        USER.set(user);
        try {
            return work.call();
        } finally {
            if (before == null) {
                USER.remove();
            } else {
                USER.set(before);
            }
        }
    }

    /** {@link #call} without a result. */
    public void run(Runnable work) {
        call(() -> {
            work.run();
            return true;
        });
    }

    static Optional<String> currentUser() {
        return Optional.ofNullable(USER.get());
    }
}
