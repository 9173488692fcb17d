package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.Watches.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class WatchedTest {
    static final int DIGESTS = 3;

    /** Each step is a kind and a digest: who waits for it comes, goes, or all who wait for it are taken. */
    @Property(tries = 500)
    void who_waits_is_found_by_what_it_knows(
            @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 3 * DIGESTS - 1) Integer> steps) {
        var watched = new Watched<String>("s ");
        List<List<Watch<String>>> waiting = new ArrayList<>();
        for (int i = 0; i < DIGESTS; i++) {
            waiting.add(new ArrayList<>());
        }
        for (int step : steps) {
            long known = step % DIGESTS;
            var alike = waiting.get(step % DIGESTS);
            switch (step / DIGESTS) {
                case 0 -> {
                    var watch = new Watch<String>("s ", OptionalLong.of(known), _ -> {});
                    watched.add(watch);
                    alike.add(watch);
                }
                case 1 -> {
                    if (!alike.isEmpty()) {
                        watched.remove(alike.removeFirst());
                    }
                }
                default -> {
                    assertThat(watched.take(known)).containsExactlyElementsOf(alike);
                    alike.clear();
                }
            }
            boolean nobody = waiting.stream().allMatch(List::isEmpty);
            assertThat(watched.hasWaiting()).isEqualTo(!nobody);
            assertThat(watched.isEmpty()).isEqualTo(nobody);
            assertThat(watched.all())
                    .containsExactlyInAnyOrderElementsOf(
                            waiting.stream().flatMap(List::stream).toList());
        }
    }
}
