package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.registry.v1.ListServicesRequest;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlinthServerTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final CellMap TWO_CELLS = CellMap.evenly(
            ShardFunction.lastDigits(100),
            List.of(Cell.sharded("east", Zone.of("z1", "r")), Cell.sharded("west", Zone.of("z2", "r"))));

    @TempDir
    private Path data;

    private ServerConfiguration configuration(Optional<CellMap> cells) {
        return ServerConfiguration.alone(data, ANY, ANY, cells);
    }

    private static dev.plinth.wire.cells.v1.CellMap cellMap(PlinthServer server) {
        return GrpcClients.newClient("gproto+http://" + server.http(), CellMapsGrpc.CellMapsBlockingStub.class)
                .getCellMap(GetCellMapRequest.getDefaultInstance());
    }

    private static HttpResponse<String> get(PlinthServer server, String path) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + server.http() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void one_port_serves_the_console_its_api_and_grpc() throws Exception {
        try (var server = PlinthServer.start(configuration(Optional.of(TWO_CELLS)))) {
            assertThat(get(server, "/").body()).contains("<!doctype html>");
            assertThat(get(server, "/api/v1/transactions").body()).isEqualTo("{\"transactions\":[]}");
            assertThat(cellMap(server).getCellsCount()).isEqualTo(2);
            assertThat(GrpcClients.newClient("gproto+http://" + server.http(), RegistryGrpc.RegistryBlockingStub.class)
                            .listServices(ListServicesRequest.getDefaultInstance())
                            .getServicesCount())
                    .isZero();
            assertThat(server.seata().port()).isPositive();
        }
    }

    @Test
    void the_stored_cell_map_outlives_a_restart_and_goes_before_the_configured_one() throws IOException {
        try (var server = PlinthServer.start(configuration(Optional.of(TWO_CELLS)))) {
            assertThat(cellMap(server).getEpoch()).isEqualTo(1);
        }
        var other = CellMap.evenly(ShardFunction.lastDigits(100), List.of(Cell.sharded("south", Zone.of("z3", "r"))));
        try (var server = PlinthServer.start(configuration(Optional.of(other)))) {
            assertThat(cellMap(server).getCells(0).getName()).isEqualTo("east");
        }
    }

    @Test
    void two_servers_never_share_their_data() throws IOException {
        try (var server = PlinthServer.start(configuration(Optional.empty()))) {
            assertThat(server.http().port()).isPositive();
            assertThatThrownBy(() -> PlinthServer.start(configuration(Optional.empty())))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(data.toString());
        }
    }

    @Test
    void a_port_that_is_taken_is_named_and_nothing_stays_open() throws IOException {
        try (var first = PlinthServer.start(configuration(Optional.empty()))) {
            var second = ServerConfiguration.alone(data.resolve("other"), first.http(), ANY, Optional.empty());

            assertThatThrownBy(() -> PlinthServer.start(second))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("http.listen: cannot listen on " + first.http());

            PlinthServer.start(ServerConfiguration.alone(data.resolve("other"), ANY, ANY, Optional.empty()))
                    .close();
        }
    }

    @Test
    void a_server_may_be_closed_twice() throws IOException {
        var server = PlinthServer.start(configuration(Optional.empty()));
        server.close();
        server.close();
    }
}
