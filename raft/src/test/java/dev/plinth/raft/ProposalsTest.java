package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProposalsTest {
    private static final RaftMember SELF = new RaftMember("127.0.0.1", 1);
    private static final RaftMember OTHER = new RaftMember("127.0.0.1", 2);
    private static final int BATCH_BYTES_MAX = 1_000;

    private record Sent(Route route, Batch.Inputs batch, Consumer<Fate> fate) {}

    /** Who waits. */
    private static final class Answer implements Journal.Ticket {
        private @Nullable Refused refused;

        @Override
        public void refused(Refused reason) {
            assertThat(refused).isNull();
            refused = reason;
        }

        Refused.Code code() {
            return Optional.ofNullable(refused).orElseThrow().code();
        }
    }

    /** Time that passes when the test says so. */
    private static final class HandClock implements Clock {
        private long nanos = 1;
        private final List<Runnable> alarms = new ArrayList<>();

        @Override
        public Instant wall() {
            return Instant.EPOCH.plusNanos(nanos);
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public Alarm schedule(Duration delay, Runnable task) {
            alarms.add(task);
            return () -> alarms.remove(task);
        }

        void pass(Duration time) {
            nanos += time.toNanos();
            var due = List.copyOf(alarms);
            alarms.clear();
            due.forEach(Runnable::run);
        }
    }

    private final HandClock clock = new HandClock();
    private final List<Sent> sent = new ArrayList<>();
    private final Proposals<String> proposals = new Proposals<>(
            "group",
            7,
            BATCH_BYTES_MAX,
            (route, batch, fate) -> sent.add(new Sent(route, (Batch.Inputs) Batch.read(batch), fate)),
            Runnable::run,
            clock);

    private Answer propose(int bytes) {
        var answer = new Answer();
        proposals.propose(new Input.Tick<>(), ByteBuffer.allocate(bytes), answer);
        return answer;
    }

    private Sent last() {
        return sent.getLast();
    }

    private int applied(Sent what) {
        int found = 0;
        for (var waiting : proposals.applied(what.batch())) {
            if (waiting != null) {
                proposals.done(waiting);
                found++;
            }
        }
        return found;
    }

    @Test
    void what_comes_before_there_is_a_leader_waits_for_one_and_leaves_in_order() {
        propose(10);
        propose(20);
        assertThat(sent).isEmpty();
        proposals.termBegan(new Route(1, OTHER));

        assertThat(last().route()).isEqualTo(new Route(1, OTHER));
        assertThat(last().batch().envelopes()).extracting(ByteBuffer::remaining).containsExactly(10, 20);
    }

    @Test
    void a_batch_takes_only_so_much() {
        for (int i = 0; i < 5; i++) {
            propose(300);
        }
        proposals.termBegan(new Route(1, SELF));

        assertThat(sent).extracting(batch -> batch.batch().envelopes().size()).containsExactly(3, 2);
        assertThat(sent).extracting(batch -> batch.batch().first()).containsExactly(1L, 4L);
    }

    @Test
    void what_comes_while_batches_are_under_way_gathers_until_it_is_half_as_much() {
        proposals.termBegan(new Route(1, SELF));
        for (int i = 0; i < 8; i++) {
            propose(10);
        }
        assertThat(sent).extracting(batch -> batch.batch().envelopes().size()).containsExactly(1, 1, 1, 2);
        sent.forEach(this::applied);
        List.copyOf(sent).forEach(each -> each.fate().accept(new Fate.Ordered()));

        assertThat(sent).hasSize(5);
        assertThat(last().batch().envelopes()).hasSize(3);
    }

    @Test
    void a_leader_that_takes_nothing_is_asked_again_after_a_pause_and_whoever_sends_is_free_meanwhile() {
        var asked = new AtomicInteger();
        var refusing = new Proposals<String>(
                "group",
                7,
                BATCH_BYTES_MAX,
                (_, _, fate) -> {
                    asked.incrementAndGet();
                    fate.accept(new Fate.NotOrdered("it leads no more"));
                },
                Runnable::run,
                clock);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            refusing.termBegan(new Route(1, SELF));
            for (int i = 0; i < 3; i++) {
                refusing.propose(new Input.Tick<>(), ByteBuffer.allocate(10), null);
            }
            assertThat(asked).hasValue(1);
            clock.pass(Duration.ofMillis(10));
            assertThat(asked).hasValue(2);
            refusing.termBegan(new Route(2, OTHER));
            assertThat(asked).as("a new leader is asked at once").hasValue(3);
        });
    }

    @Test
    void what_was_surely_not_ordered_is_sent_again_under_its_number() {
        proposals.termBegan(new Route(1, SELF));
        propose(10);
        sent.getFirst().fate().accept(new Fate.NotOrdered("busy"));
        clock.pass(Duration.ofMillis(20));

        assertThat(sent).hasSize(2);
        assertThat(last().batch().first()).isEqualTo(sent.getFirst().batch().first());
        assertThat(applied(last())).isEqualTo(1);
    }

    @Test
    void what_may_have_been_ordered_waits_for_a_later_term_and_is_then_sent_again() {
        proposals.termBegan(new Route(1, OTHER));
        var answer = propose(10);
        sent.getFirst().fate().accept(new Fate.Unknown("the connection broke"));
        clock.pass(Duration.ofSeconds(3));
        assertThat(sent).hasSize(1);
        proposals.termBegan(new Route(2, SELF));

        assertThat(sent).hasSize(2);
        assertThat(last().route()).isEqualTo(new Route(2, SELF));
        assertThat(applied(last())).isEqualTo(1);
        assertThat(answer.refused).isNull();
    }

    @Test
    void what_was_ordered_in_the_old_term_is_not_sent_again_in_the_new_one() {
        proposals.termBegan(new Route(1, OTHER));
        propose(10);
        sent.getFirst().fate().accept(new Fate.Unknown("the leader died"));
        assertThat(applied(sent.getFirst())).isEqualTo(1);
        proposals.termBegan(new Route(2, SELF));

        assertThat(sent).hasSize(1);
        assertThat(proposals.waiting()).isZero();
    }

    @Test
    void an_answer_that_comes_after_a_new_term_began_changes_nothing() {
        proposals.termBegan(new Route(1, OTHER));
        propose(10);
        proposals.termBegan(new Route(2, SELF));
        assertThat(sent).hasSize(2);
        sent.getFirst().fate().accept(new Fate.NotOrdered("late"));
        clock.pass(Duration.ofMillis(20));

        assertThat(sent).hasSize(2);
        assertThat(applied(last())).isEqualTo(1);
    }

    @Test
    void without_a_leader_for_too_long_what_was_not_sent_is_refused_with_a_hint() {
        var answer = propose(10);
        clock.pass(Proposals.PATIENCE.plusMillis(1));

        assertThat(answer.code()).isEqualTo(Refused.Code.NOT_LEADER);
        assertThat(Optional.ofNullable(answer.refused).flatMap(Refused::retryAfter))
                .isPresent();
        assertThat(proposals.waiting()).isZero();
        proposals.termBegan(new Route(1, SELF));
        assertThat(sent).isEmpty();
    }

    @Test
    void what_was_sent_and_not_heard_of_is_unknown_in_the_end() {
        proposals.termBegan(new Route(1, OTHER));
        var answer = propose(10);
        clock.pass(Proposals.PATIENCE_SENT.plusMillis(1));

        assertThat(answer.code()).isEqualTo(Refused.Code.UNKNOWN);
        assertThat(applied(sent.getFirst())).isZero();
    }

    @Test
    void what_a_snapshot_may_contain_is_unknown() {
        proposals.termBegan(new Route(1, OTHER));
        var answer = propose(10);
        proposals.skippedTo(new Route(3, SELF));
        var later = propose(10);

        assertThat(answer.code()).isEqualTo(Refused.Code.UNKNOWN);
        assertThat(later.refused).isNull();
        assertThat(last().route()).isEqualTo(new Route(3, SELF));
    }

    @Test
    void too_much_is_refused_at_once_with_a_hint() {
        for (int i = 0; i < Limits.PENDING_INPUTS_MAX; i++) {
            assertThat(propose(1).refused).isNull();
        }
        var answer = propose(1);

        assertThat(answer.code()).isEqualTo(Refused.Code.OVERLOADED);
        assertThat(Optional.ofNullable(answer.refused).flatMap(Refused::retryAfter))
                .isPresent();
    }

    @Test
    void at_the_end_what_was_sent_is_unknown_and_the_rest_is_refused() {
        proposals.termBegan(new Route(1, OTHER));
        var gone = propose(10);
        proposals.skippedTo(null);
        List<Answer> underWay = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            underWay.add(propose(10));
        }
        var waits = propose(10);
        proposals.close(new Refused(Refused.Code.STOPPED, "closed"));

        assertThat(gone.code()).isEqualTo(Refused.Code.UNKNOWN);
        assertThat(underWay).extracting(Answer::code).containsOnly(Refused.Code.UNKNOWN);
        assertThat(waits.code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(propose(10).code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(proposals.waiting()).isZero();
    }
}
