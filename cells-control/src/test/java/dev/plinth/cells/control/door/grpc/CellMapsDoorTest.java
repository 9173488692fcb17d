package dev.plinth.cells.control.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.CellMapMessages;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.Shard;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.cells.control.CellMapCommand;
import dev.plinth.cells.control.CellMaps;
import dev.plinth.kernel.Inbox;
import dev.plinth.kernel.SystemClock;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.cells.v1.PutCellMapRequest;
import dev.plinth.wire.cells.v1.WatchCellMapRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CellMapsDoorTest {
    private static final Cell EAST = Cell.sharded("east", Zone.of("hz1", "hangzhou"));
    private static final Cell WEST = Cell.sharded("west", Zone.of("sh1", "shanghai"));
    private static final CellMap FIRST = CellMap.evenly(ShardFunction.lastDigits(100), List.of(EAST, WEST));

    private final SystemClock clock = new SystemClock();
    private final ExecutorService engine = Executors.newSingleThreadExecutor();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private CellMaps maps;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws IOException {
        maps = CellMaps.open(new Inbox<CellMapCommand>(1, engine, clock), clock);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new CellMapsDoor(maps, workers))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() throws InterruptedException {
        channel.shutdownNow();
        server.shutdownNow().awaitTermination();
        maps.close();
        engine.shutdown();
        workers.shutdown();
        clock.close();
    }

    private CellMapsGrpc.CellMapsBlockingStub stub() {
        return CellMapsGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    private CellMap put(CellMap map) {
        return CellMapMessages.fromMessage(stub().putCellMap(PutCellMapRequest.newBuilder()
                .setExpectedEpoch(map.epoch().number() - 1)
                .setMap(CellMapMessages.toMessage(map))
                .build()));
    }

    private CellMap next(CellMap map, int shard) {
        return map.next(Map.of(
                new Shard(shard),
                Assignment.frozen(map.assignmentOf(new Shard(shard)).owner())));
    }

    @Test
    void before_the_first_put_the_map_has_epoch_zero() {
        assertThat(stub().getCellMap(GetCellMapRequest.getDefaultInstance()).getEpoch())
                .isZero();
    }

    @Test
    void a_map_that_was_put_is_the_one_that_is_got() {
        assertThat(put(FIRST)).isEqualTo(FIRST);
        assertThat(put(FIRST)).as("the same put again").isEqualTo(FIRST);
        assertThat(CellMapMessages.fromMessage(stub().getCellMap(GetCellMapRequest.getDefaultInstance())))
                .isEqualTo(FIRST);
    }

    @Test
    void a_put_for_another_epoch_fails_its_precondition_and_says_which_is_there() {
        put(FIRST);
        assertThatThrownBy(() -> put(next(FIRST, 1).at(new Epoch(7))))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(e.getStatus().getDescription())
                            .isEqualTo("expected_epoch is 6: the map there has epoch 1");
                });
    }

    @Test
    void a_map_that_is_not_sound_is_an_invalid_argument_that_names_the_field() {
        var broken = CellMapMessages.toMessage(FIRST).toBuilder();
        broken.getAssignmentsBuilder(42).setCell("nowhere");
        for (long epoch : new long[] {0, -1, Long.MAX_VALUE}) {
            var request = PutCellMapRequest.newBuilder()
                    .setExpectedEpoch(epoch)
                    .setMap(broken)
                    .build();
            assertThatThrownBy(() -> stub().putCellMap(request))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
        }
        assertThatThrownBy(() -> stub().putCellMap(
                                PutCellMapRequest.newBuilder().setMap(broken).build()))
                .hasMessageContaining("assignments[42].cell is \"nowhere\"");
    }

    @Test
    void a_first_map_is_put_only_if_there_is_none() {
        assertThat(maps.putIfAbsent(FIRST).join()).isEqualTo(FIRST);
        assertThat(maps.putIfAbsent(next(FIRST, 9)).join()).isEqualTo(FIRST);
    }

    @Test
    void a_watcher_sees_the_newest_map_at_once_and_every_newer_one_after_it() throws InterruptedException {
        var watch = new Watch(Long.MAX_VALUE);
        assertThat(watch.take().getEpoch()).isZero();
        put(FIRST);
        assertThat(watch.take().getEpoch()).isEqualTo(1);
        put(next(FIRST, 5));
        var second = CellMapMessages.fromMessage(watch.take());
        assertThat(second).isEqualTo(next(FIRST, 5));
        assertThat(CellMapMessages.fromMessage(new Watch(Long.MAX_VALUE).take()))
                .isEqualTo(second);
    }

    @Test
    void a_watcher_that_does_not_read_holds_nothing_up_and_comes_to_the_newest_map() throws InterruptedException {
        var slow = new Watch(1);
        assertThat(slow.take().getEpoch()).isZero();
        // Of 100 KB each: more than transport and streams buffer for one call.
        CellMap map = CellMap.evenly(ShardFunction.lastDigits(10_000), List.of(EAST, WEST));
        put(map);
        for (int i = 0; i < 100; i++) {
            map = next(map, i % 100);
            put(map);
        }
        slow.request(Long.MAX_VALUE / 2);
        var last = map.epoch().number();
        long before = 0;
        int received = 0;
        while (before < last) {
            long epoch = slow.take().getEpoch();
            received++;
            assertThat(epoch).isGreaterThan(before);
            before = epoch;
        }
        assertThat(received).as("maps in between are skipped").isLessThan(101);
    }

    @Test
    void a_watch_that_is_cancelled_leaves_nothing_behind() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            var watch = new Watch(Long.MAX_VALUE);
            watch.take();
            watch.cancel();
            assertThatThrownBy(() -> watch.end.get(10, TimeUnit.SECONDS)).hasMessageContaining("CANCELLED");
        }
        put(FIRST);
        assertThat(new Watch(Long.MAX_VALUE).take().getEpoch()).isEqualTo(1);
    }

    @Test
    void after_the_engine_has_stopped_callers_are_told_so() {
        maps.close();
        await().untilAsserted(() -> assertThatThrownBy(() -> stub().getCellMap(GetCellMapRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE)));
    }

    private final class Watch implements ClientResponseObserver<WatchCellMapRequest, dev.plinth.wire.cells.v1.CellMap> {
        private final BlockingQueue<dev.plinth.wire.cells.v1.CellMap> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<Boolean> end = new CompletableFuture<>();
        private final int first;
        private ClientCallStreamObserver<WatchCellMapRequest> call;

        Watch(long first) {
            this.first = (int) Math.min(first, Integer.MAX_VALUE);
            CellMapsGrpc.newStub(channel).watchCellMap(WatchCellMapRequest.getDefaultInstance(), this);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchCellMapRequest> stream) {
            call = stream;
            stream.disableAutoRequestWithInitial(first);
        }

        void request(long count) {
            call.request((int) Math.min(count, Integer.MAX_VALUE));
        }

        void cancel() {
            call.cancel("enough", null);
        }

        dev.plinth.wire.cells.v1.CellMap take() throws InterruptedException {
            var map = received.poll(10, TimeUnit.SECONDS);
            assertThat(map).as("an update in time").isNotNull();
            return map;
        }

        @Override
        public void onNext(dev.plinth.wire.cells.v1.CellMap map) {
            received.add(map);
        }

        @Override
        public void onError(Throwable failure) {
            end.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            end.complete(true);
        }
    }
}
