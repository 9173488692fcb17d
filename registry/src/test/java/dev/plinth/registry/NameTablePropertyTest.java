package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class NameTablePropertyTest {
    private static EndpointName name(int number) {
        // Texts of one hash among them, so that names lie on one another's places.
        var service = List.of("Aa", "BB", "svc", "other", "C#", "Bb").get(number % 6) + number / 48;
        return new EndpointName(service, "tcp", "10.0.0." + number % 8 + ":80");
    }

    @Property(tries = 300)
    void whatIsAddedAndNotRemovedIsThere(
            @ForAll @Size(max = 200) List<@IntRange(min = -383, max = 383) Integer> steps) {
        var table = new NameTable();
        Set<EndpointName> expected = new HashSet<>();
        for (int step : steps) {
            var name = name(Math.abs(step));
            if (step < 0) {
                assertThat(table.remove(name)).isEqualTo(expected.remove(name));
            } else {
                table.add(name);
                expected.add(name);
            }
        }

        assertThat(table.list()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(table.size()).isEqualTo(expected.size());
        for (int i = 0; i < 384; i++) {
            assertThat(table.contains(name(i))).isEqualTo(expected.contains(name(i)));
            var service = name(i).service();
            assertThat(table.of(service))
                    .containsExactlyInAnyOrderElementsOf(expected.stream()
                            .filter(name -> name.service().equals(service))
                            .toList());
        }
    }
}
