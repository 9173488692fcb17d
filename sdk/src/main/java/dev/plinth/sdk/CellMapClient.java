package dev.plinth.sdk;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.CellMapMessages;
import dev.plinth.cells.Epoch;
import dev.plinth.rpc.CellMapSource;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.WatchCellMapRequest;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Follows the cell map. While no server can be reached, the last known map holds. */
final class CellMapClient implements CellMapSource {

    private static final Logger LOG = System.getLogger(CellMapClient.class.getName());
    /* For so long the stream may stay where nobody watches over it, because the registry's server told no map. */
    private static final Duration ASIDE_MAX = Duration.ofSeconds(10);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));

    private final ServerChannels servers;
    private final Turns turns;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Written under the lock, read by every call.
    private volatile Optional<CellMap> newest = Optional.empty();

    // In turns.
    private @Nullable Watch current;
    private int failures;
    /* How far from the registry's server the stream is: 0 if it is there, where its silence would be noticed. */
    private int aside;

    CellMapClient(ServerChannels servers, Turns turns) {
        this.servers = servers;
        this.turns = turns;
        turns.take(this::watch);
    }

    @Override
    public Optional<CellMap> current() {
        return newest;
    }

    /** Newer maps come by themselves; so there is nothing to ask for, only to wait. */
    @Override
    public Optional<CellMap> refresh(Epoch atLeast, Duration within) {
        await(within, () -> newest.isPresent() && !atLeast.isAfter(newest.get().epoch()));
        return newest;
    }

    private void await(Duration timeout, BooleanSupplier condition) {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (left > 0 && !condition.getAsBoolean()) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void watch() {
        Watch fresh = new Watch();
        current = fresh;
        CellMapsGrpc.newStub(servers.channel(servers.turn() + aside))
                .watchCellMap(WatchCellMapRequest.getDefaultInstance(), fresh);
        if (aside > 0) {
            turns.later(ASIDE_MAX, () -> {
                if (current == fresh) {
                    aside = 0;
                    fresh.cancel();
                    watch();
                }
            });
        }
    }

    /** One stream. */
    private final class Watch implements ClientResponseObserver<WatchCellMapRequest, dev.plinth.wire.cells.v1.CellMap> {
        private @Nullable ClientCallStreamObserver<WatchCellMapRequest> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchCellMapRequest> stream) {
            call = stream;
        }

        @Override
        public void onNext(dev.plinth.wire.cells.v1.CellMap map) {
            turns.take(() -> {
                failures = 0;
                tell(map);
            });
        }

        @Override
        public void onError(Throwable failure) {
            turns.take(() -> ended(this, Status.fromThrowable(failure)));
        }

        @Override
        public void onCompleted() {
            turns.take(() -> ended(this, Status.UNAVAILABLE.withDescription("the server ended the stream")));
        }

        private void cancel() {
            if (call != null) {
                call.cancel("back to the server that watches over this stream", null);
            }
        }
    }

    private void ended(Watch ended, Status status) {
        if (current != ended) {
            return;
        }
        failures++;
        // The first time its server may just have been left; then it serves the registry, and no map at the moment.
        aside = failures == 1 ? 0 : (aside + 1) % servers.count();
        LOG.log(
                failures == 1 ? Level.INFO : Level.DEBUG,
                "the cell map is not being told ({0}); the last known one holds",
                status.getCode());
        turns.later(BACKOFF.delay(failures, ThreadLocalRandom.current()), this::watch);
    }

    private void tell(dev.plinth.wire.cells.v1.CellMap message) {
        if (message.getEpoch() == 0) {
            return; // no map was ever put
        }
        CellMap map;
        try {
            map = CellMapMessages.fromMessage(message);
        } catch (IllegalArgumentException e) {
            LOG.log(Level.ERROR, "the server told a cell map that is none; the last known one holds", e);
            return;
        }
        lock.lock();
        try {
            if (newest.isEmpty() || map.epoch().isAfter(newest.get().epoch())) {
                newest = Optional.of(map);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
