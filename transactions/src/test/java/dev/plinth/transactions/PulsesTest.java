package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.SimulatedClock;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PulsesTest {
    @ParameterizedTest
    @ValueSource(doubles = {0.98, 1, 1.02})
    void each_second_is_closed_once_also_when_the_walls_clock_is_slow_or_fast(double rate) {
        var clock = new SimulatedClock();
        clock.wallRate(rate);
        try (var pulses = new Pulses(clock)) {
            pulses.start();
            for (int i = 0; i < 20; i++) {
                pulses.begun();
                clock.advance(Duration.ofSeconds(1));
            }

            var seconds = pulses.last().stream().map(TransactionPulse::second).toList();
            assertThat(seconds).hasSizeBetween(18, 21).doesNotHaveDuplicates().isSorted();
            assertThat(pulses.last().stream().mapToLong(TransactionPulse::begun).sum())
                    .isBetween(18L, 20L);
        }
    }
}
