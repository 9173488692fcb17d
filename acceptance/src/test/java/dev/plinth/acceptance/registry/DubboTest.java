package dev.plinth.acceptance.registry;

import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.original.OriginalClient;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Dubbo 3.3.6 with Nacos as its registry, unmodified but for the address: provider and consumer find and call each other. */
@Timeout(300)
class DubboTest {
    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private OriginalClient start(String what, RegistryServer server, String name) throws IOException {
        var home = folder.resolve("home-" + opened.size());
        var client = new OriginalClient(
                "dubbo-app",
                "dev.plinth.acceptance.dubbo.app.DubboApplication",
                home,
                List.of(
                        "-DJM.LOG.PATH=" + home.resolve("logs"),
                        "-Dnacos.server.grpc.port.offset=0",
                        // Otherwise it tries four JSON libraries, and ends when the first of them is not there.
                        "-Ddubbo.json-framework.prefer=fastjson2"),
                List.of(what, "nacos://" + server.nacos(), name, Integer.toString(freePort())));
        opened.add(client);
        return client;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(100)).atMost(Duration.ofSeconds(60));
    }

    @Test
    void provider_and_consumer_find_and_call_each_other_through_the_registry() throws Exception {
        var server = new RegistryServer(1, folder.resolve("server"));
        opened.add(server);
        var one = start("provider", server, "one");
        var consumer = start("consumer", server, "consumer");
        one.ready();
        consumer.ready();

        soon().until(() -> consumer.tryTo("Ann").equals("= hello Ann, says one"));

        start("provider", server, "two").ready();
        soon().until(() -> consumer.tryTo("Ann").equals("= hello Ann, says two"));

        one.kill();
        soon().until(() -> {
            for (int i = 0; i < 10; i++) {
                if (!consumer.tryTo("Ann").equals("= hello Ann, says two")) {
                    return false;
                }
            }
            return true;
        });
    }
}
