package dev.plinth.sdk;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.CellMapMessages;
import dev.plinth.cells.Epoch;
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
final class CellMapClient {

    private static final Logger LOG = System.getLogger(CellMapClient.class.getName());
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(3));

    private final ServerChannels servers;
    private final Turns turns;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Written under the lock, read by every call.
    private volatile Optional<CellMap> newest = Optional.empty();
    private volatile boolean told;

    // In turns.
    private int failures;
    private int server;

    CellMapClient(ServerChannels servers, Turns turns) {
        this.servers = servers;
        this.turns = turns;
        turns.take(this::watch);
    }

    /** The newest map that this process has been told of; empty if none was ever put, or no server could be asked so far. */
    Optional<CellMap> newest() {
        return newest;
    }

    /** Waits until a server has said what the map is, or that there is none; returns at once ever after. */
    Optional<CellMap> awaitTold(Duration timeout) {
        if (!told) {
            await(timeout, () -> told);
        }
        return newest;
    }

    /** Waits for a map of this epoch or a later one; the newest map there is when the time is over. */
    Optional<CellMap> awaitEpoch(Epoch epoch, Duration timeout) {
        await(timeout, () -> newest.isPresent() && !epoch.isAfter(newest.get().epoch()));
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
        Optional<CellMap> map = Optional.empty();
        if (message.getEpoch() > 0) {
            try {
                map = Optional.of(CellMapMessages.fromMessage(message));
            } catch (IllegalArgumentException e) {
                LOG.log(Level.ERROR, "the server told a cell map that is none; the last known one holds", e);
                return;
            }
        }
        lock.lock();
        try {
            told = true;
            if (map.isPresent()
                    && (newest.isEmpty()
                            || map.get().epoch().isAfter(newest.get().epoch()))) {
                newest = map;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
