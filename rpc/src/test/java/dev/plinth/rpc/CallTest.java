package dev.plinth.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.plinth.rpc.Accounts.Account;
import dev.plinth.rpc.Accounts.Bean;
import dev.plinth.rpc.Accounts.Kind;
import dev.plinth.rpc.Accounts.Money;
import dev.plinth.rpc.Accounts.Values;
import dev.plinth.rpc.RpcException.Code;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls from our client to our server. */
class CallTest {
    private final AccountsProvider provider = new AccountsProvider();
    private BoltServer server;
    private BoltClient client;
    private RpcReference<Accounts> reference;
    private Accounts accounts;

    @BeforeEach
    void start() throws IOException {
        server = BoltServer.start(ServerOptions.DEFAULT);
        server.publish(Accounts.class, "1.0", provider);
        client = BoltClient.create(ClientOptions.DEFAULT.withCallTimeout(java.time.Duration.ofSeconds(20)));
        reference = client.reference(Accounts.class, directory());
        accounts = reference.proxy();
    }

    private Directory directory() {
        return Directory.of(
                Endpoint.of(server.address().getHostString(), server.address().getPort()));
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void a_call_returns_what_the_service_returns() throws Exception {
        assertThat(accounts.balance("four")).isEqualTo(4);
        assertThat(accounts.add(40, 2)).isEqualTo(42);
        assertThat(accounts.echo("grüße, 世界 😀")).isEqualTo("grüße, 世界 😀");
        assertThat(accounts.echo((String) null)).isNull();
    }

    @Test
    void records_travel_with_all_that_is_in_them() {
        var parent = new Account("p", Kind.SAVINGS, new Money(new BigDecimal("1.50"), "EUR"), List.of(), null);
        var account = new Account(
                "a",
                Kind.CHECKING,
                new Money(BigDecimal.TEN, "CNY"),
                List.of(parent.balance(), parent.balance()),
                parent);
        assertThat(accounts.open(account)).isEqualTo(account);
    }

    @Test
    void every_kind_of_value_comes_back() {
        var values = new Values(
                Integer.MIN_VALUE,
                Long.MAX_VALUE,
                (short) -3,
                (byte) 7,
                'ß',
                1.5f,
                Math.PI,
                true,
                new BigInteger("-123456789012345678901234567890"),
                UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"),
                Instant.parse("2026-11-24T12:00:00.123456789Z"),
                LocalDate.of(2026, 11, 24),
                new int[] {1, 2, 3},
                new byte[] {4, 5},
                new String[] {"x", "y"},
                Map.of("k", new Money(BigDecimal.ONE, "USD")),
                Set.of(Kind.SAVINGS, Kind.CHECKING));
        assertThat(accounts.echo(values)).usingRecursiveComparison().isEqualTo(values);
    }

    @Test
    void plain_objects_may_refer_to_themselves() {
        var bean = new Bean();
        bean.name("self");
        bean.count(3);
        bean.next(bean);
        var back = accounts.echo(bean);
        assertThat(back.name()).isEqualTo("self");
        assertThat(back.count()).isEqualTo(3);
        assertThat(back.next()).isSameAs(back);
    }

    @Test
    void generic_collections_keep_their_elements() {
        var euro = new Money(BigDecimal.ONE, "EUR");
        var yuan = new Money(BigDecimal.TWO, "CNY");
        assertThat(accounts.group(List.of(euro, yuan, euro)))
                .isEqualTo(Map.of("EUR", List.of(euro, euro), "CNY", List.of(yuan)));
    }

    @Test
    void megabytes_come_back_whole() {
        byte[] bytes = new byte[5 << 20];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        assertThat(accounts.echo(bytes)).isEqualTo(bytes);
    }

    @Test
    void an_exception_that_the_interface_declares_is_thrown_with_its_fields() {
        var thrown = catchThrowableOfType(Accounts.NoSuchAccount.class, () -> accounts.balance(""));
        assertThat(thrown).hasMessage("there is no account without a name");
        assertThat(thrown.id()).isEmpty();
        assertThatThrownBy(() -> accounts.fail("declared"))
                .isInstanceOf(IOException.class)
                .hasMessage("as declared");
    }

    @Test
    void an_unchecked_exception_of_the_jdk_is_thrown_with_its_cause() {
        assertThatThrownBy(() -> accounts.fail("unchecked"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("of the JDK")
                .hasRootCauseMessage("its cause");
    }

    @Test
    void an_exception_that_only_the_server_knows_is_named() {
        var thrown = catchThrowableOfType(RpcException.class, () -> accounts.fail("undeclared"));
        assertThat(thrown.code()).isEqualTo(Code.FAILED);
        assertThat(thrown)
                .hasMessageContaining("fail of " + reference.service() + " threw ")
                .hasMessageContaining("Undeclared: nobody knows me");
    }

    @Test
    void an_error_of_the_service_is_thrown() {
        assertThatThrownBy(() -> accounts.fail("error"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("an error");
    }

    @Test
    void a_one_way_call_arrives() throws Exception {
        accounts.notice("hello");
        assertThat(provider.notices.poll(20, TimeUnit.SECONDS)).isEqualTo("hello");
        reference.oneWay(it -> it.notice("again"));
        assertThat(provider.notices.poll(20, TimeUnit.SECONDS)).isEqualTo("again");
    }

    @Test
    void a_call_can_be_made_without_waiting() {
        var sum = reference.async(it -> it.add(1, 2));
        var product = reference.async(it -> it.echo("x"));
        assertThat(sum.join()).isEqualTo(3);
        assertThat(product.join()).isEqualTo("x");
    }

    @Test
    void a_method_that_returns_a_future_does_not_block() {
        assertThat(accounts.later("today").join()).isEqualTo("later today");
    }

    @Test
    void a_method_that_is_not_there_is_named_with_those_that_are() {
        var strange =
                client.reference(Stranger.class, service -> directory().endpoints(service), ReferenceOptions.DEFAULT);
        var thrown =
                catchThrowableOfType(RpcException.class, () -> strange.proxy().add(1, 2, 3));
        assertThat(thrown.code()).isEqualTo(Code.NO_SUCH_SERVICE);
        assertThat(thrown)
                .hasMessageContaining("the service '" + Stranger.class.getName() + ":1.0' is not offered here");
    }

    /** Nobody offers it. */
    public interface Stranger {
        int add(int a, int b, int c);
    }

    @Test
    void another_version_is_another_service() {
        var other = client.reference(Accounts.class, directory(), ReferenceOptions.DEFAULT.withVersion("2.0"));
        var thrown =
                catchThrowableOfType(RpcException.class, () -> other.proxy().add(1, 2));
        assertThat(thrown.code()).isEqualTo(Code.NO_SUCH_SERVICE);
    }

    @Test
    void properties_go_with_the_call_and_come_back_with_the_answer() throws IOException {
        AtomicReference<Reply> seen = new AtomicReference<>();
        try (BoltClient filtered = BoltClient.create(
                ClientOptions.DEFAULT.with((call, next) -> next.call(call.with("TX_XID", "10.0.0.1:8091:77"))
                        .whenComplete((reply, failure) -> seen.set(reply))))) {
            var context =
                    filtered.reference(Accounts.class, directory()).proxy().context();
            assertThat(context).isEqualTo(reference.service() + " context {TX_XID=10.0.0.1:8091:77}");
            assertThat(seen.get().properties()).containsEntry("answered-by", "provider");
        }
    }

    @Test
    void a_filter_of_the_server_goes_around_the_service() throws IOException {
        ServeFilter filter = (call, next) -> {
            if (call.method().equals("add")) {
                throw new RpcException(Code.SHARD_FROZEN, "SHARD_FROZEN(epoch=7)");
            }
            return "around " + next.serve();
        };
        try (BoltServer guarded = BoltServer.start(ServerOptions.DEFAULT.with(filter))) {
            guarded.publish(Accounts.class, "1.0", provider);
            var proxy = client.reference(
                            Accounts.class,
                            Directory.of(Endpoint.of(
                                    guarded.address().getHostString(),
                                    guarded.address().getPort())))
                    .proxy();
            assertThat(proxy.echo("x")).isEqualTo("around x");
            var thrown = catchThrowableOfType(RpcException.class, () -> proxy.add(1, 2));
            assertThat(thrown.code()).isEqualTo(Code.SHARD_FROZEN);
            assertThat(thrown).hasMessageContaining("SHARD_FROZEN(epoch=7)");
        }
    }

    @Test
    void the_users_id_goes_with_the_call() {
        assertThat(accounts.forUser(4711)).isEqualTo("4711");
        assertThat(Routing.user("42").call(() -> accounts.context())).contains("context");
        assertThat(Routing.user("42").<String, RuntimeException>call(() -> accounts.forUser(4711)))
                .isEqualTo("4711");
    }
}
