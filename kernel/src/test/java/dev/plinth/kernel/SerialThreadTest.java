package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One task after the other, whoever runs them. */
class SerialThreadTest {

    @Test
    void tasks_of_several_threads_run_one_at_a_time_and_each_threads_own_in_their_order() throws Exception {
        int threads = 4;
        int each = 20_000;
        var serial = SerialThread.named("serial");
        var running = new AtomicInteger();
        var wrong = new AtomicInteger();
        // Of the turn only: no lock, no volatile.
        int[] last = new int[threads];
        List<Thread> callers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int caller = t;
            callers.add(Thread.ofPlatform().start(() -> {
                for (int i = 1; i <= each; i++) {
                    int number = i;
                    Runnable task = () -> {
                        if (running.incrementAndGet() != 1 || last[caller] != number - 1) {
                            wrong.incrementAndGet();
                        }
                        last[caller] = number;
                        running.decrementAndGet();
                    };
                    if (caller % 2 == 0) {
                        serial.executeHere(task);
                    } else {
                        serial.execute(task);
                    }
                }
            }));
        }
        for (var caller : callers) {
            caller.join();
        }
        serial.close();
        assertThat(serial.awaitEnd(60)).isTrue();
        assertThat(wrong).hasValue(0);
        assertThat(last).containsOnly(each);
    }

    @Test
    void who_comes_when_nothing_is_to_be_done_does_it_himself_and_others_wait_for_the_thread() throws Exception {
        try (var serial = SerialThread.named("serial")) {
            var ranOn = new CompletableFuture<Thread>();
            var later = new CompletableFuture<Thread>();
            serial.executeHere(() -> {
                ranOn.complete(Thread.currentThread());
                serial.executeHere(() -> later.complete(Thread.currentThread()));
                assertThat(later).isNotDone();
            });
            assertThat(ranOn.join()).isSameAs(Thread.currentThread());
            assertThat(later.join().getName()).isEqualTo("serial");
        }
    }

    @Test
    void a_task_that_fails_takes_none_of_the_others_with_it() throws Exception {
        var serial = SerialThread.named("serial");
        var started = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var ran = new CompletableFuture<Boolean>();
        serial.execute(() -> {
            started.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Thread.currentThread().interrupt();
            throw new IllegalStateException("on purpose");
        });
        started.await();
        serial.execute(() -> ran.complete(true));
        serial.close();
        serial.execute(() -> ran.completeExceptionally(new IllegalStateException("came after the end")));
        release.countDown();
        assertThat(ran.join()).isTrue();
        assertThat(serial.awaitEnd(60)).isTrue();
    }
}
