package dev.plinth.transactions.door;

import dev.plinth.kernel.Refused;
import dev.plinth.transactions.Peers.NotReached;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** How the coordinator's gRPC doors answer: on their workers, and each failure as a status that says what it was. */
public final class GrpcAnswers {
    private final Executor workers;
    private final CallAnswers calls;

    /** @param workers encode and send, so that the engine's thread need not */
    public GrpcAnswers(Executor workers) {
        this.workers = workers;
        this.calls = new CallAnswers(workers, GrpcAnswers::status);
    }

    /** Something to ask the coordinator; an IllegalArgumentException says what is wrong with the request. */
    public interface Question<R> {
        CompletableFuture<R> ask();
    }

    /** Asks, and answers with what comes of it; {@code message} may throw a status in place of a message. */
    public <R, M> void respond(StreamObserver<M> answer, Question<R> question, Function<R, M> message) {
        calls.answer(answer, () -> question.ask().thenApplyAsync(message, workers));
    }

    private static StatusRuntimeException status(Throwable cause) {
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
