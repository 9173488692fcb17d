package dev.plinth.sdk.transactions;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which global transaction a thread works for, and who can doom it. */
final class CurrentTransaction {
    /*
     * A ThreadLocal and not a ScopedValue: those are final only in Java 25, and applications link this on 21.
     */

    /** @param begun the transaction, if it was begun in this process; else it was joined */
    record Scope(String xid, Optional<OpenTransaction> begun) {}

    @FunctionalInterface
    interface Body<R, X extends Exception> {
        R run() throws X;
    }

    @SuppressWarnings("ThreadLocalUsage") // one each for two coordinators that one process may have
    private final ThreadLocal<@Nullable Scope> scopes = new ThreadLocal<>();

    Optional<Scope> scope() {
        return Optional.ofNullable(scopes.get());
    }

    <R, X extends Exception> R within(Scope scope, Body<R, X> body) throws X {
        Scope outer = scopes.get();
        scopes.set(scope);
        try {
            return body.run();
        } finally {
            if (outer == null) {
                scopes.remove();
            } else {
                scopes.set(outer);
            }
        }
    }
}
