package dev.plinth.trust.control.door.grpc;

import dev.plinth.kernel.Refused;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What trust's gRPC doors answer when a partition refuses: too much, or not now; with when to try again, if anybody can tell. */
public final class RefusedCalls {
    private RefusedCalls() {}

    /** RESOURCE_EXHAUSTED for what is too much or too large, UNAVAILABLE for all else. */
    public static StatusRuntimeException status(Refused refused) {
        return (refused.code() == Refused.Code.OVERLOADED || refused.code() == Refused.Code.TOO_LARGE
                        ? Status.RESOURCE_EXHAUSTED
                        : Status.UNAVAILABLE)
                .withDescription(refused.getMessage())
                .asRuntimeException(RetryHint.trailers(refused.retryAfter()));
    }
}
