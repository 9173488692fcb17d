package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.original.OriginalClient;
import dev.plinth.registry.HostRange;
import dev.plinth.registry.Rule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What people say of endpoints, as the original clients of other registries see it. */
@Timeout(180)
class RegistryRulesTest {
    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(60));
    }

    @Test
    void switches_weights_and_the_blacklist_hold_at_every_door_and_after_a_restart() throws Exception {
        var server = new RegistryServer(1, folder.resolve("server"));
        opened.add(server);
        var nacos = new NacosClient(NacosClient.Version.THREE, folder.resolve("nacos"), server.nacos());
        opened.add(nacos);
        var sofa = new OriginalClient(
                "sofaregistry-app",
                "dev.plinth.acceptance.sofaregistry.app.SofaRegistryApplication",
                folder.resolve("sofa"),
                List.of(),
                List.of("127.0.0.1:" + server.sofaHttp(), "DEFAULT_ZONE"));
        opened.add(sofa);
        nacos.ready();
        sofa.ready();
        nacos.ask("register accounts DEFAULT_GROUP 10.0.0.1:1 1");
        sofa.ask("publish accounts DEFAULT_GROUP 10.0.0.2:1?app=core");
        nacos.ask("subscribe accounts DEFAULT_GROUP");
        sofa.ask("subscribe accounts DEFAULT_GROUP dataCenter");
        soon().until(() -> nacos.lastPushed("accounts").equals("10.0.0.1:1,10.0.0.2:1"));
        soon().until(() -> sofa.lastPushed("accounts").contains("10.0.0.1:1"));

        server.say(new Rule.SwitchedOff("accounts", "10.0.0.1:1"));
        soon().until(() -> nacos.lastPushed("accounts").equals("10.0.0.2:1"));
        soon().until(() -> sofa.lastPushed("accounts").equals("{DEFAULT_ZONE=10.0.0.2:1?app=core}"));

        server.say(new Rule.Weight("accounts", "10.0.0.2:1", 50));
        soon().until(() -> sofa.lastPushed("accounts").equals("{DEFAULT_ZONE=10.0.0.2:1?app=core&weight=50}"));

        server.unsay(new Rule.SwitchedOff("accounts", "10.0.0.1:1"));
        soon().until(() -> nacos.lastPushed("accounts").equals("10.0.0.1:1,10.0.0.2:1"));

        server.say(new Rule.Blacklisted(HostRange.parse("10.0.0.2")));
        soon().until(() -> nacos.lastPushed("accounts").equals("10.0.0.1:1"));
        soon().until(() -> sofa.lastPushed("accounts").equals("{DEFAULT_ZONE=10.0.0.1:1}"));

        server.close();
        opened.remove(server);
        var restarted = new RegistryServer(2, folder.resolve("server"));
        opened.add(restarted);
        var hold = restarted.open();
        soon().untilAsserted(() -> {
            restarted.register(hold, "accounts", "10.0.0.2:1");
            restarted.register(hold, "accounts", "10.0.0.3:1");
            assertThat(restarted.endpoints("accounts")).containsExactly("bolt://10.0.0.3:1");
        });
    }
}
