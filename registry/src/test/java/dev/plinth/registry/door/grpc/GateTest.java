package dev.plinth.registry.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GateTest {
    private final Gate gate = new Gate(2);
    private final List<String> inside = new ArrayList<>();

    private void ask(String who) {
        gate.ask(() -> inside.add(who));
    }

    private void leave(String who) {
        inside.remove(who);
        gate.leave();
    }

    @Test
    void so_many_are_let_in_and_the_others_when_one_leaves_in_the_order_in_which_they_came() {
        List.of("a", "b", "c", "d").forEach(this::ask);
        assertThat(inside).containsExactly("a", "b");
        leave("b");
        assertThat(inside).containsExactly("a", "c");
        leave("a");
        assertThat(inside).containsExactly("c", "d");
    }

    @Test
    void places_that_were_left_are_free_again() {
        ask("a");
        ask("b");
        leave("a");
        leave("b");
        List.of("c", "d", "e").forEach(this::ask);
        assertThat(inside).containsExactly("c", "d");
    }
}
