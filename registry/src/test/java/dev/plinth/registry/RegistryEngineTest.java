package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.EngineTrial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RegistryEngineTest {
    private static final Duration LEASE = Duration.ofSeconds(10);

    private final EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration> trial =
            new EngineTrial<>(new RegistryEngine(1, Instant.parse("2026-01-01T00:00:00Z")));

    /** The keys that a service's subscribers see. */
    static List<String> takeChanged(
            EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration> trial) {
        return trial.takeChanged().stream().filter(key -> !HeldKey.isOne(key)).toList();
    }

    private RegistryOutcome.Opened open(String client) {
        return (RegistryOutcome.Opened) trial.apply(new RegistryCommand.Open(client, LEASE, Optional.empty()));
    }

    private RegistryOutcome.Opened resume(String client, SessionId session) {
        return (RegistryOutcome.Opened) trial.apply(new RegistryCommand.Open(client, LEASE, Optional.of(session)));
    }

    private RegistryOutcome register(Hold hold, Endpoint endpoint) {
        return trial.apply(new RegistryCommand.Register(hold, endpoint));
    }

    private static EndpointName name(String service, int port) {
        return new EndpointName(service, "bolt", "127.0.0.1:" + port);
    }

    private static Endpoint endpoint(String service, int port) {
        return Endpoint.of(name(service, port), Map.of(Endpoint.CELL, "east"));
    }

    private List<String> endpoints() {
        return trial.engine().keys("", "", 1_000);
    }

    private static void assertDenied(RegistryOutcome outcome, RegistryOutcome.Reason reason) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        RegistryOutcome.Denied.class,
                        denied -> assertThat(denied.reason()).isEqualTo(reason));
    }

    private static final RegistryOutcome DONE = new RegistryOutcome.Done();

    @Test
    void an_endpoint_is_there_from_its_registration_to_its_deregistration() {
        var hold = open("a").hold();

        assertThat(register(hold, endpoint("s", 1))).isEqualTo(DONE);
        assertThat(endpoints()).containsExactly("s bolt 127.0.0.1:1");
        assertThat(trial.engine().view("s bolt 127.0.0.1:1").map(Registration::endpoint))
                .contains(endpoint("s", 1));

        assertThat(trial.apply(new RegistryCommand.Deregister(hold, name("s", 1))))
                .isEqualTo(DONE);
        assertThat(endpoints()).isEmpty();
        assertThat(takeChanged(trial)).containsExactly("s bolt 127.0.0.1:1", "s bolt 127.0.0.1:1");
    }

    @Test
    void a_batch_is_done_in_its_order_and_each_of_it_is_answered() {
        var hold = open("a").hold();
        var other = open("b").hold();
        register(other, endpoint("s", 2));
        takeChanged(trial);

        var outcome = trial.apply(new RegistryCommand.Batch(
                hold,
                List.of(
                        new RegistryCommand.Register(hold, endpoint("s", 1)),
                        new RegistryCommand.Register(hold, endpoint("s", 2)),
                        new RegistryCommand.Register(hold, endpoint("s", 3)),
                        new RegistryCommand.Deregister(hold, name("s", 1)))));

        assertThat(outcome).isInstanceOfSatisfying(RegistryOutcome.Batch.class, batch -> {
            assertThat(batch.outcomes()).hasSize(4);
            assertThat(List.of(0, 2, 3))
                    .allSatisfy(at -> assertThat(batch.outcomes().get(at)).isEqualTo(DONE));
            assertDenied(batch.outcomes().get(1), RegistryOutcome.Reason.DUPLICATE);
        });
        assertThat(endpoints()).containsExactly("s bolt 127.0.0.1:2", "s bolt 127.0.0.1:3");
    }

    @Test
    void a_batch_of_a_session_that_is_over_is_refused_as_a_whole() {
        var hold = open("a").hold();
        trial.apply(new RegistryCommand.Close(hold));

        assertDenied(
                trial.apply(
                        new RegistryCommand.Batch(hold, List.of(new RegistryCommand.Register(hold, endpoint("s", 1))))),
                RegistryOutcome.Reason.SESSION_EXPIRED);
        assertThat(endpoints()).isEmpty();
    }

    @Test
    void a_batch_has_commands_of_its_own_session_alone_and_does_not_end_it() {
        var hold = open("a").hold();
        var other = open("b").hold();

        for (var odd : List.of(
                new RegistryCommand.KeepAlive(other),
                new RegistryCommand.Close(hold),
                new RegistryCommand.Batch(hold, List.of()))) {
            assertThatThrownBy(() -> new RegistryCommand.Batch(hold, List.of(odd)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected single commands of the same, and no end");
        }
    }

    @Test
    void a_registration_repeated_changes_nothing_and_one_with_other_contents_changes_the_endpoint() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        takeChanged(trial);

        assertThat(register(hold, endpoint("s", 1))).isEqualTo(DONE);
        assertThat(takeChanged(trial)).isEmpty();

        var lighter = Endpoint.of(name("s", 1), 10, Map.of(Endpoint.CELL, "west"));
        assertThat(register(hold, lighter)).isEqualTo(DONE);
        assertThat(takeChanged(trial)).hasSize(1);
        assertThat(trial.engine().view("s bolt 127.0.0.1:1").map(Registration::endpoint))
                .contains(lighter);
        assertThat(trial.engine().totals().endpoints()).isEqualTo(1);
    }

    @Test
    void a_deregistration_repeated_or_of_another_sessions_endpoint_changes_nothing() {
        var first = open("a").hold();
        var second = open("b").hold();
        register(first, endpoint("s", 1));
        takeChanged(trial);

        assertThat(trial.apply(new RegistryCommand.Deregister(second, name("s", 1))))
                .isEqualTo(DONE);
        assertThat(trial.apply(new RegistryCommand.Deregister(first, name("s", 2))))
                .isEqualTo(DONE);
        assertThat(takeChanged(trial)).isEmpty();
        assertThat(endpoints()).hasSize(1);
    }

    @Test
    void endpoints_go_when_the_lease_of_their_session_is_over_and_not_before() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        register(hold, endpoint("s", 2));

        trial.advance(LEASE.minusNanos(1));
        assertThat(endpoints()).hasSize(2);
        trial.advance(Duration.ofNanos(1));
        assertThat(endpoints()).isEmpty();
        assertDenied(trial.apply(new RegistryCommand.KeepAlive(hold)), RegistryOutcome.Reason.SESSION_EXPIRED);
        assertThat(trial.engine().nextDeadline()).isEmpty();
        assertThat(trial.engine().totals()).isEqualTo(Totals.NONE);
    }

    @Test
    void any_word_of_a_session_renews_its_lease() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        for (RegistryCommand word : List.of(
                new RegistryCommand.KeepAlive(hold),
                new RegistryCommand.Register(hold, endpoint("s", 1)),
                new RegistryCommand.Deregister(hold, name("s", 2)),
                new RegistryCommand.Subscribe(hold, "t"),
                new RegistryCommand.Unsubscribe(hold, "t"))) {
            trial.advance(LEASE.minusMillis(1));
            assertThat(trial.apply(word)).isEqualTo(DONE);
        }
        trial.advance(LEASE.minusMillis(1));
        assertThat(endpoints()).hasSize(1);
        trial.advance(Duration.ofMillis(1));
        assertThat(endpoints()).isEmpty();
    }

    @Test
    void a_session_that_breaks_off_lives_until_its_lease_is_over_and_no_longer() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        trial.advance(Duration.ofSeconds(4));
        trial.apply(new RegistryCommand.Detach(hold));

        trial.advance(Duration.ofSeconds(5));
        assertThat(endpoints()).hasSize(1);
        trial.advance(Duration.ofSeconds(1));
        assertThat(endpoints()).as("breaking off is no sign of life").isEmpty();
    }

    @Test
    void a_session_resumed_within_its_lease_keeps_its_endpoints() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        trial.apply(new RegistryCommand.Detach(hold));
        trial.advance(Duration.ofSeconds(9));
        takeChanged(trial);

        var resumed = resume("a", hold.session());
        assertThat(resumed.resumed()).isTrue();
        assertThat(resumed.hold().session()).isEqualTo(hold.session());
        trial.advance(Duration.ofSeconds(9));
        assertThat(endpoints()).hasSize(1);
        assertThat(takeChanged(trial)).isEmpty();
    }

    @Test
    void a_session_that_is_over_cannot_be_resumed() {
        var hold = open("a").hold();
        trial.advance(LEASE);

        var opened = resume("a", hold.session());
        assertThat(opened.resumed()).isFalse();
        assertThat(opened.hold().session()).isNotEqualTo(hold.session());
    }

    @Test
    void what_the_broken_stream_still_sends_cannot_undo_what_the_new_one_said() {
        var old = open("a").hold();
        register(old, endpoint("s", 1));
        var young = resume("a", old.session()).hold();

        assertDenied(
                trial.apply(new RegistryCommand.Deregister(old, name("s", 1))),
                RegistryOutcome.Reason.SESSION_SUPERSEDED);
        assertDenied(trial.apply(new RegistryCommand.Close(old)), RegistryOutcome.Reason.SESSION_SUPERSEDED);
        trial.apply(new RegistryCommand.Detach(old));
        assertThat(endpoints()).hasSize(1);
        var other = open("b").hold();
        assertDenied(register(other, endpoint("s", 1)), RegistryOutcome.Reason.DUPLICATE);
        assertThat(trial.apply(new RegistryCommand.KeepAlive(young))).isEqualTo(DONE);
    }

    @Test
    void an_endpoint_of_a_connected_session_is_refused_to_another_with_the_holders_name() {
        var first = open("first").hold();
        register(first, endpoint("s", 1));
        var second = open("second").hold();
        takeChanged(trial);

        assertThat(register(second, endpoint("s", 1)))
                .isEqualTo(new RegistryOutcome.Denied(
                        RegistryOutcome.Reason.DUPLICATE,
                        "the endpoint s bolt 127.0.0.1:1 is registered by \"first\" (session 1), which is connected",
                        Optional.of(LEASE)));
        assertThat(takeChanged(trial)).isEmpty();
    }

    @Test
    void an_endpoint_whose_session_broke_off_goes_to_the_one_that_registers_it() {
        var first = open("first").hold();
        register(first, endpoint("s", 1));
        register(first, endpoint("s", 2));
        trial.apply(new RegistryCommand.Detach(first));
        var second = open("second").hold();
        takeChanged(trial);

        assertThat(register(second, endpoint("s", 1))).isEqualTo(DONE);
        assertThat(takeChanged(trial)).as("to watchers it is the same endpoint").isEmpty();

        trial.advance(Duration.ofSeconds(9));
        trial.apply(new RegistryCommand.KeepAlive(second));
        trial.advance(Duration.ofSeconds(1));
        assertThat(endpoints())
                .as("the first session is over, and took only its own")
                .containsExactly("s bolt 127.0.0.1:1");

        // The first one comes back: now the second one holds the endpoint, and is connected.
        var back = open("first").hold();
        assertDenied(register(back, endpoint("s", 1)), RegistryOutcome.Reason.DUPLICATE);
    }

    @Test
    void a_session_that_took_an_endpoint_over_may_give_it_its_own_weight() {
        var first = open("first").hold();
        register(first, endpoint("s", 1));
        trial.apply(new RegistryCommand.Detach(first));
        var second = open("second").hold();
        takeChanged(trial);

        register(second, Endpoint.of(name("s", 1), 7, Map.of()));
        assertThat(takeChanged(trial)).containsExactly("s bolt 127.0.0.1:1");
        assertThat(resume("first", first.session()).resumed()).isTrue();
    }

    @Test
    void a_closed_session_ends_at_once() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        trial.apply(new RegistryCommand.Subscribe(hold, "t"));

        assertThat(trial.apply(new RegistryCommand.Close(hold))).isEqualTo(DONE);
        assertThat(trial.engine().totals()).isEqualTo(Totals.NONE);
        assertDenied(trial.apply(new RegistryCommand.Close(hold)), RegistryOutcome.Reason.SESSION_EXPIRED);
    }

    @Test
    void one_client_has_endpoints_of_many_services_and_protocols_under_one_address() {
        var hold = open("a").hold();
        var address = "127.0.0.1:1";
        for (var service : List.of("s", "t")) {
            for (var protocol : List.of("bolt", "grpc")) {
                assertThat(register(hold, Endpoint.of(new EndpointName(service, protocol, address), Map.of())))
                        .isEqualTo(DONE);
            }
        }
        assertThat(endpoints())
                .containsExactly("s bolt " + address, "s grpc " + address, "t bolt " + address, "t grpc " + address);
    }

    @Test
    void services_whose_names_begin_alike_do_not_mingle() {
        var hold = open("a").hold();
        register(hold, endpoint("accounts", 1));
        register(hold, endpoint("accounts.audit", 2));
        register(hold, endpoint("accounts:2.0", 3));

        assertThat(trial.engine().keys(EndpointName.prefix("accounts"), "", 10))
                .containsExactly("accounts bolt 127.0.0.1:1");
        assertThat(trial.engine()
                        .directory()
                        .registrations(Optional.of("accounts"), Optional.of("east"), "", 10, Optional::of)
                        .items())
                .hasSize(1);
    }

    @Test
    void a_service_is_summed_up_by_cell_as_endpoints_come_move_and_go() {
        var hold = open("a").hold();
        register(hold, endpoint("s", 1));
        register(hold, endpoint("s", 2));
        register(hold, Endpoint.of(name("s", 3), Map.of()));
        register(hold, Endpoint.of(name("s", 2), Map.of(Endpoint.CELL, "west")));

        assertThat(trial.engine().directory().services("", 10).items())
                .containsExactly(new ServiceSummary("s", 3, new TreeMap<>(Map.of("east", 1, "west", 1))));
        trial.apply(new RegistryCommand.Deregister(hold, name("s", 2)));
        assertThat(trial.engine()
                        .directory()
                        .services("", 10)
                        .items()
                        .getFirst()
                        .endpointsByCell())
                .containsOnlyKeys("east");
        trial.apply(new RegistryCommand.Close(hold));
        assertThat(trial.engine().directory().services("", 10).items()).isEmpty();
    }

    @Test
    void pages_follow_one_another_without_gap_or_overlap() {
        var hold = open("a").hold();
        for (int port = 100; port < 125; port++) {
            register(hold, endpoint("s" + port % 3, port));
        }
        var after = "";
        var listed = new ArrayList<String>();
        Page<Registration> page;
        do {
            page = trial.engine()
                    .directory()
                    .registrations(Optional.empty(), Optional.of("east"), after, 7, Optional::of);
            page.items()
                    .forEach(registration ->
                            listed.add(registration.endpoint().name().key()));
            after = listed.getLast();
        } while (page.more());
        assertThat(listed).isEqualTo(endpoints()).hasSize(25);
        assertThat(trial.engine().directory().services("s0", 1)).satisfies(services -> {
            assertThat(services.more()).isTrue();
            assertThat(services.items()).extracting(ServiceSummary::name).containsExactly("s1");
        });
    }

    @Test
    void a_session_has_no_more_endpoints_than_its_limit() {
        var hold = open("a").hold();
        for (int port = 1; port <= RegistryLimits.SESSION_ENDPOINTS_MAX; port++) {
            assertThat(register(hold, endpoint("s", port))).isEqualTo(DONE);
        }
        assertThat(register(hold, endpoint("s", 9_999)))
                .isEqualTo(new RegistryOutcome.Denied(
                        RegistryOutcome.Reason.OVERLOADED,
                        "this session has 1000 endpoints, as many as one may have",
                        Optional.empty()));
        assertThat(register(hold, Endpoint.of(name("s", 1), 5, Map.of())))
                .as("a change is no new one")
                .isEqualTo(DONE);
        trial.apply(new RegistryCommand.Deregister(hold, name("s", 2)));
        assertThat(register(hold, endpoint("s", 9_999))).isEqualTo(DONE);
    }

    @Test
    void a_session_has_no_more_subscriptions_than_its_limit_and_they_end_with_its_stream() {
        var hold = open("a").hold();
        for (int i = 0; i < RegistryLimits.SESSION_SUBSCRIPTIONS_MAX; i++) {
            assertThat(trial.apply(new RegistryCommand.Subscribe(hold, "s" + i)))
                    .isEqualTo(DONE);
        }
        assertDenied(trial.apply(new RegistryCommand.Subscribe(hold, "more")), RegistryOutcome.Reason.OVERLOADED);
        assertThat(trial.apply(new RegistryCommand.Subscribe(hold, "s1")))
                .as("again")
                .isEqualTo(DONE);
        trial.apply(new RegistryCommand.Unsubscribe(hold, "s1"));
        trial.apply(new RegistryCommand.Unsubscribe(hold, "s1"));
        assertThat(trial.apply(new RegistryCommand.Subscribe(hold, "more"))).isEqualTo(DONE);
        assertThat(trial.engine().totals().subscriptions()).isEqualTo(1_000);

        trial.apply(new RegistryCommand.Detach(hold));
        assertThat(trial.engine().totals().subscriptions()).isZero();
    }

    @Test
    void sessions_and_subscriptions_are_limited_in_all() {
        var first = open("first").hold();
        for (int i = 1; i < RegistryLimits.SESSIONS_MAX; i++) {
            var hold = open("c").hold();
            if (i <= RegistryLimits.SUBSCRIPTIONS_MAX / RegistryLimits.SESSION_SUBSCRIPTIONS_MAX) {
                for (int j = 0; j < RegistryLimits.SESSION_SUBSCRIPTIONS_MAX; j++) {
                    trial.apply(new RegistryCommand.Subscribe(hold, "s" + j));
                }
            }
        }
        var outcome = trial.apply(new RegistryCommand.Open("one more", LEASE, Optional.empty()));
        assertThat(outcome)
                .isEqualTo(new RegistryOutcome.Denied(
                        RegistryOutcome.Reason.OVERLOADED, "50000 sessions are open", Optional.of(LEASE)));
        assertThat(resume("first", first.session()).resumed())
                .as("no new session is needed")
                .isTrue();
        var hold = resume("first", first.session()).hold();
        assertThat(trial.apply(new RegistryCommand.Subscribe(hold, "s")))
                .isEqualTo(new RegistryOutcome.Denied(
                        RegistryOutcome.Reason.OVERLOADED, "600000 subscriptions are open", Optional.of(LEASE)));
    }

    @Test
    void the_metadata_of_all_endpoints_is_limited_in_all() {
        var filling = Map.of("k", "x".repeat(RegistryLimits.METADATA_BYTES_MAX - 1));
        int all = (int) (RegistryLimits.METADATA_TOTAL_BYTES_MAX / RegistryLimits.METADATA_BYTES_MAX);
        var hold = open("first").hold();
        for (int port = 1; port <= all; port++) {
            if (port % RegistryLimits.SESSION_ENDPOINTS_MAX == 0) {
                hold = open("another").hold();
            }
            assertThat(register(hold, Endpoint.of(name("s", port), filling))).isEqualTo(DONE);
        }
        var second = hold;
        assertThat(trial.engine().totals().metadataBytes()).isEqualTo(RegistryLimits.METADATA_TOTAL_BYTES_MAX);
        assertDenied(
                register(second, Endpoint.of(name("s", 20_000), Map.of("k", "v"))), RegistryOutcome.Reason.OVERLOADED);
        assertThat(register(second, Endpoint.of(name("s", 20_000), Map.of())))
                .as("none is no more")
                .isEqualTo(DONE);
        assertThat(register(second, Endpoint.of(name("s", all), Map.of())))
                .as("less is no more")
                .isEqualTo(DONE);
        assertThat(register(second, Endpoint.of(name("s", 20_000), Map.of("k", "v"))))
                .isEqualTo(DONE);
    }

    @Test
    void the_registry_settles_for_a_while_after_its_start_and_says_for_how_long_yet() {
        assertThat(open("a").settling()).isEqualTo(RegistryLimits.SETTLING);
        trial.advance(Duration.ofSeconds(5));
        assertThat(open("b").settling()).isEqualTo(RegistryLimits.SETTLING.minusSeconds(5));
        trial.advance(Duration.ofSeconds(60));
        assertThat(open("c").settling()).isZero();
    }

    @Test
    void it_settles_for_longer_while_clients_of_the_time_before_come_back_but_not_for_ever() {
        var before = new SessionId(7, 7);
        trial.advance(Duration.ofSeconds(14));
        assertThat(resume("late", before).settling()).isEqualTo(RegistryLimits.SETTLING_AFTER_LAST);
        assertThat(open("new").settling()).isEqualTo(RegistryLimits.SETTLING_AFTER_LAST);
        for (int second = 14; second < 57; second += 4) {
            trial.advance(Duration.ofSeconds(4));
            assertThat(resume("later", before).settling()).isPositive();
        }
        trial.advance(Duration.ofSeconds(3));
        assertThat(resume("too late", before).settling()).isZero();
    }

    @Test
    void it_settles_for_longer_while_clients_that_are_back_say_what_they_serve() {
        trial.advance(Duration.ofSeconds(14));
        var back = resume("back", new SessionId(7, 7)).hold();
        var fresh = open("new").hold();
        trial.advance(Duration.ofSeconds(4));
        assertThat(register(fresh, endpoint("s", 1))).isEqualTo(DONE);
        assertThat(open("a").settling()).isEqualTo(Duration.ofSeconds(1));
        assertThat(register(back, endpoint("s", 2))).isEqualTo(DONE);
        assertThat(open("b").settling()).isEqualTo(RegistryLimits.SETTLING_AFTER_LAST);
        trial.advance(Duration.ofSeconds(4));
        assertThat(register(back, endpoint("s", 2))).isEqualTo(DONE);
        assertThat(open("c").settling()).as("nothing new").isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_lease_out_of_bounds_and_a_client_without_name_cannot_be_asked_for() {
        assertThatThrownBy(() -> new RegistryCommand.Open("c", Duration.ofMillis(1_999), Optional.empty()))
                .hasMessage("lease is 1999 ms: expected 2000 to 60000");
        assertThatThrownBy(() -> new RegistryCommand.Open("c", Duration.ofMillis(60_001), Optional.empty()))
                .hasMessageContaining("expected 2000 to 60000");
        assertThatThrownBy(() -> new RegistryCommand.Open("", LEASE, Optional.empty()))
                .hasMessage("client is \"\": expected 1 to 128 printable ASCII characters");
    }

    @Test
    void a_lease_is_its_sessions_own() {
        var brief = (RegistryOutcome.Opened)
                trial.apply(new RegistryCommand.Open("brief", RegistryLimits.LEASE_MIN, Optional.empty()));
        var longer = (RegistryOutcome.Opened)
                trial.apply(new RegistryCommand.Open("longer", RegistryLimits.LEASE_MAX, Optional.empty()));
        register(brief.hold(), endpoint("s", 1));
        register(longer.hold(), endpoint("s", 2));

        trial.advance(RegistryLimits.LEASE_MIN);
        assertThat(endpoints()).containsExactly("s bolt 127.0.0.1:2");
        trial.advance(RegistryLimits.LEASE_MAX);
        assertThat(endpoints()).isEmpty();
    }

    @Test
    void a_session_that_stands_in_for_others_gives_way_to_one_that_does_not() {
        var standIn = ((RegistryOutcome.Opened)
                        trial.apply(new RegistryCommand.Open("copies", LEASE, Optional.empty(), true)))
                .hold();
        var own = open("process").hold();

        assertThat(register(standIn, endpoint("accounts", 1))).isEqualTo(DONE);
        assertThat(register(own, endpoint("accounts", 1))).isEqualTo(DONE);

        assertDenied(register(standIn, endpoint("accounts", 1)), RegistryOutcome.Reason.DUPLICATE);
        trial.apply(new RegistryCommand.Deregister(standIn, name("accounts", 1)));
        assertThat(endpoints()).containsExactly("accounts bolt 127.0.0.1:1");
        trial.apply(new RegistryCommand.Close(own));
        assertThat(endpoints()).isEmpty();
    }

    @Test
    void what_a_lost_server_had_holds_for_its_lease_since_the_server_was_known_to_have_it() {
        var claim = new Claim(trial.now(), true, LEASE, Optional.empty());
        var theirs = new Registration(endpoint("accounts", 1), new SessionId(7, 1), "client", 0, 1, claim);
        trial.apply(new RegistryCommand.PeerBegins(7, true, Duration.ZERO, List.of()));
        trial.apply(new RegistryCommand.PeerTells(7, List.of(theirs), List.of(), true));
        trial.advance(Duration.ofSeconds(60));
        assertThat(endpoints()).as("the server is followed").hasSize(1);

        trial.apply(new RegistryCommand.PeerHeard(7, Duration.ofSeconds(1)));
        trial.apply(new RegistryCommand.PeerHeard(7, Duration.ofSeconds(3)));
        trial.advance(Duration.ofSeconds(2));
        trial.apply(new RegistryCommand.PeerLost(7));
        trial.advance(LEASE.minusSeconds(3).minusMillis(1));
        assertThat(endpoints()).hasSize(1);
        trial.advance(Duration.ofMillis(1));
        assertThat(endpoints()).isEmpty();
    }
}
