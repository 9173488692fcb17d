package dev.plinth.acceptance.sofarpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.acceptance.sofarpc.app.Broken;
import dev.plinth.acceptance.sofarpc.app.Teller;
import dev.plinth.acceptance.sofarpc.app.TellerDesk;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.rpc.BoltServer;
import dev.plinth.rpc.CallContext;
import dev.plinth.rpc.CellGuard;
import dev.plinth.rpc.CellMapSource;
import dev.plinth.rpc.ServerOptions;
import dev.plinth.rpc.hessian.AllowedTypes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An unmodified SOFARPC client, in a process of its own, calls our server. */
class SofaToPlinthTest {
    private static final Duration CLIENT_MAX = Duration.ofMinutes(2);

    private static BoltServer server;
    private static Map<String, String> outcomes;

    @BeforeAll
    static void letTheOriginalCall() throws Exception {
        server = BoltServer.start(ServerOptions.DEFAULT.with(new CellGuard("a", maps())));
        server.publish(
                Teller.class,
                "1.0",
                new TellerDesk(SofaToPlinthTest::property),
                AllowedTypes.of(Teller.class).plus(List.of(Broken.class)));
        outcomes = outcomes(SofaPeer.Jvm.CLOSED);
    }

    private static Map<String, String> outcomes(SofaPeer.Jvm jvm) throws Exception {
        Process client = SofaPeer.start(
                jvm,
                "SofaClient",
                server.address().getHostString() + ":" + server.address().getPort());
        Map<String, String> all = client.inputReader(StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.split(" ", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
        assertThat(client.waitFor(CLIENT_MAX)).isTrue();
        return all;
    }

    private static String property(String name) {
        CallContext call = CallContext.current().orElseThrow();
        String value = call.property(name).orElse("none");
        call.respond("rpc_resp_baggage.answer", "to " + value);
        return value;
    }

    /** Users that end in 0 to 4 live here, in cell a. */
    private static CellMapSource maps() {
        var map = CellMap.evenly(
                ShardFunction.lastDigits(10),
                List.of(Cell.sharded("a", Zone.of("z1", "r")), Cell.sharded("b", Zone.of("z2", "r"))));
        return new CellMapSource() {
            @Override
            public Optional<CellMap> current() {
                return Optional.of(map);
            }

            @Override
            public Optional<CellMap> refresh(Epoch atLeast, Duration within) {
                return current();
            }
        };
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    private static String outcome(String scenario) {
        assertThat(outcomes).containsKey(scenario);
        return outcomes.get(scenario);
    }

    @Test
    void texts_and_nulls() {
        assertThat(outcome("greet")).isEqualTo("hello world");
        assertThat(outcome("greet-null")).isEqualTo("null");
        assertThat(outcome("greet-unicode")).isEqualTo("hello grüße 世界 😀");
    }

    @Test
    void numbers_and_the_other_values_of_the_jdk() {
        assertThat(outcome("add")).isEqualTo("1099511627775");
        assertThat(outcome("sum")).isEqualTo("1000000.15");
        assertThat(outcome("tomorrow")).isEqualTo("86400000");
        assertThat(outcome("values")).isEqualTo("true");
    }

    @Test
    void arrays_and_big_payloads() {
        assertThat(outcome("sorted")).isEqualTo("[a, b]");
        assertThat(outcome("reverse")).isEqualTo("[3, 2, 1]");
        assertThat(outcome("reverse-megabytes")).isEqualTo("true");
    }

    @Test
    void overloaded_methods() {
        assertThat(outcome("overloaded-int")).isEqualTo("int 5");
        assertThat(outcome("overloaded-text")).isEqualTo("String five");
    }

    @Test
    void plain_objects_that_may_refer_to_themselves() {
        assertThat(outcome("pay")).isEqualTo("p1 12.50 EUR WEB due 1000 [paid] {m=3} corrects p0");
        assertThat(outcome("pay-self")).isEqualTo("true");
    }

    @Test
    void collections_and_generics() {
        assertThat(outcome("page")).isEqualTo("2 [p3 3 CNY COUNTER due null [] {}] true");
        assertThat(outcome("by-currency"))
                .isEqualTo("{CNY=[b 2 CNY COUNTER due null [] {}],"
                        + " EUR=[a 1 EUR COUNTER due null [] {}, c 3 EUR COUNTER due null [] {}]}");
        assertThat(outcome("channels")).isEqualTo("true");
    }

    @Test
    void exceptions_of_the_service_declared_and_not() {
        // On a closed JVM the original can set a message by a constructor (String, Throwable), (String) or () alone.
        assertThat(outcome("rejected")).isEqualTo("Rejected null AMOUNT");
        assertThat(outcome("checked")).isEqualTo("Rejected null WHY");
        assertThat(outcome("unchecked")).isEqualTo("IllegalStateException of the JDK");
        assertThat(outcome("undeclared")).isEqualTo("Broken of no signature");
    }

    @Test
    void exceptions_of_the_service_read_by_reflection() throws Exception {
        var open = outcomes(SofaPeer.Jvm.OPEN);
        assertThat(open)
                .containsEntry("rejected", "Rejected amount -1 of p4 AMOUNT")
                .containsEntry("checked", "Rejected as declared WHY")
                .containsEntry("unchecked", "IllegalStateException of the JDK")
                .containsEntry("undeclared", "Broken of no signature")
                .containsEntry("values", "true");
    }

    @Test
    void a_service_that_is_not_there() {
        assertThat(outcome("no-such-service"))
                .startsWith("SofaRpcException ")
                .contains(
                        "NO_SUCH_SERVICE: the service '" + Teller.class.getName() + ":1.0:other' is not offered here");
    }

    @Test
    void a_call_that_takes_too_long() {
        // 200 is CLIENT_TIMEOUT.
        assertThat(outcome("too-late")).startsWith("SofaRpcException 200 ");
    }

    @Test
    void one_way_and_future() {
        assertThat(outcome("one-way")).contains("by SOFARPC");
        assertThat(outcome("future")).isEqualTo("0 3");
    }

    @Test
    void properties_and_baggage_both_ways() {
        assertThat(outcome("property")).isEqualTo("127.0.0.1:8091:42");
        assertThat(outcome("baggage")).isEqualTo("north to north");
    }

    @Test
    void a_generic_call_without_the_services_classes() {
        assertThat(outcome("generic")).isEqualTo("dev.plinth.acceptance.sofarpc.app.Payment p5 [paid]");
    }

    @Test
    void a_user_of_another_cell_is_turned_away_in_so_many_words() {
        assertThat(outcome("wrong-cell")).startsWith("SofaRpcException ").contains("WRONG_CELL(epoch=1, owner=b)");
    }
}
