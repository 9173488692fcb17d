package dev.plinth.wire.seata;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LockWaitTest {
    @Test
    void a_wait_is_read_as_it_was_written_in_steps_of_a_tenth_of_a_second_rounded_up() {
        assertThat(LockWait.of(LockWait.applicationData(Duration.ofSeconds(3)))).isEqualTo(Duration.ofSeconds(3));
        assertThat(LockWait.of(LockWait.applicationData(Duration.ofMillis(2_901))))
                .isEqualTo(Duration.ofSeconds(3));
        assertThat(LockWait.of(LockWait.applicationData(Duration.ofHours(1)))).isEqualTo(LockWait.MAX);
    }

    @Test
    void who_is_not_to_be_waited_for_says_nothing() {
        assertThat(LockWait.applicationData(Duration.ZERO)).isEmpty();
        assertThat(LockWait.of("")).isZero();
    }

    @Test
    void what_seatas_clients_say_is_no_wait_and_a_longer_one_than_the_longest_is_cut() {
        assertThat(LockWait.of("{\"autoCommit\":false}")).isZero();
        assertThat(LockWait.of("{\"plinth.lockWaitMs\":9999999}")).isEqualTo(LockWait.MAX);
    }
}
