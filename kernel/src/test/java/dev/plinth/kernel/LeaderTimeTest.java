package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LeaderTimeTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Hands hands = new Hands();

    @Test
    void the_first_stamp_is_the_walls_time() {
        assertThat(new LeaderTime(hands, Instant.EPOCH).now()).isEqualTo(START);
    }

    @Test
    void a_leader_whose_wall_is_behind_the_log_goes_on_from_the_log() {
        var last = START.plusSeconds(60);

        assertThat(new LeaderTime(hands, last).now()).isEqualTo(last);
    }

    @Test
    void a_wall_that_jumps_is_followed_by_one_percent_of_the_time_that_passes() {
        var time = new LeaderTime(hands, Instant.EPOCH);
        hands.wall = hands.wall.plusSeconds(3_600);

        for (int i = 0; i < 1_000; i++) {
            hands.pass(Duration.ofMillis(1));
            time.now();
        }

        assertThat(Duration.between(START, time.now())).isBetween(Duration.ofMillis(1_009), Duration.ofMillis(1_010));
    }

    @Test
    void a_wall_that_was_left_behind_is_reached_by_going_slower() {
        var time = new LeaderTime(hands, START.plusMillis(10));

        for (int i = 0; i < 2_000; i++) {
            hands.pass(Duration.ofMillis(1));
            time.now();
        }

        assertThat(Duration.between(hands.wall, time.now()).abs()).isLessThan(Duration.ofNanos(10));
    }

    @Test
    void the_wall_is_followed_at_a_stamp_every_fifty_nanoseconds_too() {
        var time = new LeaderTime(hands, Instant.EPOCH);
        hands.wall = hands.wall.plusSeconds(3_600);

        for (int i = 0; i < 1_000_000; i++) {
            hands.pass(Duration.ofNanos(50));
            time.now();
        }

        assertThat(Duration.between(START, time.now()).toNanos()).isGreaterThan(50_000_000 + 400_000);
    }

    @Property(tries = 200)
    void a_stamp_never_goes_back_and_never_runs_faster_than_time_and_one_percent(
            @ForAll @Size(max = 100) List<@IntRange(max = 2_000_000) Integer> nanos,
            @ForAll @Size(max = 100) List<@IntRange(min = -100_000, max = 100_000) Integer> jumpsMillis) {
        var time = new LeaderTime(hands, Instant.EPOCH);
        var before = time.now();
        for (int i = 0; i < nanos.size(); i++) {
            hands.pass(Duration.ofNanos(nanos.get(i)));
            hands.wall = hands.wall.plusMillis(i < jumpsMillis.size() ? jumpsMillis.get(i) : 0);
            var now = time.now();
            assertThat(Duration.between(before, now).toNanos()).isBetween(0L, nanos.get(i) * 102L / 100 + 20_002);
            before = now;
        }
    }

    /** A wall and a nanoTime that stand still until told. */
    private static final class Hands implements Clock {
        private Instant wall = START;
        private long nanos;

        void pass(Duration duration) {
            wall = wall.plus(duration);
            nanos += duration.toNanos();
        }

        @Override
        public Instant wall() {
            return wall;
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public Alarm schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException("no alarms here");
        }
    }
}
