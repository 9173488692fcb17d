package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What watchers and callers see of a partition on an inbox. */
class PartitionWatchTest {

    private final ArrayDeque<Runnable> thread = new ArrayDeque<>();
    private final SystemClock clock = new SystemClock();
    private final Partition<Board, String, String, Void, String> partition =
            Partition.soft(new Board(), new Inbox<>(42, thread::add, clock), Performer.none(), clock);
    private final List<Watcher.Batch<String>> batches = new ArrayList<>();

    private void run() {
        while (!thread.isEmpty()) {
            thread.remove().run();
        }
    }

    @Test
    void a_watcher_gets_a_snapshot_and_then_each_change_at_its_revision() {
        var _ = partition.submit("a=1");
        var watch = partition.watch("", batches::add);
        watch.next();
        watch.next();
        run();
        assertThat(batches)
                .containsExactly(new Watcher.Batch<>(
                        new Revision(42, 1), true, true, List.of(new Watcher.Item<>("a", Optional.of("1")))));

        var _ = partition.submit("b=2");
        run();
        assertThat(batches.getLast())
                .isEqualTo(new Watcher.Batch<>(
                        new Revision(42, 2), false, true, List.of(new Watcher.Item<>("b", Optional.of("2")))));
    }

    @Test
    void an_outcome_is_known_before_watchers_are_told() {
        var watch = partition.watch("", batches::add);
        watch.next();
        watch.next();
        run();
        var told = new ArrayList<Integer>();
        var _ = partition.submit("a=1").thenAccept(_ -> told.add(batches.size()));
        run();
        assertThat(told).containsExactly(1);
        assertThat(batches).hasSize(2);
    }

    @Test
    void a_partition_that_broke_shows_watchers_nothing_more() {
        var watch = partition.watch("", batches::add);
        watch.next();
        run();
        var broken = partition.submit("break");
        assertThatThrownBy(this::run).isInstanceOf(EngineBroken.class);
        assertThat(broken).isCompletedExceptionally();

        watch.next();
        var late = partition.watch("", batches::add);
        late.next();
        run();
        assertThat(batches).hasSize(1);
    }

    @Test
    void a_watcher_that_throws_harms_neither_the_caller_nor_the_engine() {
        var reported = new ArrayList<Throwable>();
        var self = Thread.currentThread();
        var before = self.getUncaughtExceptionHandler();
        self.setUncaughtExceptionHandler((_, failure) -> reported.add(failure));
        try {
            var watch = partition.watch("", batch -> {
                if (!batch.reset()) {
                    throw new RejectedExecutionException("its pool is closed");
                }
            });
            watch.next();
            watch.next();
            var outcome = partition.submit("a=1");
            run();
            assertThat(outcome).isCompletedWithValue("1");
            assertThat(reported).hasSize(1);
            var next = partition.submit("a=2");
            run();
            assertThat(next).isCompletedWithValue("2");
        } finally {
            self.setUncaughtExceptionHandler(before);
        }
    }

    @Test
    void after_the_end_a_watcher_may_still_ask_and_close_though_the_thread_is_gone() {
        var gone = new ArrayDeque<Runnable>();
        var inbox = new Inbox<String>(
                42,
                task -> {
                    if (gone.size() == 2) {
                        throw new RejectedExecutionException("the thread is gone");
                    }
                    gone.add(task);
                },
                clock);
        // Its two tasks: to lead, and to stop.
        var ended = Partition.soft(new Board(), inbox, Performer.none(), clock);
        var watch = ended.watch("", batches::add);
        ended.close();

        watch.next();
        watch.close();
        ended.close();
        assertThat(ended.submit("a=1")).isCompletedExceptionally();
        assertThat(ended.read(_ -> 1)).isCompletedExceptionally();
    }

    @Test
    void reads_that_wait_are_bounded_as_inputs_are() {
        List<CompletableFuture<Integer>> reads = new ArrayList<>();
        for (int i = 0; i <= Limits.PENDING_INPUTS_MAX; i++) {
            reads.add(partition.read(_ -> 1));
        }
        assertThat(reads.getLast()).isCompletedExceptionally();
        run();
        assertThat(reads.getFirst()).isCompletedWithValue(1);
        assertThat(partition.read(_ -> 1)).isNotDone();
    }

    /** Many callers while the partition ends, and its thread with it: each of them is told, one way or the other. */
    @Test
    @Timeout(30)
    void whoever_calls_while_the_partition_ends_gets_an_answer() throws InterruptedException {
        for (int round = 0; round < 50; round++) {
            var engine = SerialThread.named("engine");
            var ending = Partition.soft(new Board(), new Inbox<>(42, engine, clock), Performer.none(), clock);
            List<CompletableFuture<?>> answers = new ArrayList<>();
            var caller = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 2_000; i++) {
                    answers.add(i % 2 == 0 ? ending.submit("a=" + i) : ending.read(_ -> 1));
                }
            });
            var first = ending.submit("first=1");
            assertThat(first.join()).isEqualTo("1");
            ending.close();
            engine.close();
            caller.join();
            for (var answer : answers) {
                var outcome = answer.handle((_, failure) -> failure).orTimeout(10, TimeUnit.SECONDS);
                var failure = outcome.join();
                if (failure != null) {
                    assertThat(failure instanceof CompletionException e ? e.getCause() : failure)
                            .isInstanceOf(Refused.class);
                }
            }
        }
    }

    /** Keys and values: "key=value" sets one, "break" breaks the engine. */
    private static final class Board implements Engine<String, String, Void, String> {
        private final TreeMap<String, String> state = new TreeMap<>();

        @Override
        public String apply(String command, Context<Void> context) {
            int equals = command.indexOf('=');
            if (equals < 0) {
                throw new IllegalStateException("broken as asked");
            }
            var key = command.substring(0, equals);
            var value = command.substring(equals + 1);
            state.put(key, value);
            context.changed(key);
            return value;
        }

        @Override
        public void tick(Context<Void> context) {}

        @Override
        public Optional<Instant> nextDeadline() {
            return Optional.empty();
        }

        @Override
        public Optional<String> view(String key) {
            return Optional.ofNullable(state.get(key));
        }

        @Override
        public List<String> keys(String prefix, String after, int limit) {
            return state.tailMap(after, false).keySet().stream()
                    .filter(key -> key.startsWith(prefix))
                    .limit(limit)
                    .toList();
        }

        @Override
        public Snapshot snapshot() {
            throw new UnsupportedOperationException("a soft engine");
        }

        @Override
        public void restore(InputStream state) {
            throw new UnsupportedOperationException("a soft engine");
        }
    }
}
