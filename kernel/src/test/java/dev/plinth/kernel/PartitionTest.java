package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** A partition on an inbox, on one thread: the test's own. */
class PartitionTest {
    private final HandClock clock = new HandClock();
    private final ArrayDeque<Runnable> thread = new ArrayDeque<>();
    private final List<Call> calls = new ArrayList<>();
    private final Partition<Reminders, String, String, String, Integer> partition = Partition.soft(
            new Reminders(),
            new Inbox<>(42, thread::add, clock),
            (id, effect, attempt, end) -> calls.add(new Call(id, effect, attempt, end)),
            clock);

    private void run() {
        while (!thread.isEmpty()) {
            thread.remove().run();
        }
    }

    private String submit(String command) {
        var outcome = partition.submit(command);
        run();
        return outcome.join();
    }

    private static Refused.Code refusal(CompletableFuture<?> future) {
        return future.handle((_, problem) ->
                        ((Refused) (problem instanceof CompletionException e ? e.getCause() : problem)).code())
                .join();
    }

    @Test
    void a_command_completes_with_the_engines_outcome() {
        assertThat(submit("note a")).isEqualTo("noted a");
    }

    @Test
    void a_command_repeated_in_a_session_takes_place_once() {
        var session = partition.openSession();
        run();
        var id = new CommandId(session.join(), 1);

        var first = partition.submit(id, "note a");
        var second = partition.submit(id, "note a");
        run();

        assertThat(second.join()).isEqualTo(first.join());
        var count = partition.read(engine -> engine.counts.get("a"));
        run();
        assertThat(count.join()).isEqualTo(1);
    }

    @Test
    void a_command_of_a_closed_session_is_refused() {
        var session = partition.openSession();
        run();
        partition.closeSession(session.join());

        var late = partition.submit(new CommandId(session.join(), 1), "note a");
        run();

        assertThat(refusal(late)).isEqualTo(Refused.Code.SESSION_EXPIRED);
    }

    @Test
    void a_tick_comes_when_the_engine_wants_one_and_not_before() {
        submit("remind a in 5");
        clock.advance(Duration.ofSeconds(4));
        run();
        assertThat(calls).isEmpty();

        clock.advance(Duration.ofSeconds(2));
        run();

        assertThat(calls).extracting(Call::effect).containsExactly("ring a");
    }

    @Test
    void an_earlier_deadline_replaces_the_later_one() {
        submit("remind late in 60");
        submit("remind soon in 5");

        clock.advance(Duration.ofSeconds(6));
        run();

        assertThat(calls).extracting(Call::effect).containsExactly("ring soon");
        clock.advance(Duration.ofSeconds(60));
        run();
        assertThat(calls).extracting(Call::effect).containsExactly("ring soon", "ring late");
    }

    @Test
    void an_effect_is_tried_again_with_back_off_until_its_result_closes_it() {
        submit("ring a");
        calls.getLast().end.failed("nobody there");
        run();
        assertThat(calls).hasSize(1);

        clock.advance(Effects.BACK_OFF_FIRST);
        run();
        assertThat(calls).extracting(Call::attempt).containsExactly(1, 2);

        calls.getLast().end.result("rung " + calls.getLast().id.value());
        run();
        clock.advance(Effects.BACK_OFF_MAX.multipliedBy(2));
        run();
        assertThat(calls).hasSize(2);
    }

    @Test
    void back_off_ends_at_once_when_what_stood_in_the_way_is_gone() {
        submit("ring a");
        calls.getLast().end.failed("nobody there", Duration.ofHours(1));
        run();

        partition.retryEffects("ring a"::equals);
        run();

        assertThat(calls).hasSize(2);
    }

    @Test
    void a_result_that_comes_twice_reaches_the_engine_once() {
        submit("ring a");
        var end = calls.getLast().end;
        end.result("rung 1");
        end.result("rung 1");
        run();

        var rung = partition.read(engine -> engine.rung);
        run();
        assertThat(rung.join()).isEqualTo(1);
    }

    @Test
    void an_effect_that_its_engine_closed_is_not_performed_again() {
        submit("ring a");
        calls.getLast().end.failed("nobody there");
        submit("rung 1");

        clock.advance(Effects.BACK_OFF_MAX);
        run();

        assertThat(calls).hasSize(1);
    }

    @Test
    void a_result_that_leaves_its_effect_open_is_followed_by_another_attempt() {
        submit("ring a");
        calls.getLast().end.result("busy 1");
        run();
        clock.advance(Effects.BACK_OFF_FIRST);
        run();

        assertThat(calls).extracting(Call::attempt).containsExactly(1, 2);
    }

    @Test
    void effects_beyond_the_limit_wait_their_turn() {
        for (int i = 0; i <= Limits.EFFECTS_UNDER_WAY_MAX; i++) {
            submit("ring " + i);
        }
        assertThat(calls).hasSize(Limits.EFFECTS_UNDER_WAY_MAX);

        calls.getFirst().end.result("rung 1");
        run();

        assertThat(calls).hasSize(Limits.EFFECTS_UNDER_WAY_MAX + 1);
    }

    @Test
    void an_engine_that_breaks_an_invariant_stops_its_partition_and_says_so() {
        var broken = partition.submit("break");
        assertThatThrownBy(this::run).isInstanceOf(EngineBroken.class).hasMessageContaining("Reminders");
        var after = partition.submit("note a");
        run();

        assertThat(refusal(broken)).isEqualTo(Refused.Code.STOPPED);
        assertThat(refusal(after)).isEqualTo(Refused.Code.STOPPED);
    }

    @Test
    void a_closed_partition_refuses_and_leaves_nobody_waiting() {
        var waiting = partition.submit("note a");
        partition.close();
        var late = partition.submit("note b");
        var read = partition.read(engine -> engine.rung);
        run();

        assertThat(refusal(waiting)).isEqualTo(Refused.Code.STOPPED);
        assertThat(refusal(late)).isEqualTo(Refused.Code.STOPPED);
        assertThat(refusal(read)).isEqualTo(Refused.Code.STOPPED);
    }

    @Test
    void a_full_inbox_refuses_with_a_hint_when_to_try_again() {
        for (int i = 0; i < Limits.PENDING_INPUTS_MAX; i++) {
            partition.submit("note a");
        }

        var tooMany = partition.submit("note a");

        assertThat(tooMany).isCompletedExceptionally();
        assertThat(refusal(tooMany)).isEqualTo(Refused.Code.OVERLOADED);
        run();
        assertThat(submit("note a")).isEqualTo("noted a");
    }

    @Test
    void an_engines_version_only_grows() {
        var two = partition.upgrade(2);
        var one = partition.upgrade(1);
        run();

        assertThat(two.join()).isEqualTo(2);
        assertThat(one.join()).isEqualTo(2);
        assertThat(submit("version")).isEqualTo("2");
    }

    private record Call(EffectId id, String effect, int attempt, Performer.Attempt<String> end) {}

    /** Notes names, rings them now or later. */
    private static final class Reminders implements Engine<String, String, String, Integer> {
        private final TreeMap<String, Integer> counts = new TreeMap<>();
        private final TreeMap<Instant, String> due = new TreeMap<>();
        private int rung;

        @Override
        public String apply(String command, Context<String> context) {
            var words = command.split(" ");
            switch (words[0]) {
                case "note" -> {
                    counts.merge(words[1], 1, Integer::sum);
                    context.changed(words[1]);
                    return "noted " + words[1];
                }
                case "remind" -> due.put(context.now().plusSeconds(Long.parseLong(words[3])), words[1]);
                case "ring" -> context.open(command);
                case "rung" -> {
                    rung++;
                    context.close(new EffectId(Long.parseLong(words[1])));
                }
                case "busy" -> {}
                case "version" -> {
                    return Integer.toString(context.engineVersion());
                }
                default -> throw new IllegalStateException(command);
            }
            return "done";
        }

        @Override
        public void tick(Context<String> context) {
            while (!due.isEmpty() && !due.firstKey().isAfter(context.now())) {
                context.open("ring " + due.pollFirstEntry().getValue());
            }
        }

        @Override
        public Optional<Instant> nextDeadline() {
            return due.isEmpty() ? Optional.empty() : Optional.of(due.firstKey());
        }

        @Override
        public Optional<Integer> view(String key) {
            return Optional.ofNullable(counts.get(key));
        }

        @Override
        public List<String> keys(String prefix, String after, int limit) {
            return counts.tailMap(after, false).keySet().stream()
                    .filter(key -> key.startsWith(prefix))
                    .limit(limit)
                    .toList();
        }

        @Override
        public Snapshot snapshot() {
            throw new UnsupportedOperationException("soft");
        }

        @Override
        public void restore(InputStream state) {
            throw new UnsupportedOperationException("soft");
        }
    }

    /** Time that passes when the test says so. */
    private static final class HandClock implements Clock {
        private record Due(long at, long order, Runnable task) {}

        private final PriorityQueue<Due> alarms =
                new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
        private long nanos = 1;
        private long order;

        @Override
        public Instant wall() {
            return Instant.parse("2026-01-01T00:00:00Z").plusNanos(nanos);
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public Alarm schedule(Duration delay, Runnable task) {
            order++;
            var due = new Due(nanos + delay.toNanos(), order, task);
            alarms.add(due);
            return () -> alarms.remove(due);
        }

        void advance(Duration duration) {
            long end = nanos + duration.toNanos();
            while (!alarms.isEmpty() && alarms.element().at <= end) {
                nanos = alarms.element().at;
                alarms.remove().task.run();
            }
            nanos = end;
        }
    }
}
