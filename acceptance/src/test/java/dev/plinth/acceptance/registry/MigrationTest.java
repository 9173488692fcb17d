package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A running system moves from a Nacos server to Plinth, its applications one after the other. */
@Timeout(400)
class MigrationTest {
    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(50)).atMost(Duration.ofSeconds(60));
    }

    private NacosClient client(NacosClient.Version version, String server) throws Exception {
        var client = new NacosClient(version, folder.resolve("home-" + opened.size()), server);
        opened.add(client);
        client.ready();
        return client;
    }

    /** {@code ./plinth migrate registry}. */
    private static final class Migrating implements AutoCloseable {
        private final Process process;
        private final List<String> said = new CopyOnWriteArrayList<>();

        Migrating(NacosServer nacos, RegistryServer plinth) throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "dev.plinth.cli.Plinth",
                            "migrate",
                            "registry",
                            "--from",
                            "nacos://" + nacos.address(),
                            "--to",
                            "nacos://" + plinth.nacos(),
                            "--to-grpc-offset",
                            "0")
                    .redirectErrorStream(true)
                    .start();
            var lines = process.inputReader(StandardCharsets.UTF_8);
            Thread.ofVirtual().start(() -> listen(lines));
        }

        private void listen(BufferedReader lines) {
            try (lines) {
                lines.lines().forEach(said::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** As Ctrl-C ends it. */
        void end() throws InterruptedException {
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @Test
    void applications_move_one_after_the_other_and_every_caller_finds_them_all_the_time() throws Exception {
        var nacos = new NacosServer(folder.resolve("nacos"));
        opened.add(nacos);
        var plinth = new RegistryServer(1, folder.resolve("plinth"));
        opened.add(plinth);
        var stays = client(NacosClient.Version.TWO, nacos.grpc());
        var moves = client(NacosClient.Version.THREE, nacos.grpc());
        stays.ask("register ledger DEFAULT_GROUP 10.0.0.9:1 1");
        moves.ask("register accounts DEFAULT_GROUP 10.0.0.1:1 1");
        stays.ask("subscribe accounts DEFAULT_GROUP");
        soon().until(() -> stays.lastPushed("accounts").equals("10.0.0.1:1"));

        var migrating = new Migrating(nacos, plinth);
        opened.add(migrating);
        var caller = client(NacosClient.Version.THREE, plinth.nacos());
        caller.ask("subscribe accounts DEFAULT_GROUP");
        caller.ask("subscribe ledger DEFAULT_GROUP");
        soon().until(() -> caller.lastPushed("accounts").equals("10.0.0.1:1"));
        soon().until(() -> caller.lastPushed("ledger").equals("10.0.0.9:1"));

        // An application that begins at Plinth is found from Nacos.
        caller.ask("register orders DEFAULT_GROUP 10.0.0.5:1 1");
        stays.ask("subscribe orders DEFAULT_GROUP");
        soon().until(() -> stays.lastPushed("orders").equals("10.0.0.5:1"));

        // One moves: it registers with Plinth while it is still with Nacos, and then is not with Nacos any more.
        var moved = client(NacosClient.Version.THREE, plinth.nacos());
        moved.ask("register accounts DEFAULT_GROUP 10.0.0.1:1 1");
        moves.ask("deregister accounts DEFAULT_GROUP 10.0.0.1:1");
        soon().untilAsserted(() -> assertThat(migrating.said)
                .last()
                .isEqualTo("copies: 1 of Nacos's 1 instances at Plinth, 2 of Plinth's 2 at Nacos"));
        soon().until(() -> stays.lastPushed("accounts").equals("10.0.0.1:1"));
        assertThat(caller.pushed()).noneMatch(line -> line.equals("accounts "));

        migrating.end();
        soon().until(() -> plinth.endpoints("ledger").isEmpty());
        assertThat(plinth.endpoints("accounts")).containsExactly("tcp://10.0.0.1:1");
        soon().until(() -> !stays.ask("instances orders DEFAULT_GROUP").contains("10.0.0.5"));
    }
}
