package dev.plinth.transactions.door.seata;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Inbox;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.SystemClock;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.wire.seata.SeataDialect;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A coordinator that forgets, behind a real door on any free port. */
final class DoorTrial implements AutoCloseable {
    /** One for all trials: a coordinator that closes may still ask it for an alarm. */
    private static final SystemClock CLOCK = new SystemClock();

    private final SerialThread thread = SerialThread.named("coordinator");
    private final DiskStorage history;
    private final List<TestClient> clients = new ArrayList<>();
    final SeataParticipants participants;
    final Coordinator coordinator;
    final SeataDoor door;

    DoorTrial(Path directory) throws IOException {
        this(directory, SeataParticipants.ANSWER_MAX_DEFAULT, Duration.ofSeconds(15));
    }

    DoorTrial(Path directory, Duration answerMax, Duration idleMax) throws IOException {
        history = DiskStorage.open(directory);
        participants = new SeataParticipants(answerMax);
        coordinator = Coordinator.open(new Inbox<Command>(1, thread, CLOCK), history, participants, CLOCK, 0);
        var listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        door = SeataDoor.open(
                coordinator,
                participants,
                new SeataDoor.Options(listen, InetSocketAddress.createUnresolved("127.0.0.1", 0), _ -> true, idleMax));
    }

    TestClient client() throws IOException {
        var client = new TestClient(door.address());
        clients.add(client);
        return client;
    }

    TestClient client(SeataDialect dialect) throws IOException {
        var client = new TestClient(door.address(), dialect);
        clients.add(client);
        return client;
    }

    /** Lets the coordinator decide nothing until the latch is counted down. */
    CountDownLatch hold() {
        var release = new CountDownLatch(1);
        thread.execute(() -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return release;
    }

    @Override
    public void close() throws IOException {
        clients.forEach(TestClient::close);
        door.close();
        coordinator.close();
        thread.close();
        history.close();
    }
}
