package dev.plinth.acceptance.seata;

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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process that is nothing but a coordinator on a journal and its Seata door, to be killed. Arguments: folder, port. */
final class CoordinatorMain {
    private CoordinatorMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        var folder = Path.of(args[0]);
        var clock = new SystemClock();
        var store = SegmentStore.open(storage(folder, "segments"), SegmentOptions.defaults(), clock);
        var journal = LocalJournal.open(
                store,
                "transactions",
                Coordinator.codec(),
                storage(folder, "snapshots"),
                JournalOptions.defaults(),
                clock);
        var participants = new SeataParticipants();
        var coordinator = Coordinator.open(journal, storage(folder, "history"), participants, clock, 0);
        var listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]));
        var door = SeataDoor.open(
                coordinator,
                participants,
                new SeataDoor.Options(listen, "127.0.0.1", java.time.Duration.ofSeconds(15)));
        System.out.println("listening on " + door.address().getPort());
        System.out.flush();
        Thread.currentThread().join();
    }

    private static DiskStorage storage(Path folder, String name) throws IOException {
        return DiskStorage.open(Files.createDirectories(folder.resolve(name)));
    }
}
