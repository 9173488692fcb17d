package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EffectsTest {
    private final SimulatedClock clock = new SimulatedClock();
    private final List<Journal.Ticket> proposed = new ArrayList<>();
    private final List<Performer.Attempt<String>> attempts = new ArrayList<>();
    private final Effects<String, String> effects =
            new Effects<>((id, effect, attempt, end) -> attempts.add(end), clock, new ByHand());

    @Test
    void a_late_result_of_an_attempt_that_was_given_up_does_not_end_the_one_that_is_under_way() {
        effects.lead();
        var id = effects.open("pay");
        effects.performNew();
        attempts.getFirst().result("busy");
        proposed.getFirst().refused(new Refused(Refused.Code.UNKNOWN, "lost its leader"));
        clock.advance(Effects.BACK_OFF_MAX);
        assertThat(attempts).hasSize(2);

        // The result was ordered all the same, and the engine left the effect open.
        effects.attemptEnded(id);
        clock.advance(Effects.BACK_OFF_MAX.multipliedBy(2));
        assertThat(attempts).as("two attempts would be under way at once").hasSize(2);

        attempts.get(1).result("busy");
        effects.attemptEnded(id);
        clock.advance(Effects.BACK_OFF_MAX);
        assertThat(attempts).hasSize(3);
    }

    /** Takes proposals, and leaves it to the test what comes of them. */
    private final class ByHand implements Journal<String> {
        @Override
        public void start(Member<String> member) {
            throw new UnsupportedOperationException("nothing is fed here");
        }

        @Override
        public void propose(Input<String> input, Ticket ticket) {
            proposed.add(ticket);
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
