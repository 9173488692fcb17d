package dev.plinth.sdk.transactions;

import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.sdk.HostPort;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.TransactionView;
import dev.plinth.transactions.Xid;
import dev.plinth.transactions.door.seata.SeataDoor;
import dev.plinth.transactions.door.seata.SeataParticipants;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The real coordinator behind its Seata door, in this process; it can be stopped and started again. */
public final class TestCoordinator implements AutoCloseable {

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

    private final Path directory;
    private int port;
    private @Nullable Running running;

    public TestCoordinator(Path directory) {
        this.directory = directory;
        start();
    }

    public HostPort address() {
        return new HostPort("127.0.0.1", port);
    }

    public Coordinator coordinator() {
        return running.coordinator();
    }

    public TransactionView transaction(String xid) {
        return coordinator().get(Xid.parse(xid).id()).join().orElseThrow();
    }

    public void start() {
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

    public void stop() {
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
