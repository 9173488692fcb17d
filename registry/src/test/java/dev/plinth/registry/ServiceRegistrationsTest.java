package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Held against a sorted map, with and without somebody who goes through it in order in between. */
class ServiceRegistrationsTest {
    static final int NAMES = 240;
    private static final Claim CLAIM = new Claim(Instant.EPOCH, true, Duration.ofSeconds(10), Optional.empty());

    private static EndpointName name(int number) {
        // Hosts of one hash among them, so that names lie on one another's places.
        var host = List.of("Aa", "BB", "C#", "Bb").get(number % 4);
        return new EndpointName("s", number % 3 == 0 ? "h" : "h2", host.replace('#', '-') + ":" + (1 + number / 4));
    }

    @Property(tries = 300)
    void it_holds_what_was_put_and_not_removed_in_whatever_form(
            @ForAll @Size(max = 300) List<@IntRange(min = -NAMES + 1, max = NAMES - 1) Integer> steps,
            @ForAll @IntRange(max = 400) int orderedAt) {
        var service = new ServiceRegistrations("s");
        var expected = new TreeMap<String, Registration>();
        for (int i = 0; i < steps.size(); i++) {
            if (i == orderedAt) {
                assertOrdered(service, expected);
            }
            var name = name(Math.abs(steps.get(i)));
            if (steps.get(i) < 0) {
                assertThat(service.remove(name)).isEqualTo(expected.remove(name.key()));
            } else {
                var registration = new Registration(Endpoint.of(name, Map.of()), new SessionId(1, 1), "c", 0, i, CLAIM);
                assertThat(service.put(registration)).isEqualTo(expected.put(name.key(), registration));
            }
            assertThat(service.size()).isEqualTo(expected.size());
        }

        for (int i = 0; i < NAMES; i++) {
            var name = name(i);
            assertThat(service.find(name)).isEqualTo(expected.get(name.key()));
            assertThat(service.find(name.key())).isEqualTo(expected.get(name.key()));
        }
        assertThat(service.find("s")).isNull();
        assertOrdered(service, expected);
    }

    private static void assertOrdered(ServiceRegistrations service, SortedMap<String, Registration> expected) {
        List<Registration> all = new ArrayList<>();
        assertThat(service.visitAfter("", all::add)).isTrue();
        assertThat(all).containsExactlyElementsOf(expected.values());
    }

    @Test
    void addresses_of_one_hash_do_no_harm() {
        var service = new ServiceRegistrations("s");
        int count = 4_000;
        for (int i = 0; i < count; i++) {
            // Each bit one of two texts of one hash.
            var host = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) {
                host.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            var name = new EndpointName("s", "h", host + ":80");
            assertThat(service.put(
                            new Registration(Endpoint.of(name, Map.of()), new SessionId(1, 1), "c", 0, i, CLAIM)))
                    .isNull();
        }

        assertThat(service.size()).isEqualTo(count);
        assertThat(service.isOrdered()).isTrue();
    }
}
