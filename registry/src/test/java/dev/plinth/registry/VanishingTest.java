package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.EngineTrial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the registry does when many endpoints of a service vanish at once. */
class VanishingTest {
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final long OTHER = 2;

    private final EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration> trial =
            new EngineTrial<>(new RegistryEngine(1, Instant.parse("2026-01-01T00:00:00Z")));

    private Hold open(Optional<SessionId> resume) {
        return ((RegistryOutcome.Opened) trial.apply(new RegistryCommand.Open("client", LEASE, resume))).hold();
    }

    /** A process that serves {@code accounts} at this port. */
    private Hold provider(int port) {
        var hold = open(Optional.empty());
        register(hold, port);
        return hold;
    }

    private void register(Hold hold, int port) {
        assertThat(trial.apply(new RegistryCommand.Register(
                        hold, Endpoint.of(new EndpointName("accounts", "bolt", "127.0.0.1:" + port), Map.of()))))
                .isEqualTo(new RegistryOutcome.Done());
    }

    private List<Hold> providers(int count) {
        List<Hold> holds = new ArrayList<>();
        for (int port = 1; port <= count; port++) {
            holds.add(provider(port));
        }
        return holds;
    }

    private int endpoints() {
        return trial.engine().totals().endpoints();
    }

    private int kept() {
        return trial.engine().totals().kept();
    }

    @Test
    void of_a_service_that_falls_silent_as_a_whole_half_is_kept_and_shown_as_lost_from_sight() {
        providers(10);

        trial.advance(LEASE);

        assertThat(endpoints()).isEqualTo(5);
        assertThat(kept()).isEqualTo(5);
        assertThat(trial.engine()
                        .listings(Optional.of("accounts"), Optional.empty(), "", 100)
                        .items())
                .hasSize(5)
                .noneMatch(Listing::connected);
    }

    @Test
    void what_is_kept_stays_when_its_client_is_back_and_goes_in_the_end_when_it_is_not() {
        var holds = providers(4);
        trial.advance(LEASE);
        assertThat(kept()).isEqualTo(2);

        var back = holds.stream()
                .filter(hold -> trial.engine().listings(Optional.empty(), Optional.empty(), "", 100).items().stream()
                        .anyMatch(listing -> listing.registration().session().equals(hold.session())))
                .findFirst()
                .orElseThrow();
        var resumed = open(Optional.of(back.session()));
        assertThat(resumed.session()).isEqualTo(back.session());
        assertThat(kept()).isEqualTo(1);
        assertThat(endpoints()).isEqualTo(2);

        for (int second = 0; second < RegistryLimits.KEPT.toSeconds(); second++) {
            trial.advance(Duration.ofSeconds(1));
            trial.apply(new RegistryCommand.KeepAlive(resumed));
        }
        assertThat(kept()).isZero();
        assertThat(endpoints()).isEqualTo(1);
        assertThat(trial.engine().totals().sessions()).isEqualTo(1);
    }

    @Test
    void a_process_that_comes_back_with_another_session_takes_over_what_was_kept_for_it() {
        providers(4);
        trial.advance(LEASE);
        for (int port = 1; port <= 4; port++) {
            provider(port);
        }
        assertThat(endpoints()).isEqualTo(4);
        assertThat(kept()).isZero();
    }

    @Test
    void processes_that_die_one_after_the_other_are_gone_with_their_leases() {
        var holds = providers(10);
        for (int alive = 9; alive >= 1; alive--) {
            for (int second = 0; second < 30; second++) {
                trial.advance(Duration.ofSeconds(1));
                for (var hold : holds.subList(0, alive)) {
                    trial.apply(new RegistryCommand.KeepAlive(hold));
                }
            }
            assertThat(endpoints()).isEqualTo(alive);
        }
        assertThat(kept()).isZero();
    }

    @Test
    void one_process_takes_all_its_endpoints_with_it_and_a_small_service_is_not_protected() {
        var hold = open(Optional.empty());
        for (int port = 1; port <= 10; port++) {
            register(hold, port);
        }
        trial.advance(LEASE);
        assertThat(endpoints()).isZero();

        trial.advance(Vanishing.WINDOW);
        provider(11);
        provider(12);
        trial.advance(LEASE);
        assertThat(endpoints()).isZero();
    }

    @Test
    void who_says_good_bye_is_believed() {
        providers(5).forEach(hold -> trial.apply(new RegistryCommand.Close(hold)));
        assertThat(endpoints()).isZero();
        assertThat(kept()).isZero();
    }

    /** Another server, whose sessions vouch for {@code accounts} at so many ports, each for one. */
    private void followed(int endpoints) {
        trial.apply(new RegistryCommand.PeerBegins(OTHER, true, Duration.ZERO, List.of()));
        List<Registration> told = new ArrayList<>();
        for (int port = 1; port <= endpoints; port++) {
            told.add(new Registration(
                    Endpoint.of(new EndpointName("accounts", "bolt", "127.0.0.1:" + port), Map.of()),
                    new SessionId(OTHER, port),
                    "client",
                    trial.now().toEpochMilli(),
                    port,
                    new Claim(trial.now(), true, LEASE, Optional.empty())));
        }
        trial.apply(new RegistryCommand.PeerTells(OTHER, told, List.of(), true));
        trial.apply(new RegistryCommand.PeerHeard(OTHER, Duration.ZERO));
        assertThat(endpoints()).isEqualTo(endpoints);
    }

    @Test
    void of_a_service_that_a_lost_server_knew_half_is_kept_until_the_server_is_heard_again() {
        followed(10);

        trial.apply(new RegistryCommand.PeerLost(OTHER));
        trial.advance(LEASE);

        assertThat(endpoints()).isEqualTo(5);
        assertThat(kept()).isEqualTo(5);
        assertThat(trial.engine()
                        .listings(Optional.of("accounts"), Optional.empty(), "", 100)
                        .items())
                .hasSize(5)
                .noneMatch(Listing::connected);

        followed(10);
        assertThat(kept()).isZero();
        trial.apply(new RegistryCommand.PeerLost(OTHER));
        trial.advance(LEASE.minusSeconds(1));
        assertThat(endpoints()).as("they have their lease once more").isEqualTo(10);
    }

    @Test
    void what_is_kept_of_a_lost_server_goes_in_the_end_and_is_not_there_again_after_its_client_left_from_here() {
        followed(4);
        trial.apply(new RegistryCommand.PeerLost(OTHER));
        trial.advance(LEASE);
        assertThat(kept()).isEqualTo(2);
        int port = keptPort();

        var moved = provider(port);
        assertThat(kept()).isEqualTo(1);
        trial.apply(new RegistryCommand.Close(moved));
        assertThat(endpoints()).isEqualTo(1);

        trial.advance(RegistryLimits.KEPT);
        assertThat(kept()).isZero();
        assertThat(endpoints()).isZero();
        assertThat(trial.engine().totals().lostPeers()).isZero();
    }

    private int keptPort() {
        var address = trial.engine()
                .listings(Optional.empty(), Optional.empty(), "", 100)
                .items()
                .getFirst()
                .registration()
                .endpoint()
                .name()
                .address();
        return Integer.parseInt(address.substring(address.indexOf(':') + 1));
    }
}
