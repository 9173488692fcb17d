package dev.plinth.acceptance.sdk;

import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.door.seata.SeataDoor;
import dev.plinth.transactions.door.seata.SeataParticipants;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The coordinator as the server opens it, on a real disk and behind its Seata door; it can be stopped and started again. */
final class CoordinatorProcess implements AutoCloseable {

    private final Path directory;
    private int port;
    private @Nullable Running running;

    private record Running(
            SystemClock clock,
            DiskStorage log,
            DiskStorage snapshots,
            DiskStorage history,
            SegmentStore store,
            Coordinator coordinator,
            SeataDoor door) {
        void stop() throws IOException {
            door.close();
            coordinator.close();
            store.close();
            history.close();
            snapshots.close();
            log.close();
            clock.close();
        }
    }

    CoordinatorProcess(Path directory) {
        this.directory = directory;
        start();
    }

    /** {@code host:port} of the Seata door; the same after a restart. */
    String address() {
        return "127.0.0.1:" + port;
    }

    void start() {
        // The port was free a moment ago; if somebody's outgoing connection has it now, it will be free again.
        await().ignoreException(IOException.class).until(() -> {
            running = run();
            return true;
        });
    }

    private Running run() throws IOException {
        var clock = new SystemClock();
        var log = DiskStorage.open(directory.resolve("log"));
        var snapshots = DiskStorage.open(directory.resolve("snapshots"));
        var history = DiskStorage.open(directory.resolve("history"));
        var store = SegmentStore.open(log, SegmentOptions.defaults().withSegmentBytes(4 << 20), clock);
        var journal = LocalJournal.open(
                store, "transactions", Coordinator.codec(), snapshots, JournalOptions.defaults(), clock);
        var participants = new SeataParticipants();
        var coordinator = Coordinator.open(journal, history, participants, clock, 0);
        SeataDoor door;
        try {
            door = SeataDoor.open(
                    coordinator,
                    participants,
                    SeataDoor.Options.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
        } catch (IOException e) {
            coordinator.close();
            store.close();
            history.close();
            snapshots.close();
            log.close();
            clock.close();
            throw e;
        }
        port = door.address().getPort();
        return new Running(clock, log, snapshots, history, store, coordinator, door);
    }

    void stop() {
        Running stopping = running;
        running = null;
        if (stopping != null) {
            try {
                stopping.stop();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        stop();
    }
}
