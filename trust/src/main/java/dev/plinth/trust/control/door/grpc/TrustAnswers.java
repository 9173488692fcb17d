package dev.plinth.trust.control.door.grpc;

import dev.plinth.kernel.Refused;
import dev.plinth.trust.control.TrustOutcome;
import dev.plinth.wire.trust.v1.Changed;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What trust's doors answer to an outcome, and to a failure. */
final class TrustAnswers {
    private TrustAnswers() {}

    static Changed changed(TrustOutcome outcome) {
        return switch (outcome) {
            case TrustOutcome.Done(long version) ->
                Changed.newBuilder().setVersion(version).build();
            case TrustOutcome.Joined _ -> Changed.getDefaultInstance();
            case TrustOutcome.Denied(TrustOutcome.Reason reason, String message) ->
                throw (switch (reason) {
                            case INVALID -> Status.INVALID_ARGUMENT;
                            case NOT_FOUND -> Status.NOT_FOUND;
                            case CONFLICT -> Status.FAILED_PRECONDITION;
                            case OVERLOADED -> Status.RESOURCE_EXHAUSTED;
                        })
                        .withDescription(message)
                        .asRuntimeException();
        };
    }

    static StatusRuntimeException status(Throwable failure) {
        return switch (failure) {
            case StatusRuntimeException said -> said;
            case Refused refused -> RefusedCalls.status(refused);
            default ->
                Status.INTERNAL
                        .withDescription("trust's door failed")
                        .withCause(failure)
                        .asRuntimeException();
        };
    }
}
