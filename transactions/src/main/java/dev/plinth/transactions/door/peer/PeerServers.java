package dev.plinth.transactions.door.peer;

import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import dev.plinth.transactions.Peers;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.TransactionView;
import dev.plinth.wire.transactions.v1.FindEndedRequest;
import dev.plinth.wire.transactions.v1.FindEndedResponse;
import dev.plinth.wire.transactions.v1.ParticipantBackRequest;
import dev.plinth.wire.transactions.v1.ParticipantBackResponse;
import dev.plinth.wire.transactions.v1.PerformPhaseTwoResponse;
import dev.plinth.wire.transactions.v1.TransactionPeersGrpc;
import dev.plinth.wire.transactions.v1.TransactionPeersGrpc.TransactionPeersStub;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** The cluster's other servers, asked over gRPC. */
public final class PeerServers implements Peers {
    /*
     * One after the other, beginning with the one that reached the resource last: a participant is connected to one or a few of
     * them, and asking all at once would have it do the same thing several times.
     */

    /** A little more than a door waits for a participant's answer, so that its reason arrives. */
    private static final Duration PERFORM_MAX = Duration.ofSeconds(16);

    private static final Duration ASK_MAX = Duration.ofSeconds(2);

    /** Resources whose server is remembered; beyond it the search begins anew. */
    private static final int REMEMBERED_MAX = 10_000;

    private static final Duration LAG_MAX_DEFAULT = Duration.ofSeconds(2);

    private final Supplier<? extends List<? extends Channel>> channels;
    private final Duration lagMax;
    private final Map<String, Integer> reachedBy = new ConcurrentHashMap<>();

    /** @param channels one to each of the other servers there are now; the caller closes them */
    public PeerServers(Supplier<? extends List<? extends Channel>> channels) {
        this(channels, LAG_MAX_DEFAULT);
    }

    PeerServers(Supplier<? extends List<? extends Channel>> channels, Duration lagMax) {
        this.lagMax = lagMax;
        this.channels = channels;
    }

    private List<TransactionPeersStub> peers() {
        return channels.get().stream().map(TransactionPeersGrpc::newStub).toList();
    }

    @Override
    public CompletableFuture<Participants.Answer> perform(PhaseTwo phaseTwo) {
        var message = Messages.message(phaseTwo);
        int first = reachedBy.getOrDefault(phaseTwo.resourceId(), 0);
        return first(
                        peers(),
                        first,
                        0,
                        (peer, number) -> {
                            var answer = new Answer<PerformPhaseTwoResponse>();
                            within(peer, PERFORM_MAX).performPhaseTwo(message, answer);
                            return answer.future.whenComplete((_, failure) -> {
                                if (failure == null) {
                                    remember(phaseTwo.resourceId(), number);
                                }
                            });
                        },
                        new NotReached("no client that serves " + phaseTwo.resourceId()
                                + " is connected to any server that can be reached"))
                .thenApply(Messages::answer);
    }

    private void remember(String resource, int number) {
        if (reachedBy.size() >= REMEMBERED_MAX) {
            reachedBy.clear();
        }
        reachedBy.put(resource, number);
    }

    @Override
    public void participantBack(Set<String> resources) {
        var message =
                ParticipantBackRequest.newBuilder().addAllResourceIds(resources).build();
        peers().forEach(peer -> within(peer, ASK_MAX).participantBack(message, new Answer<ParticipantBackResponse>()));
    }

    @Override
    public CompletableFuture<Optional<TransactionView>> ended(TransactionId transaction) {
        var message = FindEndedRequest.newBuilder()
                .setTransaction(transaction.value())
                .build();
        return first(
                        peers(),
                        0,
                        0,
                        (peer, _) -> {
                            var answer = new Answer<FindEndedResponse>();
                            within(peer, ASK_MAX).findEnded(message, answer);
                            return answer.future;
                        },
                        new NotReached("no server that can be reached has it"))
                .handle((response, failure) ->
                        failure == null ? Optional.of(Coordinator.recorded(response.getRecord())) : Optional.empty());
    }

    @Override
    public Duration lagMax() {
        return lagMax;
    }

    private static TransactionPeersStub within(TransactionPeersStub peer, Duration time) {
        return peer.withDeadlineAfter(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks one after the other until one answers; what none of them has, or can be asked for, fails with {@code otherwise}. */
    private static <R> CompletableFuture<R> first(
            List<TransactionPeersStub> peers,
            int from,
            int asked,
            BiFunction<TransactionPeersStub, Integer, CompletableFuture<R>> question,
            NotReached otherwise) {
        if (asked == peers.size()) {
            return CompletableFuture.failedFuture(otherwise);
        }
        int number = Math.floorMod(from + asked, peers.size());
        return question.apply(peers.get(number), number)
                .exceptionallyCompose(failure -> elsewhere(failure)
                        ? first(peers, from, asked + 1, question, otherwise)
                        : CompletableFuture.failedFuture(failure));
    }

    /** Whether another server may know better: this one has not got it, or is not there. */
    private static boolean elsewhere(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        var code = Status.fromThrowable(cause).getCode();
        return switch (code) {
            case NOT_FOUND, UNAVAILABLE, UNIMPLEMENTED, RESOURCE_EXHAUSTED, INTERNAL -> true;
            default -> false;
        };
    }

    /** One answer, as a future. */
    private static final class Answer<M> implements StreamObserver<M> {
        private final CompletableFuture<M> future = new CompletableFuture<>();

        @Override
        public void onNext(M message) {
            future.complete(message);
        }

        @Override
        public void onError(Throwable failure) {
            future.completeExceptionally(
                    failure instanceof StatusException checked
                            ? new StatusRuntimeException(checked.getStatus(), checked.getTrailers())
                            : failure);
        }

        @Override
        public void onCompleted() {
            future.completeExceptionally(
                    Status.INTERNAL.withDescription("no answer came").asRuntimeException());
        }
    }
}
