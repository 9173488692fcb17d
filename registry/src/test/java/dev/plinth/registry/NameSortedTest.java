package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Held against a sorted map of the keys' texts, which is what it stands in for. */
class NameSortedTest {
    record Step(boolean put, EndpointName name) {}

    /** Names whose parts begin alike, so that a key's order is put to the test where its parts end. */
    @Provide
    Arbitrary<EndpointName> names() {
        return Combinators.combine(
                        Arbitraries.of("a", "a!", "aa", "a.b", "b"),
                        Arbitraries.of("h", "h2", "h+x"),
                        Arbitraries.integers().between(1, 400))
                .as((service, protocol, port) -> new EndpointName(service, protocol, "h:" + port));
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var put = Combinators.combine(Arbitraries.of(true, true, true, false), names())
                .as(Step::new);
        return put.list().ofMinSize(1).ofMaxSize(1_500);
    }

    @Property(tries = 200)
    void it_holds_what_was_put_and_not_removed_in_the_order_of_the_keys(
            @ForAll("steps") List<Step> steps, @ForAll("names") EndpointName after) {
        var sorted = new NameSorted<EndpointName>(name -> name);
        var table = new TreeMap<String, EndpointName>();
        for (var step : steps) {
            var key = step.name().key();
            if (step.put()) {
                assertThat(sorted.put(step.name())).isEqualTo(table.put(key, step.name()));
            } else {
                assertThat(sorted.remove(step.name())).isEqualTo(table.remove(key));
            }
            assertThat(sorted.size()).isEqualTo(table.size());
        }

        assertThat(sorted.list()).containsExactlyElementsOf(table.values());
        assertThat(sorted.find(after)).isEqualTo(table.get(after.key()));
        assertThat(sorted.find(after.key())).isEqualTo(table.get(after.key()));
        List<EndpointName> rest = new ArrayList<>();
        sorted.visitAfter(after.key(), rest::add);
        assertThat(rest)
                .containsExactlyElementsOf(table.tailMap(after.key(), false).values());
    }

    @Property
    void names_compare_as_their_keys_do(
            @ForAll("names") EndpointName one, @ForAll("names") EndpointName other, @ForAll String text) {
        int wanted = Integer.signum(one.key().compareTo(other.key()));
        assertThat(Integer.signum(one.compareTo(other))).isEqualTo(wanted);
        assertThat(Integer.signum(one.compareToKey(other.key()))).isEqualTo(wanted);
        assertThat(Integer.signum(one.compareToKey(text)))
                .isEqualTo(Integer.signum(one.key().compareTo(text)));
        for (int end = 0; end <= other.key().length(); end++) {
            var prefix = other.key().substring(0, end);
            assertThat(one.startsWith(prefix)).isEqualTo(one.key().startsWith(prefix));
            assertThat(Integer.signum(one.compareToKey(prefix)))
                    .isEqualTo(Integer.signum(one.key().compareTo(prefix)));
        }
    }

    @Test
    void a_table_shows_what_a_range_of_a_map_of_the_keys_would() {
        var names = new TreeMap<String, EndpointName>();
        var table = new RegistrationTable();
        for (var service : List.of("a", "a!", "aa", "b", "b.c")) {
            for (int port = 1; port <= 3; port++) {
                var name = new EndpointName(service, "h", "h:" + port);
                names.put(name.key(), name);
                table.put(new Registration(
                        Endpoint.of(name, Map.of()),
                        new SessionId(1, 1),
                        "c",
                        0,
                        1,
                        new Claim(Instant.EPOCH, true, Duration.ofSeconds(10), Optional.empty())));
            }
        }
        for (var prefix : List.of("", "a ", "a", "a! ", "aa h h:2", "b", "b. ", "c", "a h", " ")) {
            for (var after : List.of("", "a h h:2", "a", "aa", "b h h:3", "zz", " ", "a! h h:1")) {
                var expected = names.tailMap(after, false).keySet().stream()
                        .filter(key -> key.startsWith(prefix))
                        .toList();
                assertThat(table.keys(prefix, after, 100))
                        .as("\"%s\" after \"%s\"", prefix, after)
                        .isEqualTo(expected);
                assertThat(table.keys(prefix, after, 2))
                        .isEqualTo(expected.stream().limit(2).toList());
            }
        }
    }
}
