package dev.plinth.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the console as it was built. */
final class ConsoleFilesTest {
    private final DoorOnPort port = new DoorOnPort(new HandFedSource());

    @AfterEach
    void close() {
        port.close();
    }

    private String script() throws Exception {
        var matcher = Pattern.compile("src=\"(/assets/[^\"]+\\.js)\"")
                .matcher(port.get("/").body());
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/transactions", "/services?theme=dark", "/transactions/127.0.0.1:8091:12"})
    void every_view_is_the_index(String path) throws Exception {
        var response = port.get(path);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(response.body()).contains("<title>Plinth</title>");
    }

    @Test
    void what_carries_a_hash_in_its_name_is_kept_for_ever() throws Exception {
        var response = port.get(script());
        assertThat(response.headers().firstValue("cache-control")).contains("public, max-age=31536000, immutable");
        assertThat(response.headers().firstValue("content-type")).contains("text/javascript; charset=utf-8");
    }

    @Test
    void what_has_not_changed_is_not_sent_again() throws Exception {
        String tag = port.get("/").headers().firstValue("etag").orElseThrow();
        var again = port.send("GET", "/", Map.of("If-None-Match", tag));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
    }

    @Test
    void who_accepts_gzip_gets_gzip() throws Exception {
        var response = port.send("HEAD", script(), Map.of("Accept-Encoding", "gzip, br"));
        assertThat(response.headers().firstValue("content-encoding")).contains("gzip");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/assets/none.js",
                "/assets/none",
                "/missing.png",
                "/..%2f..%2fdev/plinth/server/console/ConsoleDoor.class",
                "/assets/..%2findex.html",
                "/index.html%00.js",
                "/console.class"
            })
    void what_is_not_a_file_of_the_console_is_not_found(String path) throws Exception {
        assertThat(port.get(path).statusCode()).isIn(400, 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/v1/transactions", "/api/v1/none", "/assets/none.js"})
    void every_answer_forbids_all_that_is_not_the_consoles_own(String path) throws Exception {
        var headers = port.get(path).headers();
        assertThat(headers.firstValue("content-security-policy").orElseThrow())
                .contains("default-src 'none'")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(headers.firstValue("x-content-type-options")).contains("nosniff");
        assertThat(headers.firstValue("referrer-policy")).contains("no-referrer");
    }

    @Test
    void the_index_names_no_other_host() throws Exception {
        assertThat(port.get("/").body()).doesNotContain("http://").doesNotContain("https://");
    }
}
