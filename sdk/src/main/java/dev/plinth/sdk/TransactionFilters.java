package dev.plinth.sdk;

import dev.plinth.rpc.CallFilter;
import dev.plinth.rpc.ServeFilter;
import dev.plinth.sdk.transactions.Transactions;
import java.util.Optional;
import java.util.function.Supplier;

/** Carries the current global transaction with each call, in the property that Seata's own SOFARPC integration uses. */
final class TransactionFilters {

    static final String XID_PROPERTY = "TX_XID";

    private TransactionFilters() {}

    /** @param currentXid of the calling thread */
    static CallFilter calling(Supplier<Optional<String>> currentXid) {
        return (call, next) -> next.call(
                currentXid.get().map(xid -> call.with(XID_PROPERTY, xid)).orElse(call));
    }

    /** @param transactions asked for only when a call is part of one */
    static ServeFilter serving(Supplier<Transactions> transactions) {
        return (call, next) -> {
            Optional<String> xid = call.property(XID_PROPERTY).filter(it -> !it.isBlank());
            if (xid.isEmpty()) {
                return next.serve();
            }
            // An Optional, because the work's result may be null and the type variable may not.
            return transactions
                    .get()
                    .<Optional<Object>, Exception>join(xid.get(), () -> Optional.ofNullable(next.serve()))
                    .orElse(null);
        };
    }
}
