package dev.plinth.wire.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/** How a gRPC door answers calls of one question and one answer: on its workers, and each failure as a status that says what it was. */
public final class CallAnswers {
    private final Executor workers;
    private final Function<Throwable, StatusRuntimeException> statuses;

    /**
     * @param workers encode and send, so that an engine's thread need not
     * @param statuses what the door says of a failure; it gets the failure itself, not the wrapping of a future
     */
    public CallAnswers(Executor workers, Function<Throwable, StatusRuntimeException> statuses) {
        this.workers = workers;
        this.statuses = statuses;
    }

    /**
     * Begins the work, and answers with the message that it comes to.
     *
     * @param work an {@link IllegalArgumentException} of it says what is wrong with the request
     */
    public <M> void answer(StreamObserver<M> answers, Supplier<CompletableFuture<M>> work) {
        CompletableFuture<M> future;
        try {
            future = work.get();
        } catch (IllegalArgumentException e) {
            answers.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        } catch (RuntimeException e) {
            answers.onError(statuses.apply(e));
            return;
        }
        var unused = future.whenCompleteAsync(
                (message, failure) -> {
                    if (failure == null) {
                        answers.onNext(message);
                        answers.onCompleted();
                    } else {
                        answers.onError(statuses.apply(
                                failure instanceof CompletionException && failure.getCause() != null
                                        ? failure.getCause()
                                        : failure));
                    }
                },
                workers);
    }
}
