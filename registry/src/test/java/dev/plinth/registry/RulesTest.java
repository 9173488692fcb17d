package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.EngineTrial;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people say of endpoints goes before what clients say, and leaves no trace when it is taken back. */
class RulesTest {
    private static final Duration LEASE = Duration.ofSeconds(10);

    private final EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration> trial =
            new EngineTrial<>(new RegistryEngine(1, Instant.parse("2026-01-01T00:00:00Z")));

    private final Hold hold =
            ((RegistryOutcome.Opened) trial.apply(new RegistryCommand.Open("client", LEASE, Optional.empty()))).hold();

    private void register(String service, String address, int weight) {
        assertThat(trial.apply(new RegistryCommand.Register(
                        hold, Endpoint.of(new EndpointName(service, "bolt", address), weight, Map.of("app", service)))))
                .isInstanceOf(RegistryOutcome.Done.class);
    }

    private void obey(Rule... rules) {
        trial.apply(new RegistryCommand.Obey(List.of(rules)));
    }

    private List<String> shown() {
        return trial.engine().listings(Optional.empty(), Optional.empty(), "", 100).items().stream()
                .map(listing -> listing.registration().endpoint())
                .map(endpoint ->
                        endpoint.name().service() + " " + endpoint.name().address() + " " + endpoint.weight())
                .toList();
    }

    private List<String> changed() {
        return RegistryEngineTest.takeChanged(trial);
    }

    @Test
    void an_endpoint_that_is_switched_off_is_shown_to_nobody_and_back_as_it_was_when_it_is_switched_on() {
        register("accounts", "10.0.0.1:1", 50);
        register("accounts", "10.0.0.2:1", 100);
        register("ledger", "10.0.0.1:1", 100);
        changed();

        obey(new Rule.SwitchedOff("accounts", "10.0.0.1:1"));

        assertThat(changed()).containsExactly("accounts bolt 10.0.0.1:1");
        assertThat(trial.engine().view("accounts bolt 10.0.0.1:1")).isEmpty();
        assertThat(trial.engine().keys("", "", 100))
                .containsExactly("accounts bolt 10.0.0.2:1", "ledger bolt 10.0.0.1:1");
        assertThat(shown()).containsExactly("accounts 10.0.0.2:1 100", "ledger 10.0.0.1:1 100");

        obey();

        assertThat(changed()).containsExactly("accounts bolt 10.0.0.1:1");
        assertThat(shown()).contains("accounts 10.0.0.1:1 50");
    }

    @Test
    void a_weight_is_shown_in_place_of_the_clients_also_when_it_registers_anew() {
        obey(new Rule.Weight("accounts", "10.0.0.1:1", 7));
        register("accounts", "10.0.0.1:1", 50);
        assertThat(shown()).containsExactly("accounts 10.0.0.1:1 7");

        register("accounts", "10.0.0.1:1", 60);
        assertThat(shown()).containsExactly("accounts 10.0.0.1:1 7");
        changed();

        obey(new Rule.Weight("accounts", "10.0.0.1:1", 7), new Rule.Weight("accounts", "10.0.0.9:1", 3));
        assertThat(changed()).as("nobody is told of what is shown as before").isEmpty();

        obey();
        assertThat(shown()).containsExactly("accounts 10.0.0.1:1 60");
    }

    @Test
    void no_endpoint_on_a_host_of_the_blacklist_is_shown() {
        register("accounts", "10.0.0.1:1", 100);
        register("ledger", "10.0.0.1:2", 100);
        register("ledger", "10.0.1.1:2", 100);
        register("ledger", "db.example.com:2", 100);
        changed();

        obey(new Rule.Blacklisted(HostRange.parse("10.0.0.0/24")));
        assertThat(changed()).containsExactly("accounts bolt 10.0.0.1:1", "ledger bolt 10.0.0.1:2");
        assertThat(shown()).containsExactly("ledger 10.0.1.1:2 100", "ledger db.example.com:2 100");

        obey(new Rule.Blacklisted(HostRange.parse("DB.example.com")));
        assertThat(shown())
                .containsExactly("accounts 10.0.0.1:1 100", "ledger 10.0.0.1:2 100", "ledger 10.0.1.1:2 100");
    }

    @Test
    void a_page_of_what_is_shown_is_full_and_says_rightly_whether_there_is_more() {
        for (int port = 1; port <= 9; port++) {
            register("accounts", "10.0.0.1:" + port, 100);
        }
        obey(
                new Rule.SwitchedOff("accounts", "10.0.0.1:2"),
                new Rule.SwitchedOff("accounts", "10.0.0.1:3"),
                new Rule.SwitchedOff("accounts", "10.0.0.1:9"));

        var first = trial.engine().listings(Optional.of("accounts"), Optional.empty(), "", 5);
        assertThat(first.items()).hasSize(5);
        assertThat(first.more()).isTrue();
        var rest = trial.engine()
                .listings(
                        Optional.of("accounts"),
                        Optional.empty(),
                        first.items().getLast().registration().endpoint().name().key(),
                        5);
        assertThat(rest.items()).hasSize(1);
        assertThat(rest.more()).as("the last one is off").isFalse();
        assertThat(trial.engine().keys("accounts ", "", 5)).hasSize(5);
        assertThat(trial.engine().keys("accounts ", "accounts bolt 10.0.0.1:7", 5))
                .containsExactly("accounts bolt 10.0.0.1:8");
    }

    @Test
    void a_search_finds_by_parts_of_names_and_by_metadata_also_what_is_off() {
        register("com.bank.Accounts", "10.0.0.1:1", 100);
        register("com.bank.Ledger", "10.0.0.2:1", 100);
        obey(new Rule.SwitchedOff("com.bank.Ledger", "10.0.0.2:1"));

        assertThat(found("accounts", "", Map.of())).containsExactly("com.bank.Accounts true");
        assertThat(found("", "0.2:", Map.of())).containsExactly("com.bank.Ledger false");
        assertThat(found("", "", Map.of("app", "com.bank.Ledger"))).containsExactly("com.bank.Ledger false");
        assertThat(found("", "", Map.of("app", ""))).hasSize(2);
        assertThat(found("", "", Map.of("zone", ""))).isEmpty();
    }

    @Test
    void a_search_goes_on_where_it_ended() {
        register("accounts", "10.0.0.1:1", 100);
        register("accounts", "10.0.0.1:2", 100);
        register("accounts", "10.0.0.1:3", 100);

        var first = trial.engine().search(Search.ALL, "", 2);
        assertThat(first.sights()).hasSize(2);
        var rest = trial.engine().search(Search.ALL, first.next(), 2);
        assertThat(rest.sights()).hasSize(1);
        assertThat(rest.next()).isEmpty();
    }

    private List<String> found(String service, String address, Map<String, String> metadata) {
        return trial.engine().search(new Search(service, address, new TreeMap<>(metadata)), "", 100).sights().stream()
                .map(sight -> sight.registration().endpoint().name().service() + " " + sight.served())
                .toList();
    }

    @Test
    void of_an_endpoint_that_went_the_cause_is_remembered_until_it_is_back() {
        register("accounts", "10.0.0.1:1", 100);
        trial.apply(new RegistryCommand.Deregister(hold, new EndpointName("accounts", "bolt", "10.0.0.1:1")));
        assertThat(cause("10.0.0.1:1")).contains(Departure.Cause.DEREGISTERED);

        register("accounts", "10.0.0.1:1", 100);
        assertThat(cause("10.0.0.1:1")).isEmpty();

        trial.advance(LEASE);
        assertThat(cause("10.0.0.1:1")).contains(Departure.Cause.LEASE_OVER);
        assertThat(cause("10.0.0.9:1")).as("never there").isEmpty();
    }

    private Optional<Departure.Cause> cause(String address) {
        return trial.engine().whereabouts("accounts", address).departure().map(Departure::cause);
    }

    @Test
    void those_who_are_subscribed_are_known_by_name() {
        trial.apply(new RegistryCommand.Subscribe(hold, "accounts"));
        assertThat(trial.engine().subscribers("accounts", 10))
                .extracting(Subscriber::client)
                .containsExactly("client");
        trial.apply(new RegistryCommand.Detach(hold));
        assertThat(trial.engine().subscribers("accounts", 10)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.200.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.0.0.128/25, 10.0.0.129, true",
        "10.0.0.128/25, 10.0.0.127, false",
        "0.0.0.0/0, 10.0.0.1, true",
        "0.0.0.0/0, host, false",
        "10.0.0.1, 10.0.0.1, true",
        "10.0.0.1, 10.0.0.11, false",
        "fd00::/8, [fd00::1], true",
        "fd00::/8, [fe80::1], false",
        "[fd00:0::1], [fd00::1], true",
        "HOST, host, true",
        "host, hostel, false"
    })
    void a_range_of_hosts_holds_what_it_says(String range, String host, boolean holds) {
        var plain = HostRange.host(host);
        assertThat(HostRange.parse(range).holds(plain, HostRange.literal(plain)))
                .isEqualTo(holds);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.0.0.0/33", "10.0.0.0/", "host/8", "a b", "10.0.0.0/-1", "fd00::/129", "x:y"})
    void what_is_no_range_of_hosts_is_refused(String text) {
        assertThatThrownBy(() -> HostRange.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hosts is \"" + text + "\"");
    }
}
