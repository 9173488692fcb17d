package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When an engine that waits for time gets its tick, whatever the journal does with it. */
class PartitionTicksTest {
    private static final Duration HOLD = Duration.ofSeconds(5);

    private final SimulatedClock clock = new SimulatedClock();
    private final ByHand journal = new ByHand();

    @BeforeEach
    void an_engine_waits_for_the_end_of_a_hold() throws IOException {
        Partition.durable(new Ledger(), journal, Ledger.CODECS, (_, _, _, _) -> {}, clock);
        journal.member.lead();
        journal.apply(new Ledger.Deposit(1, "anna", 10));
        journal.apply(new Ledger.Hold(2, "anna", 10, HOLD));
    }

    @Test
    void a_tick_comes_when_it_is_due_and_not_before() {
        clock.advance(HOLD.minusMillis(10));
        assertThat(journal.ticks).isEmpty();

        clock.advance(Duration.ofMillis(20));
        assertThat(journal.ticks).hasSize(1);
    }

    @Test
    void a_tick_that_was_lost_with_a_term_is_asked_for_again_by_who_leads_on() {
        clock.advance(HOLD.plusMillis(10));
        journal.ticks.getFirst().refused(new Refused(Refused.Code.UNKNOWN, "lost with its term"));

        clock.advance(Duration.ofSeconds(2));

        assertThat(journal.ticks).hasSize(2);
    }

    @Test
    void a_tick_that_was_refused_with_a_hint_is_asked_for_again_then() {
        clock.advance(HOLD.plusMillis(10));
        journal.ticks.getFirst().refused(Refused.overloaded("enough to do", Duration.ofMillis(20)));

        clock.advance(Duration.ofMillis(30));

        assertThat(journal.ticks).hasSize(2);
    }

    @Test
    void who_does_not_lead_any_more_asks_for_no_tick() {
        clock.advance(HOLD.plusMillis(10));
        journal.member.follow();
        journal.ticks.getFirst().refused(new Refused(Refused.Code.UNKNOWN, "lost with its leader"));

        clock.advance(Duration.ofMinutes(1));

        assertThat(journal.ticks).hasSize(1);
    }

    /** Keeps the ticks that are asked for, and applies what the test says. */
    private final class ByHand implements Journal<Ledger.Command> {
        private final List<Ticket> ticks = new ArrayList<>();
        private Member<Ledger.Command> member;
        private long index;

        void apply(Ledger.Command command) {
            index++;
            member.apply(
                    new Entry<>(new Revision(1, index), clock.wall(), new Input.Command<>(Optional.empty(), command)),
                    null);
        }

        @Override
        public void start(Member<Ledger.Command> consumer) {
            member = consumer;
        }

        @Override
        public void propose(Input<Ledger.Command> input, Ticket ticket) {
            assertThat(input).isInstanceOf(Input.Tick.class);
            ticks.add(ticket);
        }

        @Override
        public void read(Runnable query, Ticket ticket) {
            query.run();
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public Instant now() {
            return clock.wall();
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
