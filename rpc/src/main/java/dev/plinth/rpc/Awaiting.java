package dev.plinth.rpc;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for a future of ours until a deadline. */
final class Awaiting {
    private Awaiting() {}

    /**
     * Its value.
     *
     * @param what is waited for, for the message
     * @throws RpcException {@code TIMEOUT}, {@code INTERRUPTED}, or the one with which the future failed
     */
    static <T> T get(CompletableFuture<T> future, Deadline deadline, String what) {
        try {
            return future.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new RpcException(RpcException.Code.TIMEOUT, "no " + what + " within the deadline");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RpcException(RpcException.Code.INTERRUPTED, "interrupted while waiting for " + what, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RpcException failure) {
                throw new RpcException(failure.code(), failure.detail(), failure.retryAfter(), failure);
            }
            throw new IllegalStateException("waiting for " + what, e);
        }
    }
}
