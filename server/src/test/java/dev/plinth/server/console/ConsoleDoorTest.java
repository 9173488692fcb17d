package dev.plinth.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.plinth.kernel.Refused;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConsoleDoorTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String XID = "127.0.0.1:8091:1234567890";

    private final HandFedSource source = new HandFedSource();
    private final DoorOnPort port = new DoorOnPort(source);

    @AfterEach
    void close() {
        port.close();
    }

    private static JsonNode problem(HttpResponse<String> response, int status) throws Exception {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
        return JSON.readTree(response.body());
    }

    @Test
    void a_page_of_transactions_is_asked_for_as_the_address_says() throws Exception {
        source.transactions = List.of(HandFedSource.transfer(XID));

        JsonNode page = JSON.readTree(port.get("/api/v1/transactions?state=live&limit=7&after=x&q=send%20pay")
                .body());

        assertThat(source.queries)
                .containsExactly(new TransactionQuery(TransactionQuery.State.LIVE, 7, Optional.of("x"), "send pay"));
        assertThat(page.at("/transactions/0/xid").asText()).isEqualTo(XID);
        assertThat(page.at("/transactions/0/status").asText()).isEqualTo("COMMITTED");
        assertThat(page.at("/transactions/0/endedAt").asText()).isEqualTo("2026-11-24T12:00:00.002345Z");
        assertThat(page.has("next")).isFalse();
    }

    @Test
    void recent_transactions_are_what_is_meant_if_nothing_is_said() throws Exception {
        port.get("/api/v1/transactions");
        assertThat(source.queries)
                .containsExactly(new TransactionQuery(
                        TransactionQuery.State.RECENT, TransactionQuery.LIMIT_DEFAULT, Optional.empty(), ""));
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, limit, a number from 1 to 500",
        "limit=ten, limit, a number from 1 to 500",
        "limit=501, limit, a number from 1 to 500",
        "state=all, state, live or recent",
        "xid=1, query, 'one of state, limit, after, q'",
    })
    void a_wrong_parameter_is_answered_with_its_name_and_what_was_expected(String query, String field, String expected)
            throws Exception {
        JsonNode problem = problem(port.get("/api/v1/transactions?" + query), 400);
        assertThat(problem.get("field").asText()).isEqualTo(field);
        assertThat(problem.get("expected").asText()).isEqualTo(expected);
        assertThat(source.queries).isEmpty();
    }

    @Test
    void a_text_to_search_for_may_not_be_longer_than_the_limit() throws Exception {
        JsonNode problem = problem(port.get("/api/v1/transactions?q=" + "x".repeat(201)), 400);
        assertThat(problem.get("field").asText()).isEqualTo("q");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:8091:1234567890", "127.0.0.1%3A8091%3A1234567890"})
    void a_transaction_is_found_by_its_xid_with_branches_and_timeline(String path) throws Exception {
        source.transactions = List.of(HandFedSource.transfer(XID));
        JsonNode detail = JSON.readTree(port.get("/api/v1/transactions/" + path).body());
        assertThat(detail.at("/transaction/xid").asText()).isEqualTo(XID);
        assertThat(detail.at("/branches/0/locks/0").asText()).isEqualTo("account:42");
        assertThat(detail.at("/branches/0").has("endedAt")).isFalse();
        assertThat(detail.at("/timeline/0/kind").asText()).isEqualTo("BEGUN");
    }

    @Test
    void an_unknown_xid_is_not_found() throws Exception {
        JsonNode problem = problem(port.get("/api/v1/transactions/nobody"), 404);
        assertThat(problem.get("field").asText()).isEqualTo("xid");
        assertThat(problem.get("detail").asText()).contains("'nobody'");
    }

    @Test
    void an_xid_longer_than_any_is_refused_before_anyone_is_asked() throws Exception {
        problem(port.get("/api/v1/transactions/" + "9".repeat(ConsoleDoor.XID_CHARS_MAX + 1)), 400);
    }

    @Test
    void cells_and_services_are_those_of_the_last_second() throws Exception {
        source.cells = new CellMapState(
                4,
                "last 2 digits of the user id",
                100,
                List.of(new CellMapState.Region(
                        "eu",
                        List.of(new CellMapState.Zone(
                                "east",
                                List.of(CellMapState.Cell.of(
                                        "east-1", CellMapState.CellKind.SHARDED, List.of(0, 1, 2, 7), List.of(7))))))));
        assertThat(problem(port.get("/api/v1/cells"), 503).get("title").asText())
                .isEqualTo("OVERLOADED");

        port.door.look();

        JsonNode cells = JSON.readTree(port.get("/api/v1/cells").body());
        assertThat(cells.get("epoch").asInt()).isEqualTo(4);
        JsonNode cell = cells.at("/regions/0/zones/0/cells/0");
        assertThat(cell.get("shardCount").asInt()).isEqualTo(4);
        assertThat(cell.get("shards").toString()).isEqualTo("[{\"from\":0,\"to\":2},{\"from\":7,\"to\":7}]");
        assertThat(cell.get("frozen").toString()).isEqualTo("[{\"from\":7,\"to\":7}]");
    }

    @Test
    void a_refusal_of_the_kernel_keeps_its_code_and_its_hint() throws Exception {
        source.failure = Optional.of(Refused.overloaded("too many reads", Duration.ofSeconds(3)));
        var response = port.get("/api/v1/transactions");
        assertThat(problem(response, 503).get("title").asText()).isEqualTo("OVERLOADED");
        assertThat(response.headers().firstValue("retry-after")).contains("3");
    }

    @Test
    void a_failure_tells_the_caller_nothing_of_its_inside() throws Exception {
        source.failure = Optional.of(new IllegalStateException("secret"));
        assertThat(problem(port.get("/api/v1/transactions"), 500).toString()).doesNotContain("secret");
    }

    @Test
    void there_is_nothing_to_write_to() throws Exception {
        var response = port.send("POST", "/api/v1/transactions", Map.of());
        assertThat(problem(response, 405).get("expected").asText()).isEqualTo("GET");
        assertThat(response.headers().firstValue("allow")).contains("GET, HEAD");
    }

    @Test
    void an_unknown_path_of_the_api_is_not_mistaken_for_a_view() throws Exception {
        assertThat(problem(port.get("/api/v1/transaction"), 404).get("field").asText())
                .isEqualTo("path");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7700"})
    void a_foreign_host_name_is_refused_because_it_may_be_rebound_to_this_machine(String host) throws Exception {
        assertThat(statusFor(host)).isEqualTo(421);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:7700", "localhost:7700", "[::1]:7700", "plinth.example", "10.1.2.3"})
    void addresses_and_own_names_are_answered(String host) throws Exception {
        assertThat(statusFor(host)).isEqualTo(200);
    }

    private int statusFor(String host) throws Exception {
        try (var reader = new DoorOnPort.Reader(
                port.raw("GET /api/v1/transactions HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))) {
            return Integer.parseInt(reader.next("HTTP/1.1 ").split(" ", -1)[1]);
        }
    }
}
