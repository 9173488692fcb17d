package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see of three members, and how many groups share them. */
class ClusterTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void a_read_at_any_member_sees_whatever_was_acknowledged_at_any_member_before_also_while_the_lead_moves()
            throws Exception {
        try (var cluster = Cluster.of(3, directory, Cluster.NO_SNAPSHOTS)) {
            var acknowledged = new AtomicLong();
            var done = new AtomicBoolean();
            List<Thread> readers = new ArrayList<>();
            List<String> stale = Collections.synchronizedList(new ArrayList<>());
            var reads = new AtomicLong();
            for (var member : cluster.open) {
                readers.add(Thread.ofVirtual().start(() -> {
                    long last = 0;
                    while (!done.get()) {
                        long before = acknowledged.get();
                        long read = member.read("value");
                        if (read < before || read < last) {
                            stale.add("read " + read + ", acknowledged were " + before + ", read before " + last);
                        }
                        last = read;
                        reads.incrementAndGet();
                    }
                }));
            }
            // Until enough was read meanwhile, too: how fast one is beside the other is not what this proves.
            for (long value = 1; value <= 300 || reads.get() <= 100; value++) {
                var writer = cluster.open.get((int) (value % 3));
                Cluster.get(
                        writer.partition().submit(Numbers.Command.put(cluster.ids.incrementAndGet(), "value", value)));
                acknowledged.set(value);
                if (value % 100 == 50) {
                    moveLead(cluster);
                }
            }
            done.set(true);
            for (var reader : readers) {
                reader.join();
            }

            assertThat(stale).isEmpty();
            assertThat(reads.get()).isGreaterThan(100);
        }
    }

    private static void moveLead(Cluster cluster) {
        await().atMost(LONG).until(() -> {
            try {
                cluster.leader()
                        .node
                        .transferLead(Cluster.GROUP, cluster.follower().node.self());
                return true;
            } catch (Refused e) {
                return false;
            }
        });
    }

    @Test
    void the_lead_of_many_groups_is_spread_over_the_members() throws Exception {
        var groups = IntStream.range(0, 6).mapToObj(i -> "group-" + i).toList();
        try (var cluster = Cluster.of(3, directory, Cluster.NO_SNAPSHOTS, groups)) {
            await().atMost(LONG).untilAsserted(() -> {
                for (var member : cluster.open) {
                    assertThat(member.node.status())
                            .filteredOn(status -> status.role() == GroupStatus.Role.LEADER)
                            .hasSizeBetween(1, 3);
                }
            });
            for (int i = 0; i < groups.size(); i++) {
                var member = cluster.open.get(i % 3);
                Cluster.get(member.partitions.get(i).submit(Numbers.Command.add(i + 1, "sum", 1)));
            }
            assertThat(cluster.open.getFirst().node.status())
                    .allSatisfy(status -> assertThat(status.members()).hasSize(3));
        }
    }

    @Test
    void an_engine_that_breaks_stops_its_group_and_says_so() throws Exception {
        try (var cluster = Cluster.of(1, directory, Cluster.NO_SNAPSHOTS)) {
            var member = cluster.open.getFirst();
            Cluster.get(member.partition().submit(Numbers.Command.add(1, "sum", 1)));
            var twice = member.partition().submit(Numbers.Command.add(1, "sum", 1));

            assertThat(Cluster.failure(twice))
                    .isInstanceOfSatisfying(
                            Refused.class, refused -> assertThat(refused.code()).isEqualTo(Refused.Code.UNKNOWN));
            await().atMost(LONG).until(() -> member.status().role() == GroupStatus.Role.STOPPED);
            assertThat(member.status().trouble())
                    .hasValueSatisfying(trouble -> assertThat(trouble).contains("broke an invariant at index 2"));
            assertThat(Cluster.failure(member.add("sum", 1)))
                    .isInstanceOfSatisfying(
                            Refused.class, refused -> assertThat(refused.code()).isEqualTo(Refused.Code.STOPPED));
        }
    }
}
