package dev.plinth.transactions.door;

import dev.plinth.kernel.Refused;
import dev.plinth.transactions.Peers.NotReached;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** How the coordinator's gRPC doors answer: on their workers, and each failure as a status that says what it was. */
public final class GrpcAnswers {
    private final Executor workers;

    /** @param workers encode and send, so that the engine's thread need not */
    public GrpcAnswers(Executor workers) {
        this.workers = workers;
    }

    /** Something to ask the coordinator; an IllegalArgumentException says what is wrong with the request. */
    public interface Question<R> {
        CompletableFuture<R> ask();
    }

    /** Asks, and answers with what comes of it; {@code message} may throw a status in place of a message. */
    public <R, M> void respond(StreamObserver<M> answer, Question<R> question, Function<R, M> message) {
        CompletableFuture<R> asked;
        try {
            asked = question.ask();
        } catch (IllegalArgumentException e) {
            answer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        var _ = asked.thenApplyAsync(message, workers).whenComplete((response, failure) -> {
            if (failure != null) {
                answer.onError(error(failure));
            } else {
                answer.onNext(response);
                answer.onCompleted();
            }
        });
    }

    private static StatusRuntimeException error(Throwable failure) {
        var cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        return switch (cause) {
            case StatusRuntimeException status -> status;
            case Refused refused ->
                (refused.code() == Refused.Code.OVERLOADED ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE)
                        .withDescription(refused.getMessage())
                        .asRuntimeException(RetryHint.trailers(refused.retryAfter()));
            case NotReached notReached ->
                Status.UNAVAILABLE.withDescription(notReached.getMessage()).asRuntimeException();
            default ->
                Status.INTERNAL
                        .withDescription(cause.toString())
                        .withCause(cause)
                        .asRuntimeException();
        };
    }
}
