package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OneByOneTest {
    @Test
    void tasks_run_one_by_one_in_their_order_and_one_that_fails_does_not_end_the_row() throws Exception {
        List<Integer> ran = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var row = new OneByOne(
                    task -> {
                        var _ = threads.submit(task);
                    },
                    1_000);
            for (int i = 0; i < 1_000; i++) {
                int number = i;
                row.execute(() -> {
                    ran.add(number);
                    if (number % 100 == 7) {
                        throw new IllegalStateException("task " + number);
                    }
                });
            }
            var last = new CompletableFuture<Integer>();
            row.add(() -> last.complete(ran.size()));
            assertThat(last.get(1, TimeUnit.MINUTES)).isEqualTo(1_000);
        }

        assertThat(ran).hasSize(1_000).isSorted();
    }

    @Test
    void what_must_not_be_lost_is_taken_by_a_full_row_and_what_is_offered_is_not() {
        List<Runnable> begun = new ArrayList<>();
        List<String> ran = new ArrayList<>();
        var row = new OneByOne(begun::add, 1);
        assertThat(row.offer(() -> ran.add("first"))).isTrue();
        assertThat(row.offer(() -> ran.add("offered"))).isFalse();
        row.add(() -> ran.add("added"));

        begun.getFirst().run();

        assertThat(ran).containsExactly("first", "added");
    }

    @Test
    void a_row_takes_no_more_than_its_limit() {
        List<Runnable> begun = new ArrayList<>();
        var row = new OneByOne(begun::add, 2);
        row.execute(() -> {});
        row.execute(() -> {});

        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> row.execute(() -> {}))
                .withMessageContaining("2 tasks");
        begun.getFirst().run();
        row.execute(() -> {});
        assertThat(begun).hasSize(2);
    }
}
