package dev.plinth.acceptance.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Nacos's original clients, 3.2.1 and 2.5.1, unmodified, with our registry and our configuration. */
@Timeout(300)
class NacosClientsTest {
    @RegisterExtension
    final Opened opened = new Opened();

    @TempDir
    private Path folder;

    private RegistryServer server(long incarnation) throws IOException {
        var server = new RegistryServer(incarnation, folder.resolve("server-" + incarnation));
        opened.add(server);
        return server;
    }

    private NacosClient client(NacosClient.Version version, RegistryServer... servers) throws IOException {
        var addresses = List.of(servers).stream().map(RegistryServer::nacos).collect(Collectors.joining(","));
        var client = new NacosClient(version, folder.resolve("home-" + opened.size()), addresses);
        opened.add(client);
        return client;
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(40));
    }

    @Test
    void clients_of_both_versions_and_ours_find_one_anothers_services() throws Exception {
        var server = server(1);
        var three = client(NacosClient.Version.THREE, server);
        var two = client(NacosClient.Version.TWO, server);
        three.ready();
        two.ready();
        two.ask("subscribe accounts DEFAULT_GROUP");
        three.ask("subscribe ledger DEFAULT_GROUP");

        three.ask("register accounts DEFAULT_GROUP 127.0.0.1:9001 2.5 protocol=bolt team=core @cluster=EAST");
        two.ask("register ledger DEFAULT_GROUP 127.0.0.1:9002 1");
        soon().until(() -> two.lastPushed("accounts").equals("127.0.0.1:9001"));
        soon().until(() -> three.lastPushed("ledger").equals("127.0.0.1:9002"));
        assertThat(two.ask("details accounts DEFAULT_GROUP"))
                .isEqualTo("127.0.0.1:9001 2.5 true EAST {protocol=bolt, team=core}");
        assertThat(server.endpoints("accounts")).containsExactly("bolt://127.0.0.1:9001");

        var ours = server.open();
        server.register(ours, "accounts", "127.0.0.1:9003");
        soon().until(() -> two.lastPushed("accounts").equals("127.0.0.1:9001,127.0.0.1:9003"));
        assertThat(three.ask("services DEFAULT_GROUP")).isEqualTo("accounts,ledger");
        server.deregister(ours, "accounts", "127.0.0.1:9003");
        soon().until(() -> two.lastPushed("accounts").equals("127.0.0.1:9001"));

        three.ask("deregister accounts DEFAULT_GROUP 127.0.0.1:9001");
        soon().until(() -> server.endpoints("accounts").isEmpty());
        assertThat(two.ask("instances accounts DEFAULT_GROUP")).isEmpty();
    }

    @Test
    void what_a_client_says_of_a_service_takes_the_place_of_what_it_said_before() throws Exception {
        var server = server(1);
        var three = client(NacosClient.Version.THREE, server).ready();

        three.ask("batch orders G1 10.0.0.1:1 10.0.0.1:2 10.0.0.1:3");
        assertThat(three.ask("instances orders G1")).isEqualTo("10.0.0.1:1,10.0.0.1:2,10.0.0.1:3");
        assertThat(server.endpoints("G1@@orders")).hasSize(3);
        three.ask("unbatch orders G1 10.0.0.1:2");
        assertThat(three.ask("instances orders G1")).isEqualTo("10.0.0.1:1,10.0.0.1:3");
        assertThat(three.ask("services G1")).isEqualTo("orders");

        three.ask("register orders G2 10.0.0.1:1 1 @enabled=false");
        assertThat(three.ask("details orders G2")).isEqualTo("10.0.0.1:1 1.0 false DEFAULT {}");
        assertThat(three.tryTo("register orders G2 10.0.0.1:0 1"))
                .startsWith("! ")
                .contains("port 1 to 65535");
    }

    @Test
    void a_client_that_says_good_bye_takes_its_instances_with_it_and_a_killed_one_at_the_end_of_its_lease()
            throws Exception {
        var server = server(1);
        var polite = client(NacosClient.Version.THREE, server);
        var killed = client(NacosClient.Version.TWO, server);
        var watching = client(NacosClient.Version.THREE, server);
        polite.ready().ask("register accounts DEFAULT_GROUP 127.0.0.1:9001 1");
        killed.ready().ask("register accounts DEFAULT_GROUP 127.0.0.1:9002 1");
        watching.ready().ask("subscribe accounts DEFAULT_GROUP");
        soon().until(() -> watching.lastPushed("accounts").equals("127.0.0.1:9001,127.0.0.1:9002"));

        polite.ask("quit");
        soon().until(() -> watching.lastPushed("accounts").equals("127.0.0.1:9002"));

        killed.kill();
        soon().until(() -> server.endpoints("accounts").isEmpty());
    }

    @Test
    void with_three_servers_one_killed_and_one_cut_off_every_client_goes_on_and_finds_the_others() throws Exception {
        var one = server(1);
        var two = server(2);
        var three = server(3);
        List.of(one, two, three).forEach(server -> server.follow(List.of(one, two, three)));
        var provider = client(NacosClient.Version.THREE, one, two);
        var subscriber = client(NacosClient.Version.TWO, three);
        provider.ready().ask("register accounts DEFAULT_GROUP 127.0.0.1:9001 1");
        // Or else the first list may be empty, and rightly so.
        soon().until(() -> !three.endpoints("accounts").isEmpty());
        subscriber.ready().ask("subscribe accounts DEFAULT_GROUP");
        soon().until(() -> subscriber.lastPushed("accounts").equals("127.0.0.1:9001"));

        one.close();
        opened.remove(one);
        // Its client may have been with the other one: then it noticed nothing.
        soon().until(() ->
                provider.tryTo("register ledger DEFAULT_GROUP 127.0.0.1:9002 1").startsWith("="));
        soon().until(() -> three.endpoints("ledger").equals(List.of("tcp://127.0.0.1:9002")));
        assertThat(three.endpoints("accounts")).containsExactly("tcp://127.0.0.1:9001");

        three.cutOff();
        assertThat(subscriber.ask("instances accounts DEFAULT_GROUP"))
                .as("what the lost servers told holds for its lease")
                .isEqualTo("127.0.0.1:9001");
        subscriber.ask("register ours DEFAULT_GROUP 127.0.0.1:9004 1");
        assertThat(subscriber.ask("instances ours DEFAULT_GROUP")).isEqualTo("127.0.0.1:9004");
        assertThat(subscriber.pushed())
                .as("at no moment was the list empty")
                .noneMatch(line -> line.equals("accounts "));
    }

    @Test
    void what_is_published_is_pushed_to_who_listens_and_can_be_replaced_and_removed() throws Exception {
        var server = server(1);
        var three = client(NacosClient.Version.THREE, server);
        var two = client(NacosClient.Version.TWO, server);
        three.ready();
        two.ready();
        assertThat(three.ask("get bank G")).isEqualTo("null");
        two.ask("listen bank G");

        assertThat(three.ask("publish bank G limit=100 ü")).isEqualTo("true");
        soon().until(() -> two.lastPushed("bank").equals("limit=100 ü"));
        assertThat(two.ask("get bank G")).isEqualTo("limit=100 ü");
        assertThat(two.ask("publish bank G limit=200")).isEqualTo("true");
        soon().until(() -> two.lastPushed("bank").equals("limit=200"));
        assertThat(three.ask("get bank G")).isEqualTo("limit=200");

        assertThat(three.ask("replace bank G 00000000000000000000000000000000 limit=1"))
                .isEqualTo("false");
        assertThat(two.ask("get bank G")).isEqualTo("limit=200");
        assertThat(three.ask("remove bank G")).isEqualTo("true");
        assertThat(two.ask("get bank G")).isEqualTo("null");
        assertThat(three.ask("replace bank G 0 limit=3")).isEqualTo("true");
        assertThat(three.ask("replace bank G 0 limit=4")).isEqualTo("false");
        assertThat(two.ask("get bank G")).isEqualTo("limit=3");
        assertThat(three.ask("health")).isEqualTo("UP UP");
    }
}
