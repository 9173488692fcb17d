package dev.plinth.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.sdk.transactions.TransactionOptions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** What can be said wrongly when connecting is refused, and the error names it. */
final class OptionsTest {

    @Test
    void addresses_are_read_and_written_alike() {
        for (String text : List.of("127.0.0.1:7700", "server.example:1", "[::1]:65535", "localhost:0")) {
            assertThat(HostPort.parse(text)).hasToString(text);
        }
    }

    @Test
    void what_is_no_address_is_refused() {
        for (String text : List.of("", "host", "host:", ":1", "host:x", "host:65536", "host:-1", "::1:7700", " :1")) {
            assertThatThrownBy(() -> HostPort.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_name_that_the_wire_would_take_apart_is_refused() {
        for (String name : List.of("", "a:b", "a,b", "a b", "x".repeat(65), "ä")) {
            assertThatThrownBy(() -> PlinthOptions.of(name))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("application");
        }
        assertThatThrownBy(() -> TransactionOptions.of("a:b", new HostPort("h", 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void time_outs_out_of_their_range_are_refused() {
        PlinthOptions options = PlinthOptions.of("bank");
        assertThatThrownBy(() -> options.withCallTimeout(Duration.ZERO)).hasMessageContaining("callTimeout");
        assertThatThrownBy(() -> options.withCallTimeout(Duration.ofHours(2))).hasMessageContaining("callTimeout");
        assertThatThrownBy(options::withServers).hasMessageContaining("servers");
    }

    @Property
    void delays_double_up_to_the_maximum_with_jitter_of_a_half(
            @ForAll @IntRange(min = 1, max = 100) int failures, @ForAll long seed) {
        Backoff backoff = new Backoff(Duration.ofMillis(10), Duration.ofSeconds(2));
        Duration bound = Duration.ofMillis(Math.min(2_000, 10L << Math.min(failures - 1, 20)));
        assertThat(backoff.delay(failures, new Random(seed))).isBetween(bound.dividedBy(2), bound);
    }
}
