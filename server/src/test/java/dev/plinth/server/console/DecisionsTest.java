package dev.plinth.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DecisionsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String XID = "127.0.0.1:8091:1234567890";
    private static final Map<String, String> AS_JSON = Map.of("content-type", "application/json");

    private final HandFedSource source = new HandFedSource();
    private final DoorOnPort port = new DoorOnPort(source);

    @BeforeEach
    void know() {
        source.transactions = List.of(HandFedSource.transfer(XID));
    }

    @AfterEach
    void close() {
        port.close();
    }

    private HttpResponse<String> decide(String xid, String body, Map<String, String> headers) throws Exception {
        return port.post("/api/v1/transactions/" + xid + "/decision", body, headers);
    }

    private static String body(String deed) {
        return "{\"deed\":\"" + deed + "\",\"operator\":\" ann \",\"reason\":\"the application is gone\"}";
    }

    @Test
    void a_decision_is_done_and_answered_with_the_transaction_as_it_is_then() throws Exception {
        var answer = decide(XID, body("COMMIT"), AS_JSON);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(answer.body()).at("/transaction/xid").asText()).isEqualTo(XID);
        assertThat(source.decisions)
                .containsExactly(new Decision(Decision.Deed.COMMIT, List.of(), "ann", "the application is gone"));
    }

    @Test
    void a_decision_about_rows_names_those_that_the_person_saw() throws Exception {
        var body = body("KEEP").replace("}", ",\"seen\":[\"0a1b2c3d\",\"00000001\"]}");

        assertThat(decide(XID, body, AS_JSON).statusCode()).isEqualTo(200);

        assertThat(source.decisions)
                .containsExactly(new Decision(
                        Decision.Deed.KEEP, List.of("0a1b2c3d", "00000001"), "ann", "the application is gone"));
    }

    @Test
    void what_cannot_be_decided_any_more_is_a_conflict() throws Exception {
        var answer = decide(XID, body("ROLLBACK"), AS_JSON);

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(JSON.readTree(answer.body()).get("detail").asText()).contains("COMMITTED");
    }

    @Test
    void a_transaction_that_nobody_knows_is_not_found() throws Exception {
        assertThat(decide("127.0.0.1:8091:1", body("SETTLE"), AS_JSON).statusCode())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"deed\":\"DELETE\",\"operator\":\"ann\",\"reason\":\"x\"} | deed",
                "{\"deed\":\"COMMIT\",\"operator\":\" \",\"reason\":\"x\"} | operator",
                "{\"deed\":\"COMMIT\",\"operator\":\"ann\"} | reason",
                "{\"deed\":\"KEEP\",\"seen\":[\"all\"],\"operator\":\"ann\",\"reason\":\"x\"} | seen",
                "{\"deed\":\"COMMIT\",\"operator\":\"ann\",\"reason\":\"x\",\"force\":true} | body",
                "[1] | body",
                "{\"deed | body",
            })
    void a_decision_that_is_not_whole_is_refused_and_changes_nothing(String body, String field) throws Exception {
        var answer = decide(XID, body, AS_JSON);

        assertThat(answer.statusCode()).isEqualTo(400);
        JsonNode problem = JSON.readTree(answer.body());
        assertThat(problem.get("field").asText()).isEqualTo(field);
        assertThat(source.decisions).isEmpty();
    }

    @Test
    void pages_of_other_sites_decide_nothing() throws Exception {
        assertThat(decide(XID, body("COMMIT"), Map.of("content-type", "text/plain"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(decide(XID, body("COMMIT"), Map.of()).statusCode()).isEqualTo(403);
        assertThat(decide(
                                XID,
                                body("COMMIT"),
                                Map.of("content-type", "application/json", "sec-fetch-site", "cross-site"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(port.get("/api/v1/transactions/" + XID + "/decision").statusCode())
                .isEqualTo(405);
        assertThat(source.decisions).isEmpty();
    }

    @Test
    void a_decision_that_is_too_long_is_not_read() throws Exception {
        assertThat(decide(XID, body("x".repeat(9_000)), AS_JSON).statusCode()).isEqualTo(413);
    }
}
