package dev.plinth.registry.door.nacos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One client's requests, in their order. */
class InTurnTest {
    private final ArrayDeque<Runnable> handed = new ArrayDeque<>();
    private final InTurn turns = new InTurn(handed::add, 2);
    private final List<String> said = new ArrayList<>();

    @Test
    void what_is_over_at_once_runs_where_it_comes() {
        assertThat(turns.offer(quick("a"))).isTrue();
        assertThat(turns.offer(quick("b"))).isTrue();
        assertThat(said).containsExactly("a", "b");
        assertThat(handed).isEmpty();
    }

    @Test
    void what_comes_while_another_is_under_way_begins_when_that_is_over_and_elsewhere() {
        var ends = new ArrayList<Runnable>();
        turns.add(over -> {
            said.add("slow");
            ends.add(over);
        });
        turns.add(quick("a"));
        turns.add(quick("b"));
        assertThat(said).containsExactly("slow");
        ends.getFirst().run();
        assertThat(said).containsExactly("slow");
        runHanded();
        assertThat(said).containsExactly("slow", "a", "b");
        turns.add(quick("c"));
        assertThat(said).containsExactly("slow", "a", "b", "c");
    }

    @Test
    void a_thousand_that_are_over_at_once_need_no_deeper_stack_than_one() {
        turns.add(over -> {
            for (int i = 0; i < 1_000; i++) {
                turns.add(quick("" + i));
            }
            over.run();
        });
        assertThat(said).hasSize(1_000).endsWith("999");
    }

    @Test
    void beyond_the_limit_a_task_is_not_taken() {
        turns.addWaiting(() -> said.add("waiting"));
        assertThat(turns.offer(quick("a"))).isTrue();
        assertThat(turns.offer(quick("b"))).isTrue();
        assertThat(turns.offer(quick("c"))).isFalse();
        runHanded();
        assertThat(said).containsExactly("waiting", "a", "b");
    }

    @Test
    void one_that_fails_keeps_none_of_the_others() {
        turns.addWaiting(() -> {
            throw new IllegalStateException("on purpose");
        });
        turns.add(quick("a"));
        assertThatThrownBy(this::runHanded).hasMessage("on purpose");
        runHanded();
        assertThat(said).containsExactly("a");
    }

    @Test
    void nor_does_one_that_fails_where_it_came() {
        turns.addWaiting(() -> said.add("waiting"));
        turns.add(over -> {
            over.run();
            throw new IllegalStateException("on purpose");
        });
        turns.add(quick("a"));
        assertThatThrownBy(this::runHanded).hasMessage("on purpose");
        runHanded();
        assertThat(said).containsExactly("waiting", "a");
        turns.add(quick("b"));
        assertThat(said).containsExactly("waiting", "a", "b");
    }

    private InTurn.Task quick(String text) {
        return over -> {
            said.add(text);
            over.run();
        };
    }

    private void runHanded() {
        while (!handed.isEmpty()) {
            handed.remove().run();
        }
    }
}
