package dev.plinth.bank.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PacerTest {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000 * MILLI;

    @Test
    void moments_are_evenly_spaced_when_clients_keep_up() {
        Pacer pacer = new Pacer(100);

        assertThat(pacer.take(5 * SECOND)).isEqualTo(5 * SECOND);
        assertThat(pacer.take(5 * SECOND)).isEqualTo(5 * SECOND + 10 * MILLI);
        assertThat(pacer.take(5 * SECOND + 19 * MILLI)).isEqualTo(5 * SECOND + 20 * MILLI);
    }

    @Test
    void a_client_that_is_late_gets_the_moment_at_which_it_should_have_begun() {
        Pacer pacer = new Pacer(100);
        pacer.take(0);

        assertThat(pacer.take(SECOND / 2)).isEqualTo(10 * MILLI);
        assertThat(pacer.take(SECOND / 2)).isEqualTo(20 * MILLI);
        assertThat(pacer.takeLeftOut()).isZero();
    }

    @Test
    void what_is_more_than_a_second_late_is_left_out_and_counted() {
        Pacer pacer = new Pacer(100);
        pacer.take(0);

        assertThat(pacer.take(10 * SECOND)).isEqualTo(9 * SECOND);
        assertThat(pacer.takeLeftOut()).isEqualTo(899);
        assertThat(pacer.takeLeftOut()).isZero();
    }

    @Test
    void without_a_rate_every_moment_is_now() {
        Pacer pacer = new Pacer(0);

        assertThat(pacer.take(5)).isEqualTo(5);
        assertThat(pacer.take(7)).isEqualTo(7);
    }

    @Test
    void a_new_rate_begins_at_once() {
        Pacer pacer = new Pacer(1);
        pacer.take(0);
        pacer.take(0);
        pacer.setRate(1_000);

        assertThat(pacer.take(MILLI)).isEqualTo(MILLI);
        assertThat(pacer.take(MILLI)).isEqualTo(2 * MILLI);
        assertThatThrownBy(() -> pacer.setRate(-1)).hasMessageContaining("rate: -1");
        assertThatThrownBy(() -> pacer.setRate(Double.NaN)).hasMessageContaining("rate: NaN");
    }
}
