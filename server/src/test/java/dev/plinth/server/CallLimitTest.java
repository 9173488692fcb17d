package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.plinth.wire.cells.v1.CellMap;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallLimitTest {
    private static final GetCellMapRequest REQUEST = GetCellMapRequest.getDefaultInstance();

    private final LinkedBlockingQueue<StreamObserver<CellMap>> held = new LinkedBlockingQueue<>();
    private final CallLimit limit = new CallLimit(1);
    private final Server server = Server.builder()
            .http(0)
            .requestTimeoutMillis(0)
            .service(GrpcService.builder()
                    .intercept(limit)
                    .addService(new CellMapsGrpc.CellMapsImplBase() {
                        @Override
                        public void getCellMap(GetCellMapRequest request, StreamObserver<CellMap> answer) {
                            held.add(answer);
                        }
                    })
                    .build())
            .build();

    @BeforeEach
    void start() {
        server.start().join();
    }

    @AfterEach
    void stop() {
        server.stop().join();
    }

    private String address() {
        return "gproto+http://127.0.0.1:" + server.activeLocalPort();
    }

    private ListenableFuture<CellMap> ask() {
        return GrpcClients.newClient(address(), CellMapsGrpc.CellMapsFutureStub.class)
                .getCellMap(REQUEST);
    }

    @Test
    void a_call_beyond_the_limit_is_refused_with_a_hint_and_one_after_it_is_served() throws Exception {
        var first = ask();
        var answer = held.take();
        assertThatThrownBy(() -> GrpcClients.newClient(address(), CellMapsGrpc.CellMapsBlockingStub.class)
                        .getCellMap(REQUEST))
                .isInstanceOfSatisfying(StatusRuntimeException.class, refused -> {
                    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                    assertThat(refused).hasMessageContaining("OVERLOADED: 1 calls are under way");
                    assertThat(RetryHint.of(refused.getTrailers())).isPresent();
                });
        answer.onNext(CellMap.newBuilder().setEpoch(7).build());
        answer.onCompleted();
        assertThat(first.get().getEpoch()).isEqualTo(7);
        var _ = ask();
        assertThat(held.take()).isNotNull();
    }

    @Test
    void a_client_that_goes_away_gives_its_place_back() throws Exception {
        var gone = ask();
        held.take();
        gone.cancel(true);
        await().until(() -> limit.underWay() == 0);
    }
}
