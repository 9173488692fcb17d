package dev.plinth.trust.control.door.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import dev.plinth.wire.spiffe.JWTSVIDRequest;
import dev.plinth.wire.spiffe.SpiffeWorkloadAPIGrpc;
import dev.plinth.wire.spiffe.ValidateJWTSVIDRequest;
import dev.plinth.wire.spiffe.X509SVIDRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Workload API over a real socket, asked by this very process. */
@Timeout(60)
class WorkloadApiDoorTest {
    @TempDir
    private Path folder;

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private DiskStorage segments;
    private DiskStorage snapshots;
    private SegmentStore store;
    private Trust trust;
    private WorkloadApiDoor door;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws IOException {
        segments = DiskStorage.open(folder.resolve("journal"));
        snapshots = DiskStorage.open(folder.resolve("snapshots"));
        store = SegmentStore.open(segments, SegmentOptions.defaults().withSegmentBytes(4 << 20), clock);
        var random = new SecureRandom();
        trust = Trust.open(
                LocalJournal.open(store, "trust", Trust.commandCodec(), snapshots, JournalOptions.defaults(), clock),
                List.of(),
                clock,
                workers,
                random);
        FileRootKey.make(folder.resolve("root.key"), random);
        trust.unlock(FileRootKey.open(folder.resolve("root.key"), random));
        trust.submit(new TrustCommand.SetDomain("example.org")).join();
        await().until(() -> trust.identities().join().signing().isPresent());
        door = WorkloadApiDoor.open(trust, socket(), clock, workers);
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket().toFile()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(loop)
                .usePlaintext()
                .build();
    }

    private Path socket() {
        return folder.resolve("w.sock");
    }

    @AfterEach
    void close() throws IOException {
        channel.shutdownNow();
        door.close();
        trust.close();
        store.close();
        segments.close();
        snapshots.close();
        workers.shutdown();
        clock.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private SpiffeWorkloadAPIGrpc.SpiffeWorkloadAPIBlockingStub api(String header) {
        var headers = new Metadata();
        headers.put(Metadata.Key.of("workload.spiffe.io", Metadata.ASCII_STRING_MARSHALLER), header);
        return bare().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private SpiffeWorkloadAPIGrpc.SpiffeWorkloadAPIBlockingStub bare() {
        return SpiffeWorkloadAPIGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private void register(String name) throws IOException {
        trust.submit(new TrustCommand.PutEntry(new RegistrationEntry(
                        name,
                        SpiffeId.parse("spiffe://example.org/" + name),
                        new TreeSet<>(List.of("unix:uid:" + Files.getAttribute(Path.of("/proc/self"), "unix:uid"))),
                        Optional.empty(),
                        "",
                        List.of(),
                        "test",
                        0,
                        Instant.EPOCH)))
                .join();
    }

    private static Status.Code refusal(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
        return Status.Code.OK;
    }

    @Test
    void without_its_header_no_call_is_let_in() throws IOException {
        register("a");
        assertThat(refusal(() -> bare().fetchX509SVID(X509SVIDRequest.getDefaultInstance())
                        .next()))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refusal(() -> api("false")
                        .fetchX509SVID(X509SVIDRequest.getDefaultInstance())
                        .next()))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(api("true")
                        .fetchX509SVID(X509SVIDRequest.getDefaultInstance())
                        .next()
                        .getSvidsCount())
                .isEqualTo(1);
    }

    @Test
    void who_meets_no_entry_learns_what_was_seen_of_it() {
        assertThatThrownBy(() -> api("true")
                        .fetchX509SVID(X509SVIDRequest.getDefaultInstance())
                        .next())
                .isInstanceOfSatisfying(StatusRuntimeException.class, refused -> {
                    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                    assertThat(refused.getStatus().getDescription())
                            .contains("unix:uid:", "unix:path:/", "unix:sha256:");
                });
    }

    @Test
    void who_meets_two_entries_gets_two_identities_and_a_token_for_the_one_it_names() throws IOException {
        register("a");
        register("b");
        assertThat(api("true")
                        .fetchX509SVID(X509SVIDRequest.getDefaultInstance())
                        .next()
                        .getSvidsList())
                .extracting(svid -> svid.getSpiffeId())
                .containsExactly("spiffe://example.org/a", "spiffe://example.org/b");
        var request = JWTSVIDRequest.newBuilder().addAudience("x").setSpiffeId("spiffe://example.org/b");
        var token = api("true").fetchJWTSVID(request.build()).getSvids(0).getSvid();
        var validated = api("true")
                .validateJWTSVID(ValidateJWTSVIDRequest.newBuilder()
                        .setAudience("x")
                        .setSvid(token)
                        .build());
        assertThat(validated.getSpiffeId()).isEqualTo("spiffe://example.org/b");
        assertThat(validated.getClaims().getFieldsOrThrow("sub").getStringValue())
                .isEqualTo("spiffe://example.org/b");
        assertThat(refusal(() -> api("true")
                        .fetchJWTSVID(
                                request.setSpiffeId("spiffe://example.org/c").build())))
                .isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(refusal(() -> api("true").fetchJWTSVID(JWTSVIDRequest.getDefaultInstance())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void an_open_stream_hears_of_its_own_new_entry_and_ends_with_its_last() throws IOException {
        register("a");
        var stream = api("true").fetchX509SVID(X509SVIDRequest.getDefaultInstance());
        assertThat(stream.next().getSvidsCount()).isEqualTo(1);
        register("b");
        assertThat(stream.next().getSvidsCount()).isEqualTo(2);
        trust.submit(new TrustCommand.RemoveEntry("a")).join();
        assertThat(stream.next().getSvidsCount()).isEqualTo(1);
        trust.submit(new TrustCommand.RemoveEntry("b")).join();
        assertThat(refusal(stream::next)).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void a_socket_that_a_killed_server_left_is_taken_over_and_one_that_is_served_is_not() throws IOException {
        assertThatThrownBy(() -> WorkloadApiDoor.open(trust, socket(), clock, workers))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another process serves this socket");
        var left = folder.resolve("left.sock");
        try (var bound = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            bound.bind(java.net.UnixDomainSocketAddress.of(left));
        }
        assertThat(left).exists();
        WorkloadApiDoor.open(trust, left, clock, workers).close();
        var file = Files.writeString(folder.resolve("file"), "precious");
        assertThatThrownBy(() -> WorkloadApiDoor.open(trust, file, clock, workers))
                .isInstanceOf(IOException.class);
        assertThat(file).hasContent("precious");
    }
}
