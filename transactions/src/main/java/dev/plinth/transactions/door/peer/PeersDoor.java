package dev.plinth.transactions.door.peer;

import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import dev.plinth.transactions.Peers.NotReached;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TransactionId;
import dev.plinth.wire.transactions.v1.FindEndedRequest;
import dev.plinth.wire.transactions.v1.FindEndedResponse;
import dev.plinth.wire.transactions.v1.ParticipantBackRequest;
import dev.plinth.wire.transactions.v1.ParticipantBackResponse;
import dev.plinth.wire.transactions.v1.PerformPhaseTwoRequest;
import dev.plinth.wire.transactions.v1.PerformPhaseTwoResponse;
import dev.plinth.wire.transactions.v1.TransactionPeersGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Answers the cluster's other servers. All three questions may be repeated. */
public final class PeersDoor extends TransactionPeersGrpc.TransactionPeersImplBase {
    private final Coordinator coordinator;
    private final Participants participants;
    private final Executor workers;

    /**
     * @param participants those that are connected to this server
     * @param workers send the answers, so that the threads that found them need not
     */
    public PeersDoor(Coordinator coordinator, Participants participants, Executor workers) {
        this.coordinator = coordinator;
        this.participants = participants;
        this.workers = workers;
    }

    @Override
    public void performPhaseTwo(PerformPhaseTwoRequest request, StreamObserver<PerformPhaseTwoResponse> answer) {
        PhaseTwo phaseTwo;
        try {
            phaseTwo = Messages.phaseTwo(request);
        } catch (IllegalArgumentException e) {
            answer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asException());
            return;
        }
        if (!participants.reaches(phaseTwo)) {
            answer.onError(Status.NOT_FOUND
                    .withDescription("no client that serves " + phaseTwo.resourceId() + " is connected here")
                    .asException());
            return;
        }
        respond(
                answer,
                participants.perform(phaseTwo),
                status -> PerformPhaseTwoResponse.newBuilder()
                        .setBranchStatus(status.code())
                        .build());
    }

    @Override
    public void participantBack(ParticipantBackRequest request, StreamObserver<ParticipantBackResponse> answer) {
        coordinator.participantBackElsewhere(Set.copyOf(request.getResourceIdsList()));
        answer.onNext(ParticipantBackResponse.getDefaultInstance());
        answer.onCompleted();
    }

    @Override
    public void findEnded(FindEndedRequest request, StreamObserver<FindEndedResponse> answer) {
        TransactionId id;
        try {
            id = new TransactionId(request.getTransaction());
        } catch (IllegalArgumentException e) {
            answer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asException());
            return;
        }
        respond(
                answer,
                coordinator.recorded(id),
                found -> FindEndedResponse.newBuilder()
                        .setRecord(found.orElseThrow(() -> Status.NOT_FOUND
                                .withDescription("transaction " + id + " is not in the history of this server")
                                .asRuntimeException()))
                        .build());
    }

    private <R, M> void respond(StreamObserver<M> answer, CompletableFuture<R> found, Function<R, M> message) {
        var _ = found.thenApply(message)
                .whenCompleteAsync(
                        (response, failure) -> {
                            if (failure == null) {
                                answer.onNext(response);
                                answer.onCompleted();
                            } else {
                                answer.onError(status(failure).asException());
                            }
                        },
                        workers);
    }

    private static Status status(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof NotReached) {
            return Status.UNAVAILABLE.withDescription(cause.getMessage());
        }
        var status = Status.fromThrowable(cause);
        return status.getCode() == Status.Code.UNKNOWN
                ? Status.UNAVAILABLE
                        .withDescription(String.valueOf(cause.getMessage()))
                        .withCause(cause)
                : status;
    }
}
