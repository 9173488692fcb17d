package dev.plinth.transactions.door.peer;

import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.door.GrpcAnswers;
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
import java.util.concurrent.Executor;

/** Answers the cluster's other servers. All three questions may be repeated. */
public final class PeersDoor extends TransactionPeersGrpc.TransactionPeersImplBase {
    private final Coordinator coordinator;
    private final Participants participants;
    private final GrpcAnswers answers;

    /**
     * @param participants those that are connected to this server
     * @param workers send the answers, so that the threads that found them need not
     */
    public PeersDoor(Coordinator coordinator, Participants participants, Executor workers) {
        this.coordinator = coordinator;
        this.participants = participants;
        this.answers = new GrpcAnswers(workers);
    }

    @Override
    public void performPhaseTwo(PerformPhaseTwoRequest request, StreamObserver<PerformPhaseTwoResponse> answer) {
        answers.respond(
                answer,
                () -> perform(Messages.phaseTwo(request)),
                said -> PerformPhaseTwoResponse.newBuilder()
                        .setBranchStatus(said.status().code())
                        .setWords(said.words())
                        .build());
    }

    private CompletableFuture<Participants.Answer> perform(PhaseTwo phaseTwo) {
        return participants.reaches(phaseTwo)
                ? participants.perform(phaseTwo)
                : CompletableFuture.failedFuture(Status.NOT_FOUND
                        .withDescription("no client that serves " + phaseTwo.resourceId() + " is connected here")
                        .asRuntimeException());
    }

    @Override
    public void participantBack(ParticipantBackRequest request, StreamObserver<ParticipantBackResponse> answer) {
        coordinator.participantBackElsewhere(Set.copyOf(request.getResourceIdsList()));
        answer.onNext(ParticipantBackResponse.getDefaultInstance());
        answer.onCompleted();
    }

    @Override
    public void findEnded(FindEndedRequest request, StreamObserver<FindEndedResponse> answer) {
        answers.respond(
                answer,
                () -> coordinator.recorded(new TransactionId(request.getTransaction())),
                found -> FindEndedResponse.newBuilder()
                        .setRecord(found.orElseThrow(() -> Status.NOT_FOUND
                                .withDescription("it is not in the history of this server")
                                .asRuntimeException()))
                        .build());
    }
}
