package dev.plinth.sdk;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.CellMapMessages;
import dev.plinth.cells.Epoch;
import dev.plinth.rpc.CellMapSource;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.WatchCellMapRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Follows the cell map. While no server can be reached, the last known map holds. */
final class CellMapClient implements CellMapSource {

    private static final Logger LOG = System.getLogger(CellMapClient.class.getName());
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));

    private final ServerChannels servers;
    private final Turns turns;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Written under the lock, read by every call.
    private volatile Optional<CellMap> newest = Optional.empty();

    // In turns.
    private int failures;
    private int server;

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
        CellMapsGrpc.newStub(servers.channel(server))
                .watchCellMap(WatchCellMapRequest.getDefaultInstance(), new StreamObserver<>() {
                    @Override
                    public void onNext(dev.plinth.wire.cells.v1.CellMap map) {
                        turns.take(() -> {
                            failures = 0;
                            tell(map);
                        });
                    }

                    @Override
                    public void onError(Throwable failure) {
                        turns.take(() -> ended(Status.fromThrowable(failure)));
                    }

                    @Override
                    public void onCompleted() {
                        turns.take(() -> ended(Status.UNAVAILABLE.withDescription("the server ended the stream")));
                    }
                });
    }

    private void ended(Status status) {
        failures++;
        server++;
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
