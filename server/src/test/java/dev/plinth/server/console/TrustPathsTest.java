package dev.plinth.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console's addresses under trust: what they answer, and what they refuse. */
final class TrustPathsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DRY_RUN = "/api/v1/trust/dry-run";
    private static final Map<String, String> AS_JSON = Map.of("content-type", "application/json");

    private final HandFedSource source = new HandFedSource();
    private final DoorOnPort port = new DoorOnPort(source);

    @AfterEach
    void close() {
        port.close();
    }

    private JsonNode get(String path) throws Exception {
        var response = port.get("/api/v1/trust" + path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("cache-control")).contains("no-store");
        return JSON.readTree(response.body());
    }

    private static JsonNode problem(HttpResponse<String> response, int status) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    @Test
    void the_state_leaves_out_what_is_not_there() throws Exception {
        var state = get("");
        assertThat(state.has("domain")).isFalse();
        assertThat(state.has("seal")).isFalse();
        assertThat(state.get("givesIdentities").asBoolean()).isTrue();
        assertThat(state.at("/recorded/refused").asInt()).isEqualTo(2);
        assertThat(state.at("/audit/checkpoint/at").asText()).isEqualTo("2026-11-24T12:00:00Z");
    }

    @Test
    void an_appraisal_shows_each_check_with_what_was_expected_and_found_and_where() throws Exception {
        assertThat(get("/appraisals").at("/appraisals/0/simulated").asBoolean()).isTrue();
        var check = get("/appraisals/" + HandFedTrust.REFUSED).at("/results/0/checks/0");
        assertThat(check.get("outcome").asText()).isEqualTo("EXCUSABLE");
        assertThat(check.get("expected").asText()).isEqualTo("hardware");
        assertThat(check.get("found").asText()).isEqualTo("a simulation of none");
        assertThat(check.get("waiver").asText()).isEqualTo("simulated");
        assertThat(check.get("where").toString()).isEqualTo("{\"source\":\"statement\",\"from\":4,\"bytes\":9}");
    }

    @Test
    void pages_are_asked_for_as_the_address_says() throws Exception {
        assertThat(get("/entries?q=pay&after=a%2Fb&limit=7").get("next").asText())
                .isEqualTo("more");
        assertThat(get("/audit?q=ann&before=42&limit=3").get("next").asLong()).isEqualTo(41);
        get("/audit");
        get("/secrets?q=ledger");
        assertThat(source.trust.asked)
                .containsExactly(
                        "entries pay after a/b limit 7",
                        "audit ann before 42 limit 3",
                        "audit  before " + Long.MAX_VALUE + " limit 100",
                        "secrets ledger");
        assertThat(get("/issued").at("/issues/0/entry").asText()).isEqualTo("payments@1");
    }

    @Test
    void verdicts_on_artifacts_are_listed_and_shown_with_each_finding() throws Exception {
        assertThat(get("/verdicts?q=app&before=9&limit=2").get("next").asLong()).isEqualTo(3);
        assertThat(source.trust.asked).containsExactly("verdicts app before 9 limit 2");
        var verdict = get("/verdicts/3");
        assertThat(verdict.at("/verdict/admitted").asBoolean()).isFalse();
        assertThat(verdict.at("/checks/0/expected").asText()).isEqualTo("a signature of somebody who may sign");
        assertThat(verdict.get("answer").asText()).isEqualTo("refused under releases@2");
        problem(port.get("/api/v1/trust/verdicts/4"), 404);
        assertThat(problem(port.get("/api/v1/trust/verdicts/none"), 400)
                        .get("field")
                        .asText())
                .isEqualTo("number");
    }

    @ParameterizedTest
    @CsvSource({
        "/audit?limit=0, limit, a number from 1 to 500",
        "/audit?before=x, before, a number from 1",
        "/entries?name=x, query, 'one of after, limit, q'",
        "/policies?x=1, query, no parameters",
        "/policy?id=acme, id, identity:TENANT/NAME or secrets:SUBJECT",
        "/policy?id=identity:/x, id, identity:TENANT/NAME or secrets:SUBJECT",
    })
    void a_wrong_parameter_is_answered_with_its_name_and_what_was_expected(String path, String field, String expected)
            throws Exception {
        var problem = problem(port.get("/api/v1/trust" + path), 400);
        assertThat(problem.get("field").asText()).isEqualTo(field);
        assertThat(problem.get("expected").asText()).isEqualTo(expected);
        assertThat(source.trust.asked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/appraisals/identity-1", "/policy?id=secrets:*", "/secret?name=a/b/c"})
    void what_is_not_there_is_not_found(String path) throws Exception {
        problem(port.get("/api/v1/trust" + path), 404);
    }

    @Test
    void a_proposed_policy_is_tried() throws Exception {
        var answer = port.post(
                DRY_RUN,
                "{\"policy\":\"identity:acme/booted/well\",\"condition\":\"true\",\"waivers\":[\"debug\"]}",
                AS_JSON);
        assertThat(JSON.readTree(answer.body()).get("leftOut").asInt()).isOne();
        assertThat(source.trust.asked)
                .containsExactly("dry run "
                        + new DryRun.Question(
                                new PolicyPage.Name(PolicyPage.Scope.IDENTITY, "acme", "booted/well"),
                                "true",
                                java.util.List.of("debug")));
    }

    @Test
    void a_condition_that_cannot_be_read_is_told_with_what_is_wrong() throws Exception {
        source.trust.wrong = Optional.of(new DryRun.Wrong("condition", "a condition in CEL", "1:3: undeclared"));
        var problem = problem(port.post(DRY_RUN, "{\"policy\":\"secrets:*\",\"condition\":\"x y\"}", AS_JSON), 400);
        assertThat(problem.get("field").asText()).isEqualTo("condition");
        assertThat(problem.get("detail").asText()).isEqualTo("condition: 1:3: undeclared");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"policy\":\"nobody\",\"condition\":\"true\"}",
                "{\"policy\":\"secrets:*\",\"condition\":\"\"}",
                "{\"policy\":\"secrets:*\",\"condition\":\"true\",\"token\":\"x\"}",
                "[]",
                "{"
            })
    void a_wrong_question_is_not_tried(String body) throws Exception {
        problem(port.post(DRY_RUN, body, AS_JSON), 400);
        assertThat(source.trust.asked).isEmpty();
    }

    @Test
    void a_page_of_another_site_tries_nothing() throws Exception {
        var body = "{\"policy\":\"secrets:*\",\"condition\":\"true\"}";
        problem(
                port.post(DRY_RUN, body, Map.of("content-type", "application/json", "sec-fetch-site", "cross-site")),
                403);
        problem(port.post(DRY_RUN, body, Map.of("content-type", "text/plain")), 403);
        assertThat(source.trust.asked).isEmpty();
    }

    @Test
    void a_log_that_does_not_verify_says_where() throws Exception {
        var verification = get("/audit/verification");
        assertThat(verification.get("good").asBoolean()).isFalse();
        assertThat(verification.at("/problems/0").asText()).contains("the hash of entry 2");
    }

    @Test
    void nothing_is_written_under_trust() throws Exception {
        assertThat(problem(port.post("/api/v1/trust/secrets", "{}", AS_JSON), 405)
                        .get("expected")
                        .asText())
                .isEqualTo("GET");
    }
}
