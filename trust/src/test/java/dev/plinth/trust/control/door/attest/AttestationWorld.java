package dev.plinth.trust.control.door.attest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.trust.control.FileRootKey;
import dev.plinth.trust.control.RegistrationEntry;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustOutcome;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A trust domain on a journal on a disk, and the door of attestation before it. */
public final class AttestationWorld implements AutoCloseable {
    public static final String ID = "spiffe://example.org/payments";

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final DiskStorage segments;
    private final DiskStorage snapshots;
    private final SegmentStore store;
    private final Trust trust;
    private final Server server;
    private final ManagedChannel channel;

    public AttestationWorld(Path folder) throws IOException {
        var random = new SecureRandom();
        segments = DiskStorage.open(folder.resolve("journal"));
        snapshots = DiskStorage.open(folder.resolve("snapshots"));
        store = SegmentStore.open(segments, SegmentOptions.defaults().withSegmentBytes(4 << 20), clock);
        trust = Trust.open(
                LocalJournal.open(store, "trust", Trust.commandCodec(), snapshots, JournalOptions.defaults(), clock),
                List.of(),
                clock,
                workers,
                random);
        var key = folder.resolve("root.key");
        FileRootKey.make(key, random);
        trust.unlock(FileRootKey.open(key, random));
        done(new TrustCommand.SetDomain("example.org"));
        await().until(() -> trust.identities().join().signing().isPresent());
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new AttestationDoor(trust, clock, workers, random))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
                .usePlaintext()
                .build();
    }

    public AttestationGrpc.AttestationBlockingStub door() {
        return AttestationGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public void done(TrustCommand command) {
        assertThat(trust.submit(command).join()).isInstanceOf(TrustOutcome.Done.class);
    }

    /** An entry of {@link #ID}. */
    public void entry(String name, String... selectors) {
        done(new TrustCommand.PutEntry(new RegistrationEntry(
                name,
                SpiffeId.parse(ID),
                new TreeSet<>(List.of(selectors)),
                Optional.empty(),
                "internal",
                List.of(),
                "test",
                0,
                Instant.EPOCH)));
    }

    public Trust trust() {
        return trust;
    }

    public Instant now() {
        return clock.wall();
    }

    /** Why it is refused; it must be, and in this way. */
    public static String refusal(Status.Code code, Runnable call) {
        var refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertThat(refused).as("a refusal").isNotNull();
        assertThat(refused.getStatus().getCode()).as(refused.getMessage()).isEqualTo(code);
        return String.valueOf(refused.getStatus().getDescription());
    }

    @Override
    public void close() throws IOException {
        channel.shutdownNow();
        server.shutdownNow();
        trust.close();
        store.close();
        segments.close();
        snapshots.close();
        workers.shutdown();
        clock.close();
    }
}
