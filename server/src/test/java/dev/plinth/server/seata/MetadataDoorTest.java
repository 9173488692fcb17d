package dev.plinth.server.seata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.server.Server;
import dev.plinth.server.Listen;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetadataDoorTest {
    /** Two servers, whose leadership a test moves. */
    private static final class Two implements SeataServers {
        private View view = view(7, true);
        private CompletableFuture<View> next = new CompletableFuture<>();

        private static View view(long term, boolean first) {
            return new View(
                    term,
                    List.of(
                            new Member(new Listen("10.0.0.1", 7700), new Listen("10.0.0.1", 8091), first),
                            new Member(new Listen("10.0.0.2", 7700), new Listen("10.0.0.2", 8091), !first)));
        }

        @Override
        public synchronized View now() {
            return view;
        }

        @Override
        public synchronized CompletableFuture<View> other(long term) {
            return term == view.term() ? next.copy() : CompletableFuture.completedFuture(view);
        }

        synchronized void nobodyLeads() {
            view = new View(
                    0,
                    view.servers().stream()
                            .map(server -> new Member(server.control(), server.transaction(), false))
                            .toList());
        }

        synchronized void move() {
            view = view(8, false);
            next.complete(view);
            next = new CompletableFuture<>();
        }
    }

    private final Two servers = new Two();
    private final MetadataDoor door = new MetadataDoor(() -> servers);
    private final Server http = start();
    private final HttpClient client = HttpClient.newHttpClient();

    private Server start() {
        var builder = Server.builder().http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        door.mount(builder);
        var server = builder.build();
        server.start().join();
        return server;
    }

    @AfterEach
    void stop() {
        client.close();
        http.closeAsync();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + http.activeLocalPort() + "/metadata/v1/" + path));
    }

    private CompletableFuture<HttpResponse<String>> watch(String query, String form) {
        return client.sendAsync(
                request("watch" + query)
                        .header("content-type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void the_cluster_is_told_with_its_leader_and_term() throws Exception {
        var answer = client.send(request("cluster?group=").build(), HttpResponse.BodyHandlers.ofString());

        var metadata = new ObjectMapper().readTree(answer.body());
        assertThat(metadata.get("storeMode").asText()).isEqualTo("raft");
        assertThat(metadata.get("term").asLong()).isEqualTo(7);
        assertThat(metadata.at("/nodes/0/role").asText()).isEqualTo("LEADER");
        assertThat(metadata.at("/nodes/0/transaction/port").asInt()).isEqualTo(8091);
        assertThat(metadata.at("/nodes/1/role").asText()).isEqualTo("FOLLOWER");
        assertThat(metadata.at("/nodes/1/control/host").asText()).isEqualTo("10.0.0.2");
    }

    @Test
    void who_watches_hears_of_a_new_leader_at_once() {
        var watching = watch("", "default=7");
        await().until(() -> door.watches() == 1);
        assertThat(watching).isNotDone();

        servers.move();

        assertThat(watching.join().statusCode()).isEqualTo(200);
        assertThat(watch("", "default=7").join().statusCode())
                .as("the term is another one already")
                .isEqualTo(200);
        await().until(() -> door.watches() == 0);
    }

    @Test
    void who_asks_in_the_middle_of_an_election_is_told_of_its_outcome() {
        servers.nobodyLeads();
        var asking = client.sendAsync(request("cluster?group=").build(), HttpResponse.BodyHandlers.ofString());
        servers.move();

        assertThat(asking.join().body()).contains("LEADER");
    }

    @Test
    void who_asks_while_nobody_leads_is_told_so_within_its_patience() {
        servers.nobodyLeads();

        assertThat(client.sendAsync(request("cluster?group=").build(), HttpResponse.BodyHandlers.ofString())
                        .join()
                        .body())
                .contains("FOLLOWER")
                .doesNotContain("LEADER");
    }

    @Test
    void nothing_new_in_time_is_not_modified() {
        assertThat(watch("?timeout=1", "default=7").join().statusCode()).isEqualTo(304);
        await().until(() -> door.watches() == 0);
    }

    @Test
    void a_watch_without_a_term_or_with_another_method_is_refused() throws Exception {
        assertThat(watch("", "").join().statusCode()).isEqualTo(400);
        assertThat(watch("", "default=x").join().body()).contains("default", "term");
        assertThat(watch("?timeout=soon", "default=7").join().body()).contains("timeout");
        assertThat(client.send(request("watch").build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(405);
        assertThat(door.watches()).isZero();
    }
}
