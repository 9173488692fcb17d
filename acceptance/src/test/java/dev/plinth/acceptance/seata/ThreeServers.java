package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.plinth.kernel.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Three {@code plinth server}s that run as one, each in its own process. Who is killed is the leader. */
final class ThreeServers implements CoordinatorHouse {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> NAMES = List.of("a", "b", "c");

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<ServerProcess> servers = new ArrayList<>();
    private Optional<ServerProcess> killed = Optional.empty();
    private long termOfKilled;

    ThreeServers(Path directory, Path log) throws IOException {
        this(directory, log, "");
    }

    /** @param more of their configuration */
    ThreeServers(Path directory, Path log, String more) throws IOException {
        Files.createDirectories(directory);
        var ports = FreePorts.find(2 * NAMES.size());
        var file = new StringBuilder("cluster:\n  servers:\n");
        for (int i = 0; i < NAMES.size(); i++) {
            file.append("    - { name: %s, raft: 127.0.0.1:%d, http: 127.0.0.1:%d }%n"
                    .formatted(NAMES.get(i), ports.get(2 * i), ports.get(2 * i + 1)));
        }
        var configuration = directory.resolve("plinth.yaml");
        Files.writeString(configuration, file + more);
        try {
            for (int i = 0; i < NAMES.size(); i++) {
                servers.add(new ServerProcess(
                        directory.resolve(NAMES.get(i)),
                        log,
                        ports.get(2 * i + 1),
                        List.of("--config", configuration.toString(), "--name", NAMES.get(i))));
            }
            awaitWhole();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public String seata() {
        return join(";", ServerProcess::seata);
    }

    @Override
    public String http() {
        return join(",", ServerProcess::http);
    }

    private String join(String by, Function<ServerProcess, String> address) {
        return servers.stream().map(address).collect(Collectors.joining(by));
    }

    @Override
    public void kill() throws IOException {
        var told = told(servers.getFirst()).orElseThrow();
        var leader = leader(told).orElseThrow();
        var server = servers.stream()
                .filter(each -> each.http().equals(leader))
                .findFirst()
                .orElseThrow();
        termOfKilled = told.get("term").asLong();
        server.kill();
        killed = Optional.of(server);
    }

    @Override
    public void goOn() {
        await().atMost(PATIENCE)
                .until(() -> servers.stream()
                        .filter(server -> server != killed.orElse(null))
                        .allMatch(server -> told(server)
                                .filter(told -> told.get("term").asLong() > termOfKilled)
                                .flatMap(ThreeServers::leader)
                                .isPresent()));
    }

    @Override
    public List<String> gone() {
        return killed.map(ServerProcess::seata).stream().toList();
    }

    @Override
    public void mend() throws IOException {
        if (killed.isPresent()) {
            killed.get().start();
            killed = Optional.empty();
            awaitWhole();
        }
    }

    private void awaitWhole() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(servers.stream().map(this::told).distinct())
                        .singleElement()
                        .satisfies(told -> {
                            assertThat(told.orElseThrow().get("nodes")).hasSize(NAMES.size());
                            assertThat(leader(told.orElseThrow())).isPresent();
                        }));
    }

    /** What this server tells Seata's clients; empty if it cannot be asked. */
    private Optional<JsonNode> told(ServerProcess server) throws IllegalStateException {
        try {
            var answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + server.http() + "/metadata/v1/cluster?group="))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return Optional.of(new ObjectMapper().readTree(answer.body()));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The leader's HTTP door. */
    private static Optional<String> leader(JsonNode told) {
        for (var node : told.get("nodes")) {
            if (node.get("role").asText().equals("LEADER")) {
                var control = node.get("control");
                return Optional.of(
                        control.get("host").asText() + ":" + control.get("port").asInt());
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        servers.forEach(ServerProcess::close);
        client.close();
    }
}
