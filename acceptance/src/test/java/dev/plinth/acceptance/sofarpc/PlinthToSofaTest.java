package dev.plinth.acceptance.sofarpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.sofarpc.app.Broken;
import dev.plinth.acceptance.sofarpc.app.Channel;
import dev.plinth.acceptance.sofarpc.app.Page;
import dev.plinth.acceptance.sofarpc.app.Payment;
import dev.plinth.acceptance.sofarpc.app.Rejected;
import dev.plinth.acceptance.sofarpc.app.Teller;
import dev.plinth.acceptance.sofarpc.app.Values;
import dev.plinth.rpc.BoltClient;
import dev.plinth.rpc.ClientOptions;
import dev.plinth.rpc.Directory;
import dev.plinth.rpc.Endpoint;
import dev.plinth.rpc.ReferenceOptions;
import dev.plinth.rpc.Reply;
import dev.plinth.rpc.RpcException;
import dev.plinth.rpc.RpcReference;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Our client calls an unmodified SOFARPC server in a process of its own. */
class PlinthToSofaTest {
    private static final ClientOptions PATIENT = ClientOptions.DEFAULT.withCallTimeout(Duration.ofSeconds(20));

    private static Process server;
    private static Directory directory;
    private static BoltClient client;
    private static RpcReference<Teller> reference;
    private static Teller teller;

    @BeforeAll
    static void startTheOriginal() throws IOException {
        server = SofaPeer.start("SofaServer");
        directory = directoryOf(server);
        client = BoltClient.create(PATIENT);
        reference = client.reference(Teller.class, directory);
        teller = reference.proxy();
    }

    private static Directory directoryOf(Process process) throws IOException {
        String line = process.inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(line).startsWith("port ");
        return Directory.of(Endpoint.of("127.0.0.1", Integer.parseInt(line.substring("port ".length()))));
    }

    @AfterAll
    static void stop() {
        client.close();
        server.destroyForcibly();
    }

    @Test
    void texts_and_nulls() {
        assertThat(teller.greet("world")).isEqualTo("hello world");
        assertThat(teller.greet(null)).isNull();
        assertThat(teller.greet("grüße 世界 😀")).isEqualTo("hello grüße 世界 😀");
    }

    @Test
    @SuppressWarnings("JavaUtilDate") // services of real applications have it
    void numbers_and_the_other_values_of_the_jdk() {
        assertThat(teller.add(-1, 1L << 40)).isEqualTo((1L << 40) - 1);
        assertThat(teller.sum(List.of(new BigDecimal("0.10"), new BigDecimal("1000000.05"))))
                .isEqualTo(new BigDecimal("1000000.15"));
        assertThat(teller.tomorrow(new Date(0))).isEqualTo(new Date(86_400_000));
        assertThat(teller.echo(new Values())).hasToString(new Values().toString());
    }

    @Test
    void arrays_and_big_payloads() {
        assertThat(teller.sorted(new String[] {"b", "a"})).containsExactly("a", "b");
        byte[] bytes = new byte[5 << 20];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        assertThat(teller.reverse(teller.reverse(bytes))).isEqualTo(bytes);
    }

    @Test
    void overloaded_methods() {
        assertThat(teller.kind(5)).isEqualTo("int 5");
        assertThat(teller.kind("five")).isEqualTo("String five");
    }

    @Test
    @SuppressWarnings("JavaUtilDate") // services of real applications have it
    void plain_objects_that_may_refer_to_themselves() throws Rejected {
        Payment payment = Payment.of("p1", "12.50", "EUR");
        payment.setChannel(Channel.WEB);
        payment.setDue(new Date(1_000));
        payment.getMarks().put("m", 3);
        payment.setCorrects(Payment.of("p0", "1", "EUR"));
        assertThat(teller.pay(payment)).hasToString("p1 12.50 EUR WEB due 1000 [paid] {m=3} corrects p0");
        Payment self = Payment.of("p2", "1", "EUR");
        self.setCorrects(self);
        Payment paid = teller.pay(self);
        assertThat(paid.getCorrects()).isSameAs(paid);
    }

    @Test
    void collections_and_generics() {
        Page<Payment> page = new Page<>();
        page.setNumber(1);
        page.getItems().add(Payment.of("p3", "3", "CNY"));
        Page<Payment> next = teller.page(page);
        assertThat(next.getNumber()).isEqualTo(2);
        assertThat(next.getFirst())
                .hasToString("p3 3 CNY COUNTER due null [] {}")
                .isSameAs(next.getItems().get(0));
        var groups = teller.byCurrency(
                List.of(Payment.of("a", "1", "EUR"), Payment.of("b", "2", "CNY"), Payment.of("c", "3", "EUR")));
        assertThat(groups.get("EUR")).map(Payment::getId).containsExactly("a", "c");
        assertThat(groups.get("CNY")).map(Payment::getId).containsExactly("b");
        assertThat(teller.channels(new HashSet<>(List.of(Channel.WEB, Channel.PHONE))))
                .isEqualTo(EnumSet.of(Channel.WEB, Channel.PHONE));
    }

    @Test
    void collections_that_only_a_newer_java_can_make_arrive_as_plain_ones() {
        assertThat(teller.channels(Set.of(Channel.WEB))).containsExactly(Channel.WEB);
        assertThat(teller.byCurrency(List.copyOf(List.of(Payment.of("a", "1", "EUR")))))
                .containsOnlyKeys("EUR");
    }

    @Test
    void exceptions_of_the_service_that_are_declared_or_of_the_jdk() {
        failsAsItShould(teller);
    }

    @Test
    void exceptions_of_the_service_written_by_reflection() throws IOException {
        Process open = SofaPeer.start(SofaPeer.Jvm.OPEN, "SofaServer");
        try {
            failsAsItShould(client.reference(Teller.class, directoryOf(open)).proxy());
        } finally {
            open.destroyForcibly();
        }
    }

    private static void failsAsItShould(Teller proxy) {
        var rejected = catchThrowableOfType(Rejected.class, () -> proxy.pay(Payment.of("p4", "-1", "EUR")));
        assertThat(rejected).hasMessage("amount -1 of p4");
        assertThat(rejected.getReason()).isEqualTo("AMOUNT");
        assertThatThrownBy(() -> proxy.fail("unchecked"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("of the JDK");
    }

    @Test
    void an_exception_of_no_signature_is_named_or_thrown_as_it_is_if_it_is_allowed() {
        var named = catchThrowableOfType(RpcException.class, () -> teller.fail("undeclared"));
        assertThat(named.code()).isEqualTo(RpcException.Code.FAILED);
        assertThat(named).hasMessageContaining(Broken.class.getName() + ": of no signature");
        var allowing = client.reference(
                Teller.class, directory, ReferenceOptions.DEFAULT.allowing(List.of(Broken.class), List.of()));
        assertThatThrownBy(() -> allowing.proxy().fail("undeclared"))
                .isInstanceOf(Broken.class)
                .hasMessage("of no signature")
                .hasRootCauseMessage("inside");
    }

    @Test
    void a_service_that_is_not_there_is_what_the_server_says() {
        var other = client.reference(Teller.class, directory, ReferenceOptions.DEFAULT.withVersion("2.0"));
        var thrown =
                catchThrowableOfType(RpcException.class, () -> other.proxy().greet("x"));
        assertThat(thrown.code()).isEqualTo(RpcException.Code.FAILED);
        assertThat(thrown).hasMessageContaining(Teller.class.getName() + ":2.0");
    }

    @Test
    void a_call_that_takes_too_long() {
        var impatient =
                client.reference(Teller.class, directory, ReferenceOptions.DEFAULT.withTimeout(Duration.ofMillis(200)));
        var thrown =
                catchThrowableOfType(RpcException.class, () -> impatient.proxy().sleep(2_000));
        assertThat(thrown.code()).isEqualTo(RpcException.Code.TIMEOUT);
    }

    @Test
    void one_way_and_future() {
        reference.oneWay(it -> it.note("by Plinth"));
        await().until(() -> teller.notes().contains("by Plinth"));
        assertThat(reference.async(it -> it.add(1, 2)).join()).isEqualTo(3);
    }

    @Test
    void properties_and_baggage_both_ways() {
        AtomicReference<Reply> seen = new AtomicReference<>();
        try (BoltClient sending = BoltClient.create(PATIENT.with((call, next) -> next.call(
                        call.with("TX_XID", "127.0.0.1:8091:42").with("rpc_req_baggage.tenant", "north"))
                .whenComplete((reply, failure) -> seen.set(reply))))) {
            Teller proxy = sending.reference(Teller.class, directory).proxy();
            assertThat(proxy.property("TX_XID")).isEqualTo("127.0.0.1:8091:42");
            assertThat(proxy.property("baggage:tenant")).isEqualTo("north");
            assertThat(seen.get().properties()).containsEntry("rpc_resp_baggage.answer", "to north");
        }
    }
}
