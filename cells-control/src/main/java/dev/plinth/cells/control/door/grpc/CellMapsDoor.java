package dev.plinth.cells.control.door.grpc;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.CellMapMessages;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.control.CellMapOutcome;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.cells.v1.PutCellMapRequest;
import dev.plinth.wire.cells.v1.WatchCellMapRequest;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The cell map over gRPC ({@code plinth.cells.v1.CellMaps}).
 *
 * <p>Its duplicate rule: a put that comes twice finds its own map in place, and gets the same answer.
 */
public final class CellMapsDoor extends CellMapsGrpc.CellMapsImplBase {
    private final CellMaps maps;
    private final Executor workers;

    /** @param workers encode and send, so that the engine's thread need not */
    public CellMapsDoor(CellMaps maps, Executor workers) {
        this.maps = maps;
        this.workers = workers;
    }

    @Override
    public void getCellMap(GetCellMapRequest request, StreamObserver<dev.plinth.wire.cells.v1.CellMap> answer) {
        answer(maps.current(), answer, CellMapsDoor::toMessage);
    }

    @Override
    public void putCellMap(PutCellMapRequest request, StreamObserver<dev.plinth.wire.cells.v1.CellMap> answer) {
        Epoch expected;
        CellMap map;
        try {
            expected = new Epoch(request.getExpectedEpoch());
            map = CellMapMessages.fromMessage(request.getMap(), expected.next());
        } catch (IllegalArgumentException | ArithmeticException e) {
            answer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        answer(maps.put(expected, map), answer, outcome -> switch (outcome) {
            case CellMapOutcome.Replaced _ -> CellMapMessages.toMessage(map);
            case CellMapOutcome.EpochMismatch(Epoch current) ->
                throw Status.FAILED_PRECONDITION
                        .withDescription("expected_epoch is " + expected.number() + ": the map there has epoch "
                                + current.number())
                        .asRuntimeException();
            case CellMapOutcome.Invalid(String reason) ->
                throw Status.INVALID_ARGUMENT.withDescription(reason).asRuntimeException();
        });
    }

    @Override
    public void watchCellMap(WatchCellMapRequest request, StreamObserver<dev.plinth.wire.cells.v1.CellMap> updates) {
        var call = (ServerCallStreamObserver<dev.plinth.wire.cells.v1.CellMap>) updates;
        try {
            new WatchStream(maps, workers, call).start();
        } catch (Refused refused) {
            updates.onError(status(refused));
        }
    }

    private <T> void answer(
            CompletableFuture<T> future,
            StreamObserver<dev.plinth.wire.cells.v1.CellMap> answer,
            Function<T, dev.plinth.wire.cells.v1.CellMap> encode) {
        var _ = future.whenCompleteAsync(
                (value, failure) -> {
                    if (failure != null) {
                        answer.onError(status(failure));
                        return;
                    }
                    dev.plinth.wire.cells.v1.CellMap message;
                    try {
                        message = encode.apply(value);
                    } catch (RuntimeException e) {
                        answer.onError(Status.fromThrowable(e).asRuntimeException());
                        return;
                    }
                    answer.onNext(message);
                    answer.onCompleted();
                },
                workers);
    }

    /** No map is a map of epoch 0, as the contract says. */
    static dev.plinth.wire.cells.v1.CellMap toMessage(Optional<CellMap> map) {
        return map.map(CellMapMessages::toMessage).orElse(dev.plinth.wire.cells.v1.CellMap.getDefaultInstance());
    }

    private static StatusRuntimeException status(Throwable failure) {
        @Nullable Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (!(cause instanceof Refused refused)) {
            return Status.INTERNAL
                    .withDescription("the cell map's door failed")
                    .withCause(cause)
                    .asRuntimeException();
        }
        var status = switch (refused.code()) {
            case OVERLOADED, STORAGE -> Status.RESOURCE_EXHAUSTED;
            case TOO_LARGE -> Status.INVALID_ARGUMENT;
            case NOT_LEADER, STOPPED, UNKNOWN -> Status.UNAVAILABLE;
            case SESSION_EXPIRED, SEQUENCE_TOO_OLD -> Status.FAILED_PRECONDITION;
        };
        return status.withDescription(refused.getMessage())
                .asRuntimeException(RetryHint.trailers(refused.retryAfter()));
    }
}
