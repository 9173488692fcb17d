package dev.plinth.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.Fault;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShrinkingTest {
    private static Fault fault(int step) {
        return new Fault(step, Fault.Kind.KILL, 0, 17);
    }

    private static List<Fault> faults(int count) {
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            faults.add(fault(i));
        }
        return faults;
    }

    @Test
    void what_a_failure_needs_is_all_that_is_left_of_a_schedule() {
        var needed = List.of(fault(7), fault(31), fault(60));
        var shrinking = new Shrinking(schedule -> schedule.containsAll(needed));

        assertThat(shrinking.shortest(faults(64))).isEqualTo(needed);
        assertThat(shrinking.lives()).isLessThan(Shrinking.LIVES_MAX);
    }

    @Test
    void a_failure_that_needs_no_fault_is_left_with_none() {
        assertThat(new Shrinking(_ -> true).shortest(faults(64))).isEmpty();
    }

    @Test
    void it_gives_up_after_a_bounded_number_of_lives() {
        var shrinking = new Shrinking(schedule -> schedule.size() == 1_000);

        assertThat(shrinking.shortest(faults(1_000))).hasSize(1_000);
        assertThat(shrinking.lives()).isEqualTo(Shrinking.LIVES_MAX);
    }

    @Test
    void a_fault_is_read_as_it_is_written() {
        for (var kind : Fault.Kind.values()) {
            var fault = new Fault(4711, kind, 2, 99);
            assertThat(Fault.parse(fault.toString())).isEqualTo(fault);
        }
        assertThatThrownBy(() -> Fault.parse("4711:earthquake@0/1"))
                .hasMessage("a fault is written step:kind@member/salt, not '4711:earthquake@0/1'");
    }
}
