package dev.plinth.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.config.v1.Version;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;

/** Wall clocks that jump under the leader, who gives the log its time. */
final class ClockFaults {
    private static final int HOURS_MAX = 20;
    private static final int OPERATIONS = 100;

    /** What the log's time may gain or lose on the time that passes, and some milliseconds of rounding. */
    private static final double SLEW_MAX = 0.01;

    private static final double ROUNDING_MILLIS = 5;

    private ClockFaults() {}

    static String forward(Scene scene) {
        return jump(scene, Duration.ofHours(1 + scene.lots().nextInt(HOURS_MAX)));
    }

    static String back(Scene scene) {
        return jump(scene, Duration.ofHours(-1 - scene.lots().nextInt(HOURS_MAX)));
    }

    private static String jump(Scene scene, Duration by) {
        while (true) {
            var leader = scene.trio().awaitLeader();
            var calls = leader.server().calls();
            long before = calls.clocksHit();
            var first = Stamped.now(leader.server());
            calls.wallOffset(by);
            scene.clients().awaitAcknowledged(scene.trio().servers(), OPERATIONS);
            var second = Stamped.now(leader.server());
            long hit = calls.clocksHit() - before;
            calls.none();
            // A new leader's time may begin with its wall's; that is not what this is about.
            if (scene.trio().awaitLeader().equals(leader)) {
                assertThat(hit).as("looks at a clock that was wrong").isPositive();
                second.assertSlewedFrom(first);
                return leader + " looked " + hit + " times at a clock that was " + by.toHours() + " h off; of "
                        + (second.received() - first.received()) / 1_000_000 + " ms the log counted "
                        + (second.stampMillis() - first.stampMillis());
            }
        }
    }

    /** The log's time at some moment between two of this machine's. */
    private record Stamped(long stampMillis, long asked, long received) {
        static Stamped now(Server server) {
            var texts = new Texts(server.channel());
            long asked;
            do {
                asked = System.nanoTime();
            } while (!(texts.publish("clock", "time", Long.toString(asked), Optional.empty())
                    instanceof Texts.Answer.Changed));
            long received = System.nanoTime();
            var found = texts.get("clock", "time");
            assertThat(found).isInstanceOf(Texts.Answer.Found.class);
            var versions = ((Texts.Answer.Found) found).config().getVersionsList();
            assertThat(versions)
                    .as("stamps in the order of versions")
                    .isSortedAccordingTo(Comparator.comparingLong(Version::getAtMillis));
            return new Stamped(versions.getLast().getAtMillis(), asked, received);
        }

        void assertSlewedFrom(Stamped earlier) {
            double shortest = (asked - earlier.received) / 1e6;
            double longest = (received - earlier.asked) / 1e6;
            assertThat((double) (stampMillis - earlier.stampMillis))
                    .as("milliseconds of the log's time that passed, of " + shortest + " to " + longest)
                    .isBetween(shortest * (1 - SLEW_MAX) - ROUNDING_MILLIS, longest * (1 + SLEW_MAX) + ROUNDING_MILLIS);
        }
    }
}
