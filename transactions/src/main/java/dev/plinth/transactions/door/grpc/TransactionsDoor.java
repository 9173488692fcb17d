package dev.plinth.transactions.door.grpc;

import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Outcome;
import dev.plinth.transactions.TransactionFilter;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.TransactionPage;
import dev.plinth.transactions.TransactionView;
import dev.plinth.transactions.Xid;
import dev.plinth.transactions.door.GrpcAnswers;
import dev.plinth.wire.transactions.v1.DecideRowsRequest;
import dev.plinth.wire.transactions.v1.DecideRowsResponse;
import dev.plinth.wire.transactions.v1.ForceRequest;
import dev.plinth.wire.transactions.v1.ForceResponse;
import dev.plinth.wire.transactions.v1.GetPulseRequest;
import dev.plinth.wire.transactions.v1.GetTransactionRequest;
import dev.plinth.wire.transactions.v1.GlobalStatus;
import dev.plinth.wire.transactions.v1.ListTransactionsRequest;
import dev.plinth.wire.transactions.v1.ListTransactionsResponse;
import dev.plinth.wire.transactions.v1.Pulse;
import dev.plinth.wire.transactions.v1.SettleRequest;
import dev.plinth.wire.transactions.v1.SettleResponse;
import dev.plinth.wire.transactions.v1.Transaction;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Lists transactions, tells everything about one, forces and settles what people decide. Reads may be repeated; so may the others. */
public final class TransactionsDoor extends TransactionsGrpc.TransactionsImplBase {
    private static final int LIMIT_DEFAULT = 100;

    private final Coordinator coordinator;
    private final Messages messages;
    private final GrpcAnswers answers;

    /**
     * @param xids the name of a transaction as its clients know it: with the Seata door's advertised address
     * @param workers encode and send, so that the engine's thread need not
     */
    public TransactionsDoor(Coordinator coordinator, Function<TransactionId, Xid> xids, Executor workers) {
        this.coordinator = coordinator;
        this.messages = new Messages(xids, coordinator.partitions()::cell);
        this.answers = new GrpcAnswers(workers);
    }

    @Override
    public void listLive(ListTransactionsRequest request, StreamObserver<ListTransactionsResponse> answer) {
        list(request, answer, coordinator::live);
    }

    @Override
    public void listRecent(ListTransactionsRequest request, StreamObserver<ListTransactionsResponse> answer) {
        list(request, answer, coordinator::recent);
    }

    /** One of the coordinator's two lists. */
    private interface Listing {
        CompletableFuture<TransactionPage> page(TransactionFilter filter, OptionalLong from, int limit);
    }

    private void list(
            ListTransactionsRequest request, StreamObserver<ListTransactionsResponse> answer, Listing listing) {
        answers.respond(
                answer,
                () -> listing.page(
                        Messages.filter(request),
                        Messages.pageToken(request.getPageToken()),
                        request.getLimit() == 0 ? LIMIT_DEFAULT : Messages.limit(request.getLimit())),
                messages::page);
    }

    @Override
    public void getTransaction(GetTransactionRequest request, StreamObserver<Transaction> answer) {
        answers.respond(
                answer,
                () -> coordinator.get(Messages.id(request.getXid())),
                found -> messages.transaction(found.orElseThrow(() -> Status.NOT_FOUND
                        .withDescription(
                                "no transaction " + request.getXid() + " is known: it never was, or it ended so"
                                        + " long ago that the history has let it go")
                        .asRuntimeException())));
    }

    @Override
    public void getPulse(GetPulseRequest request, StreamObserver<Pulse> answer) {
        answers.respond(answer, coordinator::counts, counts -> Messages.pulse(counts, coordinator.pulses()));
    }

    @Override
    public void settle(SettleRequest request, StreamObserver<SettleResponse> answer) {
        answers.respond(
                answer,
                () -> coordinator.settle(
                        Messages.id(request.getXid()), Command.Audit.of(request.getOperator(), request.getReason())),
                status -> SettleResponse.newBuilder()
                        .setStatus(Messages.status(status))
                        .build());
    }

    @Override
    public void force(ForceRequest request, StreamObserver<ForceResponse> answer) {
        answers.respond(
                answer,
                () -> {
                    var id = Messages.id(request.getXid());
                    return coordinator
                            .force(
                                    id,
                                    Messages.direction(request.getDirection()),
                                    Command.Audit.of(request.getOperator(), request.getReason()))
                            .thenCompose(forced -> forced.isPresent()
                                    ? CompletableFuture.completedFuture(forced.get())
                                    : coordinator.get(id).thenApply(found -> {
                                        throw notForced(request, found);
                                    }));
                },
                status -> ForceResponse.newBuilder()
                        .setStatus(Messages.status(status))
                        .build());
    }

    @Override
    public void decideRows(DecideRowsRequest request, StreamObserver<DecideRowsResponse> answer) {
        answers.respond(
                answer,
                () -> coordinator.decideRows(new Command.DecideRows(
                        Messages.id(request.getXid()),
                        Messages.decision(request.getDecision()),
                        String.join(",", request.getSeenList()),
                        Command.Audit.of(request.getOperator(), request.getReason()))),
                outcome -> DecideRowsResponse.newBuilder()
                        .setStatus(rowsDecided(request, outcome))
                        .build());
    }

    private static GlobalStatus rowsDecided(DecideRowsRequest request, Outcome.OfDecision outcome) {
        return switch (outcome) {
            case Outcome.Decided decided -> Messages.status(decided.status());
            case Outcome.NotFound _ ->
                throw Status.NOT_FOUND
                        .withDescription("no live transaction " + request.getXid() + " is known")
                        .asRuntimeException();
            case Outcome.GoesOtherWay other ->
                throw Status.FAILED_PRECONDITION
                        .withDescription("transaction " + request.getXid() + " is " + other.status()
                                + ": it does not wait for a decision about rows")
                        .asRuntimeException();
            case Outcome.NoRows _ ->
                throw Status.FAILED_PRECONDITION
                        .withDescription("the participants of " + request.getXid() + " reported no rows, so there is"
                                + " nothing to restore from: only participants on Plinth's sdk report them. Put the rows"
                                + " right by hand and keep them, or retry")
                        .asRuntimeException();
        };
    }

    private static StatusRuntimeException notForced(ForceRequest request, Optional<TransactionView> found) {
        return found.map(view -> Status.FAILED_PRECONDITION.withDescription("transaction " + request.getXid() + " is "
                        + view.status() + (view.ended().isPresent() ? " and has ended" : "")
                        + ": it cannot be forced to " + request.getDirection()))
                .orElseGet(() -> Status.NOT_FOUND.withDescription("no transaction " + request.getXid() + " is known"))
                .asRuntimeException();
    }
}
