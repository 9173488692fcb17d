package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.trust.control.FileRootKey;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.registry.v1.ListServicesRequest;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.RotateRootRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
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
    void a_trust_domain_outlives_a_restart_and_another_one_cannot_take_its_place() throws IOException {
        var here = configuration(Optional.empty());
        try (var server = PlinthServer.start(here.with(TrustConfiguration.of("example.org")))) {
            assertThat(server.workloads().orElseThrow()).startsWith("unix:///").endsWith("trust/workload.sock");
        }
        assertThatThrownBy(() -> PlinthServer.start(here.with(TrustConfiguration.of("other.org"))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the trust domain is example.org");
        PlinthServer.start(here.with(TrustConfiguration.of("example.org"))).close();
    }

    @Test
    void without_the_root_key_that_its_authorities_were_sealed_with_a_server_does_not_start() throws Exception {
        var here = configuration(Optional.empty()).with(TrustConfiguration.of("example.org"));
        var key = here.data().resolve("trust").resolve("root.key");
        try (var server = PlinthServer.start(here)) {
            await().until(() -> get(server, "/health/ready").statusCode() == 200);
        }
        var kept = Files.readAllBytes(key);
        Files.delete(key);
        assertThatThrownBy(() -> PlinthServer.start(here))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("root.key: there is no such file");
        assertThat(key).as("no other key is made in its place").doesNotExist();

        FileRootKey.make(key, new SecureRandom());
        assertThatThrownBy(() -> PlinthServer.start(here))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not sealed under this root key");

        Files.write(key, kept);
        PlinthServer.start(here).close();
    }

    @Test
    void the_root_key_of_a_trust_domain_is_changed_while_it_signs_and_the_one_before_starts_nothing_after()
            throws Exception {
        var here = configuration(Optional.empty()).with(TrustConfiguration.of("example.org"));
        var key = here.data().resolve("trust").resolve("root.key");
        byte[] before;
        try (var server = PlinthServer.start(here)) {
            await().until(() -> get(server, "/health/ready").statusCode() == 200);
            before = Files.readAllBytes(key);
            var trust = GrpcClients.builder("gproto+http://" + server.http())
                    .addHeader("authorization", "Bearer " + Files.readString(TrustConfiguration.token(here.data())))
                    .build(TrustGrpc.TrustBlockingStub.class);
            for (int number = 2; number <= 3; number++) {
                long root = number;
                assertThat(trust.rotateRoot(RotateRootRequest.getDefaultInstance())
                                .getVersion())
                        .isEqualTo(root);
                await().until(() ->
                        trust.getDomain(GetDomainRequest.getDefaultInstance()).getRoot() == root);
                await().until(() -> Files.notExists(key.resolveSibling("root.key.next")));
                assertThat(get(server, "/health/ready").statusCode()).isEqualTo(200);
            }
            assertThat(Files.readAllBytes(key)).isNotEqualTo(before);
        }
        try (var server = PlinthServer.start(here)) {
            await().until(() -> get(server, "/health/ready").statusCode() == 200);
        }
        var after = Files.readAllBytes(key);
        Files.write(key, before);
        assertThatThrownBy(() -> PlinthServer.start(here))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("root.key: ");
        Files.write(key, after);
        PlinthServer.start(here).close();
    }

    @Test
    void a_server_may_be_closed_twice() throws IOException {
        var server = PlinthServer.start(configuration(Optional.empty()));
        server.close();
        server.close();
    }
}
