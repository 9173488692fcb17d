package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a server remembers of the identities that it gave. */
class IssuedIdentitiesTest {
    private static final Instant AT = Instant.parse("2026-06-01T00:00:00Z");

    private final IssuedIdentities issued = new IssuedIdentities();

    private static RegistrationEntry entry(String name) {
        return new RegistrationEntry(
                name,
                SpiffeId.parse("spiffe://example.org/" + name),
                new TreeSet<>(List.of("unix:uid:1001")),
                Optional.empty(),
                "",
                List.of(),
                "ann",
                3,
                AT);
    }

    @Test
    void an_entry_knows_how_many_it_gave_and_to_whom_last() {
        issued.add(entry("payments"), AT, AT.plusSeconds(60), "process 1");
        issued.add(entry("payments"), AT.plusSeconds(1), AT.plusSeconds(61), "process 2");

        var tally = issued.of("payments").orElseThrow();
        assertThat(tally.count()).isEqualTo(2);
        assertThat(tally.newest().to()).isEqualTo("process 2");
        assertThat(tally.newest().entry()).isEqualTo("payments@3");
        assertThat(issued.of("accounts")).isEmpty();
    }

    @Test
    void the_newest_come_first_and_are_bounded_while_the_counts_go_on() {
        IntStream.range(0, 1_000).forEach(i -> issued.add(entry("payments"), AT, AT, "process " + i));

        assertThat(issued.newest()).hasSize(IssuedIdentities.KEPT_MAX);
        assertThat(issued.newest().getFirst().to()).isEqualTo("process 999");
        assertThat(issued.of("payments").orElseThrow().count()).isEqualTo(1_000);
    }
}
