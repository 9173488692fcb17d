package dev.plinth.kernel;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Remembers the first thing that does not hold, for what is thrown in the middle of a partition may be caught there. */
final class Judge {
    private @Nullable AssertionError first;

    void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            fail(new AssertionError(otherwise.get()));
        }
    }

    /** Runs checks that throw. */
    void hear(Runnable checks) {
        try {
            checks.run();
        } catch (AssertionError e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(new AssertionError("a check could not be made: " + e, e));
        }
    }

    private void fail(AssertionError error) {
        if (first == null) {
            first = error;
        }
        throw error;
    }

    void throwFirst() {
        if (first != null) {
            throw first;
        }
    }
}
