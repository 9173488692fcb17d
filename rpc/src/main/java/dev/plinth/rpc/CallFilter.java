package dev.plinth.rpc;

import java.util.concurrent.CompletableFuture;

/** What a client does around each call: add a property, measure, refuse. */
@FunctionalInterface
public interface CallFilter {

    /** The rest of the way: the next filter, or the network. */
    @FunctionalInterface
    interface Caller {
        /**
         * Makes the call. The future fails with the exception of the service as it is, or with an {@link RpcException}; a
         * blocking call's is done when this returns.
         */
        CompletableFuture<Reply> call(Call call);
    }

    /** Called on the thread that makes the call; hands it on to {@code next}, changed or not, or answers by itself. */
    CompletableFuture<Reply> call(Call call, Caller next);
}
