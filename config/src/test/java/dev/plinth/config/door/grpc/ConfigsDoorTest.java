package dev.plinth.config.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.config.Configs;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.wire.config.v1.ConfigKey;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.config.v1.DiffRequest;
import dev.plinth.wire.config.v1.GetRequest;
import dev.plinth.wire.config.v1.Line;
import dev.plinth.wire.config.v1.ListRequest;
import dev.plinth.wire.config.v1.PublishRequest;
import dev.plinth.wire.config.v1.ReleaseRequest;
import dev.plinth.wire.config.v1.RemoveRequest;
import dev.plinth.wire.config.v1.RollBackRequest;
import dev.plinth.wire.config.v1.Rule;
import dev.plinth.wire.config.v1.Text;
import dev.plinth.wire.config.v1.WithdrawRequest;
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
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The configuration through its door, on a real journal that is closed and opened again. */
@Timeout(60)
class ConfigsDoorTest {
    private static final ConfigKey KEY =
            ConfigKey.newBuilder().setDataId("bank.properties").build();

    @TempDir
    private Path folder;

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private DiskStorage segments;
    private DiskStorage snapshots;
    private SegmentStore store;
    private Configs configs;
    private Server server;
    private ManagedChannel channel;
    private ConfigsGrpc.ConfigsBlockingStub stub;

    @BeforeEach
    void open() throws IOException {
        segments = DiskStorage.open(folder.resolve("journal"));
        snapshots = DiskStorage.open(folder.resolve("snapshots"));
        store = SegmentStore.open(segments, SegmentOptions.defaults(), clock);
        configs = Configs.open(
                LocalJournal.open(store, "config", Configs.commandCodec(), snapshots, JournalOptions.defaults(), clock),
                clock);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new ConfigsDoor(configs, workers))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
                .usePlaintext()
                .build();
        stub = ConfigsGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void close() throws IOException {
        channel.shutdownNow();
        server.shutdownNow();
        configs.close();
        store.close();
        snapshots.close();
        segments.close();
    }

    private long publish(String content) {
        return stub.publish(PublishRequest.newBuilder()
                        .setKey(KEY)
                        .setText(Text.newBuilder().setContent(content).setType("properties"))
                        .setAuthor("ann")
                        .build())
                .getVersion();
    }

    private static Status status(Callable<?> call) throws Exception {
        try {
            call.call();
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void texts_are_published_compared_rolled_back_and_are_there_after_a_restart() throws Exception {
        assertThat(publish("a=1\nb=1")).isEqualTo(1);
        assertThat(publish("a=1\nb=2")).isEqualTo(2);
        var differences = stub.diff(
                DiffRequest.newBuilder().setKey(KEY).setFrom(1).setTo(2).build());
        assertThat(differences.getLinesList())
                .containsExactly(
                        line(Line.Kind.SAME, "a=1"), line(Line.Kind.REMOVED, "b=1"), line(Line.Kind.ADDED, "b=2"));
        assertThat(stub.rollBack(RollBackRequest.newBuilder()
                                .setKey(KEY)
                                .setVersion(1)
                                .setAuthor("ben")
                                .build())
                        .getVersion())
                .isEqualTo(3);
        var before = stub.get(GetRequest.newBuilder().setKey(KEY).build());

        close();
        open();

        var after = stub.get(GetRequest.newBuilder().setKey(KEY).build());
        assertThat(after).isEqualTo(before);
        var newest = after.getVersions(2);
        assertThat(newest.getText().getContent()).isEqualTo("a=1\nb=1");
        assertThat(newest.getAuthor()).isEqualTo("ben");
        assertThat(newest.getRolledBackTo()).isEqualTo(1);
        assertThat(newest.getAtMillis()).isPositive();
        assertThat(after.getKey().getNamespace()).isEqualTo("public");
        assertThat(after.getKey().getGroup()).isEqualTo("DEFAULT_GROUP");
    }

    private static Line line(Line.Kind kind, String text) {
        return Line.newBuilder().setKind(kind).setText(text).build();
    }

    @Test
    void a_grey_release_stands_beside_the_text_until_it_is_withdrawn() {
        publish("a=1");
        assertThat(stub.release(ReleaseRequest.newBuilder()
                                .setKey(KEY)
                                .setName("tenth")
                                .setRule(Rule.newBuilder().setPercentage(10))
                                .setText(Text.newBuilder().setContent("a=2"))
                                .build())
                        .getVersion())
                .isEqualTo(2);
        var config = stub.get(GetRequest.newBuilder().setKey(KEY).build());
        assertThat(config.getVersionsCount()).isEqualTo(1);
        assertThat(config.getGreys(0).getText().getContent()).isEqualTo("a=2");
        assertThat(config.getGreys(0).getRule().getPercentage()).isEqualTo(10);
        var listed = stub.list(ListRequest.getDefaultInstance()).getConfigs(0);
        assertThat(listed.getGreys()).isEqualTo(1);
        assertThat(listed.getMd5()).isEqualTo(config.getVersions(0).getText().getMd5());

        stub.withdraw(WithdrawRequest.newBuilder().setKey(KEY).setName("tenth").build());
        assertThat(stub.get(GetRequest.newBuilder().setKey(KEY).build()).getGreysCount())
                .isZero();
    }

    @Test
    void a_removed_text_is_listed_no_more_and_its_history_stays() {
        publish("a=1");
        stub.remove(RemoveRequest.newBuilder().setKey(KEY).setAuthor("ann").build());
        assertThat(stub.list(ListRequest.getDefaultInstance()).getConfigsCount())
                .isZero();
        var config = stub.get(GetRequest.newBuilder().setKey(KEY).build());
        assertThat(config.getVersionsCount()).isEqualTo(2);
        assertThat(config.getVersions(1).hasText()).isFalse();
    }

    @Test
    void what_is_wrong_is_said_with_its_field_and_what_was_expected() throws Exception {
        assertThat(status(() -> stub.get(GetRequest.newBuilder().setKey(KEY).build()))
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(status(() -> stub.get(GetRequest.getDefaultInstance())))
                .satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
                .satisfies(status -> assertThat(status.getDescription())
                        .isEqualTo("data id is \"\": expected 1 to 256 printable ASCII characters without space"));
        publish("a=1");
        assertThat(status(() -> stub.publish(PublishRequest.newBuilder()
                                .setKey(KEY)
                                .setText(Text.newBuilder().setContent("a=2"))
                                .setExpectedMd5("0")
                                .build()))
                        .getCode())
                .isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(status(() -> stub.diff(DiffRequest.newBuilder()
                                .setKey(KEY)
                                .setFrom(1)
                                .setTo(7)
                                .build()))
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
    }
}
