package dev.plinth.trust.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.SimulatedClock;
import java.security.SecureRandom;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TimedNoncesTest {
    private final SimulatedClock clock = new SimulatedClock();
    private final TimedNonces nonces = another();

    private TimedNonces another() {
        return new TimedNonces("nonce", "was given out here", new SecureRandom(), clock);
    }

    private void refused(byte[] nonce, String reason) {
        assertThatThrownBy(() -> nonces.demand(nonce))
                .isInstanceOf(RefusedProof.class)
                .hasMessageStartingWith("nonce: expected one that ")
                .hasMessageContaining(reason);
    }

    @Test
    void one_is_known_for_a_minute_as_often_as_it_comes() throws RefusedProof {
        var nonce = nonces.next();
        clock.advance(TimedNonces.LIFE.minusMillis(1));
        nonces.demand(nonce);
        nonces.demand(nonce);
        assertThat(nonces.ends(nonce)).isEqualTo(clock.wall().plusMillis(1));
        clock.advance(Duration.ofMillis(1));
        refused(nonce, "not older than 60 s, found one of 60000 ms");
    }

    @Test
    void a_wall_clock_that_jumps_makes_none_older_or_younger() throws RefusedProof {
        var nonce = nonces.next();
        clock.jumpWall(TimedNonces.LIFE.multipliedBy(2));
        nonces.demand(nonce);
        assertThat(nonces.use(nonce)).isEqualTo(TimedNonces.Use.FIRST);
        clock.jumpWall(TimedNonces.LIFE.multipliedBy(2));
        assertThat(nonces.use(nonces.next())).isEqualTo(TimedNonces.Use.FIRST);
        clock.jumpWall(TimedNonces.LIFE.multipliedBy(-4));
        nonces.demand(nonce);
        assertThat(nonces.use(nonce)).as("it is not forgotten").isEqualTo(TimedNonces.Use.REPLAY);
    }

    @Test
    void one_of_before_the_start_one_of_another_length_and_one_with_a_changed_bit_are_refused() {
        refused(another().next(), "was given out here, found another");
        refused(new byte[0], "was given out here, found another");
        for (int i = 0; i < 8 * TimedNonces.BYTES; i++) {
            var changed = nonces.next();
            changed[i / 8] ^= (byte) (1 << i % 8);
            refused(changed, "was given out here, found another");
        }
    }

    @Test
    void one_is_used_once_and_what_has_been_used_is_forgotten_when_it_is_good_no_more() {
        var nonce = nonces.next();
        assertThat(nonces.use(nonce)).isEqualTo(TimedNonces.Use.FIRST);
        assertThat(nonces.use(nonce.clone())).isEqualTo(TimedNonces.Use.REPLAY);
        for (int i = 1; i < TimedNonces.USED_MAX; i++) {
            nonces.use(nonces.next());
        }
        assertThat(nonces.use(nonces.next())).isEqualTo(TimedNonces.Use.NO_ROOM);
        assertThat(nonces.use(nonce)).isEqualTo(TimedNonces.Use.REPLAY);
        clock.advance(TimedNonces.LIFE);
        assertThat(nonces.use(nonces.next())).isEqualTo(TimedNonces.Use.FIRST);
    }
}
