package dev.plinth.cells.control.door.grpc;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.kernel.Watcher;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One client that watches the cell map. */
final class WatchStream implements Watcher<CellMap> {
    /*
     * The next batch is asked for only after the one before is written, and it is written only when the call has room. So a client
     * that does not read costs one map at most, and gets the newest when it reads again.
     *
     * Everything below happens in `turns`, one thing at a time, whichever thread it comes from.
     */
    private final Executor workers;
    private final ServerCallStreamObserver<dev.plinth.wire.cells.v1.CellMap> call;
    private final Watcher.Subscription subscription;
    private final SynchronizationContext turns;
    private @Nullable Batch<CellMap> toSend;
    private boolean ended;

    WatchStream(CellMaps maps, Executor workers, ServerCallStreamObserver<dev.plinth.wire.cells.v1.CellMap> call) {
        this.workers = workers;
        this.call = call;
        this.turns = new SynchronizationContext((thread, failure) -> end(failure));
        this.subscription = maps.watch(this);
    }

    void start() {
        call.setOnCancelHandler(() -> turns.execute(() -> {
            ended = true;
            subscription.close();
        }));
        call.setOnReadyHandler(() -> turns.execute(this::send));
        subscription.next();
    }

    @Override
    public void accept(Batch<CellMap> batch) {
        workers.execute(() -> turns.execute(() -> {
            toSend = batch;
            send();
        }));
    }

    private void send() {
        if (toSend == null || ended || !call.isReady()) {
            return;
        }
        var map = toSend.items().isEmpty()
                ? Optional.<CellMap>empty()
                : toSend.items().getLast().view();
        toSend = null;
        call.onNext(CellMapsDoor.toMessage(map));
        subscription.next();
    }

    private void end(Throwable failure) {
        ended = true;
        subscription.close();
        call.onError(Status.INTERNAL
                .withDescription("the watch of the cell map failed")
                .withCause(failure)
                .asRuntimeException());
    }
}
