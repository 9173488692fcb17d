package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.FaultyStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members whose disks and memories fail. */
class RaftFaultsTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private Cluster faulty(JournalOptions options) throws Exception {
        var cluster = new Cluster(directory);
        var members = Cluster.members(3);
        for (var member : members) {
            cluster.start(cluster.options(member, members), new FaultyStorage(), options, List.of(Cluster.GROUP));
        }
        return cluster;
    }

    private static FaultyStorage disk(Cluster.Member member) {
        return (FaultyStorage) member.disk;
    }

    @Test
    void a_leader_whose_disk_fails_steps_down_and_says_so_and_the_others_go_on() throws Exception {
        try (var cluster = faulty(Cluster.NO_SNAPSHOTS)) {
            var leader = cluster.leader();
            Cluster.get(leader.add("sum", 1));
            disk(leader).failSyncs(true);
            var atLeader = leader.add("sum", 1);
            await().atMost(LONG).until(() -> leader.status().role() == GroupStatus.Role.STOPPED);

            assertThat(leader.status().trouble())
                    .hasValueSatisfying(trouble -> assertThat(trouble).contains("a simulated fault"));
            assertThat(leader.reports).anyMatch(report -> report.contains("group numbers stopped here"));
            // The others may have had it on their disks, and so acknowledged it, before the leader's own disk was heard
            // of.
            var refused = Cluster.failure(atLeader);
            if (refused != null) {
                assertThat(refused).isInstanceOf(Refused.class);
            }
            var read = leader.partition().read(engine -> engine.value("sum"));
            assertThat(Cluster.failure(read)).isInstanceOf(Refused.class);
            var others =
                    cluster.open.stream().filter(member -> member != leader).toList();
            long before = others.getFirst().read("sum");
            assertThat(before).isBetween(refused == null ? 2L : 1L, 2L);
            Cluster.get(others.getFirst().add("sum", 1));
            assertThat(others.getLast().read("sum")).isEqualTo(before + 1);
        }
    }

    @Test
    void a_member_whose_disk_is_full_stops_and_the_others_go_on() throws Exception {
        try (var cluster = faulty(Cluster.NO_SNAPSHOTS)) {
            var full = cluster.follower();
            disk(full).capacityBytes(0);
            var leader = cluster.leader();
            for (int i = 0; i < 60; i++) {
                Cluster.get(leader.add("x".repeat(50_000), 1));
            }
            await().atMost(LONG).until(() -> full.status().role() == GroupStatus.Role.STOPPED);

            assertThat(full.status().trouble())
                    .hasValueSatisfying(trouble ->
                            assertThat(trouble).contains("No space left on device", "make room", "restart it"));
            assertThat(leader.read("x".repeat(50_000))).isEqualTo(60);
        }
    }

    @Test
    void nothing_acknowledged_is_lost_when_all_members_lose_power() throws Exception {
        var random = new Random(7);
        try (var cluster = faulty(Cluster.NO_SNAPSHOTS)) {
            long acknowledged = 0;
            for (int life = 0; life < 3; life++) {
                var leader = cluster.leader();
                List<CompletableFuture<Numbers.Outcome>> outcomes = new ArrayList<>();
                for (int i = 0; i < 300; i++) {
                    outcomes.add(cluster.open.get(i % 3).add("sum", 1));
                }
                Cluster.get(leader.add("sum", 1));
                var members = List.copyOf(cluster.open);
                List<Storage> disks = new ArrayList<>();
                for (var member : members) {
                    disk(member).powerLoss(random);
                    disks.add(member.disk);
                }
                acknowledged += outcomes.stream()
                                .filter(outcome -> outcome.isDone() && !outcome.isCompletedExceptionally())
                                .count()
                        + 1;
                members.forEach(Cluster.Member::close);
                for (int i = 0; i < members.size(); i++) {
                    var gone = members.get(i);
                    cluster.start(gone.options, disks.get(i), gone.journalOptions, gone.groups);
                }
                long found = cluster.follower().read("sum");

                assertThat(found).isGreaterThanOrEqualTo(acknowledged);
                acknowledged = found;
            }
        }
    }

    @Test
    void a_member_whose_state_differs_from_the_others_stops_and_they_go_on() throws Exception {
        try (var cluster = Cluster.of(3, directory, new JournalOptions(100, Long.MAX_VALUE, false))) {
            var deviating = cluster.leader();
            deviating.engine().flip();
            long end = System.nanoTime() + LONG.toNanos();
            var others =
                    cluster.open.stream().filter(member -> member != deviating).toList();
            long sum = 0;
            while (deviating.status().role() != GroupStatus.Role.STOPPED && System.nanoTime() < end) {
                Cluster.get(others.getFirst().add("sum", 1));
                sum++;
            }

            assertThat(deviating.status().trouble())
                    .hasValueSatisfying(
                            trouble -> assertThat(trouble).contains("hashes to").contains("agree on another"));
            assertThat(Cluster.failure(deviating.add("sum", 1))).isInstanceOf(Refused.class);
            assertThat(others.getLast().read("sum")).isEqualTo(sum);
            assertThat(others).allMatch(member -> member.status().trouble().isEmpty());
        }
    }

    @Test
    void a_snapshot_that_is_damaged_is_named_when_the_member_starts() throws Exception {
        try (var cluster = Cluster.of(1, directory, new JournalOptions(Integer.MAX_VALUE, Long.MAX_VALUE, true))) {
            var member = cluster.open.getFirst();
            Cluster.get(member.add("sum", 1));
            member.close();
            var file = newestSnapshot(member.options.directory().resolve(Cluster.GROUP));
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 45] ^= 1;
            Files.write(file, bytes);

            assertThatThrownBy(() -> cluster.start(member.options, member.disk, member.journalOptions, member.groups))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is damaged at offset")
                    .hasMessageContaining("state");
        }
    }

    private static Path newestSnapshot(Path folder) throws Exception {
        try (var files = Files.walk(folder)) {
            return files.filter(file -> file.endsWith(StateFile.NAME))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
