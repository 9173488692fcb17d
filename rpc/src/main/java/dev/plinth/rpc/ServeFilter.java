package dev.plinth.rpc;

import org.jspecify.annotations.Nullable;

/** What a server does around each call that it serves: join a transaction, measure, refuse. */
@FunctionalInterface
public interface ServeFilter {

    /** The rest of the way: the next filter, or the service's method. */
    @FunctionalInterface
    interface Serving {
        /** Runs it; throws what the service throws. */
        @Nullable
        Object serve() throws Exception;
    }

    /**
     * Called on the thread that serves the call, with {@code call} as the {@linkplain CallContext#current() current} one. Runs
     * {@code next}, or answers by itself, or refuses with an {@link RpcException}.
     */
    @Nullable
    Object serve(CallContext call, Serving next) throws Exception;
}
