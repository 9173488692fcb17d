package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nacos's open API, asked as its documentation says and as scripts do. */
@Timeout(120)
class NacosHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ABSENT = "00000000000000000000000000000000";

    @TempDir
    private Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private RegistryServer server;

    @BeforeEach
    void start() throws IOException {
        server = new RegistryServer(1, folder);
    }

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    private HttpRequest request(String method, String path, String form, String... headers) {
        var body = form.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(form);
        var request = HttpRequest.newBuilder(URI.create(server.nacosHttp() + path))
                .method(method, body)
                .header("Content-Type", "application/x-www-form-urlencoded");
        return headers.length == 0 ? request.build() : request.headers(headers).build();
    }

    private HttpResponse<String> ask(String method, String path, String form) throws Exception {
        return http.send(request(method, path, form), HttpResponse.BodyHandlers.ofString());
    }

    private String told(String method, String path, String form) throws Exception {
        var answer = ask(method, path, form);
        assertThat(answer.statusCode())
                .as("%s %s: %s", method, path, answer.body())
                .isEqualTo(200);
        return answer.body();
    }

    private JsonNode data(String method, String path, String form) throws Exception {
        var answer = JSON.readTree(told(method, path, form));
        assertThat(answer.path("code").asInt()).isZero();
        return answer.path("data");
    }

    private List<String> addresses(JsonNode hosts) {
        return hosts.valueStream()
                .map(host -> host.path("ip").asText() + ":" + host.path("port").asInt())
                .sorted()
                .toList();
    }

    @Test
    void version_one_registers_lists_beats_and_takes_back() throws Exception {
        assertThat(told(
                        "POST",
                        "/v1/ns/instance?serviceName=accounts&ip=10.0.0.1&port=8080&weight=2&metadata=%7B%22a%22:%22b%22%7D",
                        ""))
                .isEqualTo("ok");
        assertThat(told("POST", "/v1/ns/instance", "serviceName=accounts&ip=10.0.0.2&port=8080&metadata=protocol=bolt"))
                .isEqualTo("ok");

        var list = JSON.readTree(told("GET", "/v1/ns/instance/list?serviceName=DEFAULT_GROUP@@accounts", ""));
        assertThat(addresses(list.path("hosts"))).containsExactly("10.0.0.1:8080", "10.0.0.2:8080");
        assertThat(list.path("name").asText())
                .as("the name by which clients of version 1 find those who listen")
                .isEqualTo("DEFAULT_GROUP@@accounts");
        assertThat(list.path("cacheMillis").asInt())
                .as("when they read it again, for they are not pushed anything")
                .isEqualTo(3_000);
        assertThat(server.endpoints("accounts")).containsExactly("bolt://10.0.0.2:8080", "tcp://10.0.0.1:8080");
        var one = JSON.readTree(told("GET", "/v1/ns/instance?serviceName=accounts&ip=10.0.0.1&port=8080", ""));
        assertThat(one.path("weight").asDouble()).isEqualTo(2.0);
        assertThat(one.path("metadata").path("a").asText()).isEqualTo("b");

        assertThat(JSON.readTree(told("PUT", "/v1/ns/instance/beat?serviceName=accounts&ip=10.0.0.1&port=8080", ""))
                        .path("code")
                        .asInt())
                .isEqualTo(10_200);
        assertThat(JSON.readTree(told("PUT", "/v1/ns/instance/beat?serviceName=accounts&ip=10.0.0.9&port=8080", ""))
                        .path("code")
                        .asInt())
                .as("what is not known is to be registered anew")
                .isEqualTo(20_404);
        var beat = URLEncoder.encode(
                "{\"serviceName\":\"DEFAULT_GROUP@@accounts\",\"ip\":\"10.0.0.3\",\"port\":1,\"cluster\":\"EAST\"}",
                StandardCharsets.UTF_8);
        told("PUT", "/v1/ns/instance/beat?serviceName=DEFAULT_GROUP@@accounts&beat=" + beat, "");
        assertThat(server.endpoints("accounts")).contains("tcp://10.0.0.3:1");

        told("DELETE", "/v1/ns/instance?serviceName=accounts&ip=10.0.0.2&port=8080", "");
        assertThat(server.endpoints("accounts")).containsExactly("tcp://10.0.0.1:8080", "tcp://10.0.0.3:1");
        var services = JSON.readTree(told("GET", "/v1/ns/service/list?pageNo=1&pageSize=10", ""));
        assertThat(services.path("doms").valueStream().map(JsonNode::asText)).containsExactly("accounts");
    }

    @Test
    void versions_two_and_three_do_the_same_in_an_envelope() throws Exception {
        assertThat(data("POST", "/v2/ns/instance", "serviceName=accounts&groupName=G&ip=10.0.0.1&port=1")
                        .asText())
                .isEqualTo("ok");
        assertThat(data(
                                "POST",
                                "/v3/client/ns/instance",
                                "serviceName=accounts&groupName=G&ip=10.0.0.2&port=1&heartBeat=true")
                        .asText())
                .as("a beat for what is not known registers it")
                .isEqualTo("ok");

        assertThat(addresses(data("GET", "/v2/ns/instance/list?serviceName=accounts&groupName=G", "")
                        .path("hosts")))
                .containsExactly("10.0.0.1:1", "10.0.0.2:1");
        assertThat(addresses(data("GET", "/v3/client/ns/instance/list?serviceName=accounts&groupName=G", "")))
                .containsExactly("10.0.0.1:1", "10.0.0.2:1");
        assertThat(server.endpoints("G@@accounts")).hasSize(2);
    }

    @Test
    void texts_are_published_read_and_removed() throws Exception {
        assertThat(told("POST", "/v1/cs/configs", "dataId=limits&group=G&content=max%3D1%0A%C3%BC"))
                .isEqualTo("true");
        assertThat(told("GET", "/v1/cs/configs?dataId=limits&group=G", "")).isEqualTo("max=1\nü");
        assertThat(data("GET", "/v2/cs/config?dataId=limits&group=G", "").asText())
                .isEqualTo("max=1\nü");
        assertThat(data("GET", "/v3/client/cs/config?dataId=limits&groupName=G", "")
                        .path("content")
                        .asText())
                .isEqualTo("max=1\nü");
        assertThat(data("DELETE", "/v2/cs/config?dataId=limits&group=G", "").asBoolean())
                .isTrue();
        assertThat(ask("GET", "/v1/cs/configs?dataId=limits&group=G", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void a_long_poll_is_answered_when_a_text_changes_and_without_one_when_its_time_is_over() throws Exception {
        told("POST", "/v1/cs/configs", "dataId=other&group=G&content=x");
        var listening = "Listening-Configs=" + URLEncoder.encode("limits\u0002G\u0002\u0001", StandardCharsets.UTF_8);
        CompletableFuture<HttpResponse<String>> poll = http.sendAsync(
                request("POST", "/v1/cs/configs/listener", listening, "Long-Pulling-Timeout", "60000"),
                HttpResponse.BodyHandlers.ofString());
        told("POST", "/v1/cs/configs", "dataId=other&group=G&content=y");
        assertThat(poll).isNotDone();
        told("POST", "/v1/cs/configs", "dataId=limits&group=G&content=max%3D1");

        await().atMost(Duration.ofSeconds(20)).until(poll::isDone);
        assertThat(poll.join().body()).isEqualTo("limits%02G%01");

        var differs = http.send(
                request(
                        "POST",
                        "/v1/cs/configs/listener",
                        "Listening-Configs="
                                + URLEncoder.encode("limits\u0002G\u0002" + ABSENT + "\u0001", StandardCharsets.UTF_8),
                        "Long-Pulling-Timeout",
                        "60000"),
                HttpResponse.BodyHandlers.ofString());
        assertThat(differs.body()).as("what differs already is told at once").isEqualTo("limits%02G%01");

        var over = http.send(
                request(
                        "POST",
                        "/v1/cs/configs/listener",
                        "Listening-Configs=" + URLEncoder.encode("nothing\u0002G\u0002\u0001", StandardCharsets.UTF_8),
                        "Long-Pulling-Timeout",
                        "1000"),
                HttpResponse.BodyHandlers.ofString());
        assertThat(over.body()).isEmpty();
    }

    @Test
    void a_persistent_instance_survives_a_restart_and_is_served_while_it_answers() throws Exception {
        ServerSocket application = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        int port = application.getLocalPort();
        var instance = "serviceName=legacy&ip=127.0.0.1&ephemeral=false&port=" + port;
        assertThat(told("POST", "/v1/ns/instance", instance)).isEqualTo("ok");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> server.endpoints("legacy").equals(List.of("tcp://127.0.0.1:" + port)));
        var listed = JSON.readTree(told("GET", "/v1/ns/instance/list?serviceName=legacy", ""))
                .path("hosts")
                .path(0);
        assertThat(listed.path("ephemeral").asBoolean(true)).isFalse();

        server.close();
        server = new RegistryServer(2, folder);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !server.endpoints("legacy").isEmpty());

        application.close();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> server.endpoints("legacy").isEmpty());
        try (var back = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !server.endpoints("legacy").isEmpty());
            told("DELETE", "/v1/ns/instance?serviceName=legacy&ip=127.0.0.1&port=" + back.getLocalPort(), "");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> server.endpoints("legacy").isEmpty());
        }
    }

    @Test
    void bad_input_is_answered_with_what_was_expected() throws Exception {
        assertThat(ask("POST", "/v1/ns/instance", "serviceName=a&ip=10.0.0.1").body())
                .contains("'port' is missing");
        assertThat(ask("POST", "/v2/ns/instance", "serviceName=a&ip=10.0.0.1&port=99999"))
                .satisfies(answer -> {
                    assertThat(answer.statusCode()).isEqualTo(400);
                    assertThat(answer.body()).contains("port 1 to 65535");
                });
        assertThat(ask("GET", "/v1/nothing", "").statusCode()).isEqualTo(404);
    }
}
