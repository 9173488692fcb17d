package dev.plinth.wire.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryHintTest {
    private static final Metadata.Key<String> AS_ON_THE_WIRE =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    @Test
    void a_hint_is_the_trailer_that_grpc_knows_in_milliseconds() {
        var trailers = RetryHint.trailers(Optional.of(Duration.ofMillis(20)));

        assertThat(trailers.get(AS_ON_THE_WIRE)).isEqualTo("20");
        assertThat(RetryHint.of(trailers)).contains(Duration.ofMillis(20));
        assertThat(RetryHint.trailers(Optional.of(Duration.ofNanos(5))).get(AS_ON_THE_WIRE))
                .isEqualTo("1");
    }

    @Test
    void without_a_hint_there_is_no_trailer_and_what_is_no_number_is_no_hint() {
        assertThat(RetryHint.trailers(Optional.empty()).keys()).isEmpty();
        var other = new Metadata();
        other.put(AS_ON_THE_WIRE, "-1");

        assertThat(RetryHint.of(other)).isEmpty();
        assertThat(RetryHint.of(new Metadata())).isEmpty();
    }
}
