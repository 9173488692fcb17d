package dev.plinth.registry.door.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.SimulatedClock;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.RegistryOutcome;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What subscribers are told after a start whose protocol knows lists alone. */
class ServiceMirrorsTest {
    private static final EndpointName NAME = new EndpointName("accounts", "bolt", "127.0.0.1:1");
    private static final Duration MOMENT = Duration.ofMillis(1);

    private final SimulatedClock clock = new SimulatedClock();
    private final Registry registry = Registry.open(1, Runnable::run, clock);
    private final ServiceMirrors mirrors = new ServiceMirrors(registry, clock, Runnable::run);
    private int changes;
    private final ServiceMirrors.Following following = mirrors.follow("accounts", () -> changes++);

    @AfterEach
    void close() {
        following.close();
        registry.close();
    }

    private Hold register() {
        var opened = (RegistryOutcome.Opened)
                registry.submit(new RegistryCommand.Open("client", RegistryLimits.LEASE_MAX, Optional.empty()))
                        .join();
        registry.submit(new RegistryCommand.Register(opened.hold(), Endpoint.of(NAME, Map.of())))
                .join();
        return opened.hold();
    }

    @Test
    void of_a_service_that_was_not_seen_since_the_start_nobody_is_told_for_a_good_while_that_it_has_gone() {
        clock.advance(RegistryLimits.SETTLING_MAX.minus(MOMENT));
        assertThat(following.mayBeTold()).isFalse();

        int before = changes;
        clock.advance(MOMENT);
        assertThat(following.mayBeTold()).isTrue();
        assertThat(changes).as("who follows is told that it may be told now").isGreaterThan(before);
    }

    @Test
    void a_service_that_comes_late_is_told_as_soon_as_it_is_there() {
        clock.advance(RegistryLimits.SETTLING.plusSeconds(10));
        int before = changes;

        register();

        assertThat(following.mayBeTold()).isTrue();
        assertThat(following.list().registrations()).hasSize(1);
        assertThat(changes).isGreaterThan(before);
    }

    @Test
    void a_service_that_was_seen_and_has_gone_is_told_as_gone_when_the_registry_has_settled() {
        var hold = register();
        assertThat(following.mayBeTold()).isFalse();
        clock.advance(Duration.ofSeconds(2));
        assertThat(following.mayBeTold()).as("the list stood still").isTrue();

        registry.submit(new RegistryCommand.Deregister(hold, NAME)).join();
        assertThat(following.mayBeTold()).isFalse();
        clock.advance(RegistryLimits.SETTLING);
        assertThat(following.mayBeTold()).isTrue();
    }
}
