package dev.plinth.acceptance.registry;

import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.original.OriginalClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Spring Cloud Alibaba 2025.0.0.0, unmodified but for the address: its applications find, call and configure themselves. */
@Timeout(300)
class SpringCloudAlibabaTest {
    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private RegistryServer server() throws IOException {
        var server = new RegistryServer(1, folder.resolve("server"));
        opened.add(server);
        return server;
    }

    private OriginalClient start(String application, RegistryServer server, String name) throws IOException {
        var home = folder.resolve("home-" + opened.size());
        var client = new OriginalClient(
                "spring-cloud-app",
                "dev.plinth.acceptance.springcloud.app.SpringCloudApplication",
                home,
                List.of("-DJM.LOG.PATH=" + home.resolve("logs"), "-Dnacos.server.grpc.port.offset=0"),
                List.of(application, server.nacos(), name));
        opened.add(client);
        return client;
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(100)).atMost(Duration.ofSeconds(90));
    }

    @Test
    void applications_find_and_call_each_other_through_the_load_balancer() throws Exception {
        var server = server();
        var one = start("greeter", server, "one");
        var caller = start("caller", server, "caller");
        one.ready();
        caller.ready();

        soon().until(() -> caller.tryTo("call Ann").equals("= hello Ann, says one"));

        start("greeter", server, "two").ready();
        soon().until(() -> caller.tryTo("call Ann").equals("= hello Ann, says two"));

        one.kill();
        soon().until(() -> caller.tryTo("instances").equals("= 1"));
        soon().until(() -> {
            for (int i = 0; i < 10; i++) {
                if (!caller.tryTo("call Ann").equals("= hello Ann, says two")) {
                    return false;
                }
            }
            return true;
        });
    }

    @Test
    void an_application_starts_with_its_configuration_and_hears_of_the_next() throws Exception {
        var server = server();
        server.configure("greeting.properties", "greeting.word=welcome");
        start("greeter", server, "one").ready();
        var caller = start("caller", server, "caller").ready();

        soon().until(() -> caller.tryTo("call Ann").equals("= welcome Ann, says one"));

        server.configure("greeting.properties", "greeting.word=good day");
        soon().until(() -> caller.tryTo("call Ann").equals("= good day Ann, says one"));
    }
}
