package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftJournalTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void what_any_member_is_given_takes_place_on_all() throws Exception {
        try (var cluster = Cluster.of(3, directory, Cluster.NO_SNAPSHOTS)) {
            List<CompletableFuture<Numbers.Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                outcomes.add(cluster.open.get(i % 3).add("sum", 1));
            }
            outcomes.forEach(Cluster::get);

            for (var member : cluster.open) {
                assertThat(member.read("sum")).isEqualTo(3_000);
            }
        }
    }

    @Test
    void a_member_alone_serves_and_keeps_what_it_acknowledged() throws Exception {
        try (var cluster = Cluster.of(1, directory, Cluster.NO_SNAPSHOTS)) {
            var member = cluster.open.getFirst();
            for (int i = 0; i < 100; i++) {
                Cluster.get(member.add("sum", 1));
            }
            var again = member.restart();

            assertThat(again.read("sum")).isEqualTo(100);
        }
    }

    @Test
    void when_the_leader_is_closed_what_the_others_were_given_takes_place_once_and_none_of_it_is_refused()
            throws Exception {
        try (var cluster = Cluster.of(3, directory, Cluster.NO_SNAPSHOTS)) {
            var leader = cluster.leader();
            var others =
                    cluster.open.stream().filter(member -> member != leader).toList();
            List<CompletableFuture<Numbers.Outcome>> outcomes = new ArrayList<>();
            var closer = Thread.ofVirtual().unstarted(leader::close);
            for (int i = 0; i < 4_000; i++) {
                outcomes.add(others.get(i % 2).add("sum", 1));
                if (i == 2_000) {
                    closer.start();
                }
            }
            closer.join();
            outcomes.forEach(Cluster::get);

            for (var member : others) {
                assertThat(member.read("sum")).isEqualTo(4_000);
            }
            assertThat(leader.restart().read("sum")).isEqualTo(4_000);
        }
    }

    @Test
    void a_member_that_was_away_gets_the_state_and_not_the_whole_log() throws Exception {
        var often = new JournalOptions(500, Long.MAX_VALUE, false);
        try (var cluster = Cluster.of(3, directory, often)) {
            var away = cluster.follower();
            Cluster.get(away.add("sum", 1));
            away.close();
            var leader = cluster.leader();
            List<CompletableFuture<Numbers.Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                outcomes.add(leader.add("sum", 1));
                if (i % 500 == 0) {
                    outcomes.forEach(Cluster::get);
                }
            }
            outcomes.forEach(Cluster::get);
            int sum = 5_001;
            for (; leader.snapshotted() <= sum - 1_900; sum++) {
                Cluster.get(leader.add("sum", 1));
            }
            var back = cluster.start(away.options, away.disk, often, away.groups);

            assertThat(back.read("sum")).isEqualTo(sum);
            assertThat(back.engine().appliedHere()).isLessThan(2_000);
            Cluster.get(back.add("sum", 1));
            assertThat(leader.read("sum")).isEqualTo(sum + 1);
        }
    }

    @Test
    void a_restarted_member_goes_on_from_its_snapshot() throws Exception {
        var often = new JournalOptions(500, Long.MAX_VALUE, false);
        try (var cluster = Cluster.of(1, directory, often)) {
            var member = cluster.open.getFirst();
            int sum = 0;
            var log = member.store.log("raft-numbers");
            // As far as it takes, for a snapshot is not taken while another is being written.
            for (; log.firstIndex() == 1 || sum < 2_000 || member.snapshotted() <= sum / 2; sum += 100) {
                List<CompletableFuture<Numbers.Outcome>> outcomes = new ArrayList<>();
                for (int j = 0; j < 100; j++) {
                    outcomes.add(member.add("sum", 1));
                }
                outcomes.forEach(Cluster::get);
            }
            var again = member.restart();

            assertThat(again.read("sum")).isEqualTo(sum);
            assertThat(again.engine().appliedHere()).isLessThan(sum / 2 + 1);
        }
    }

    @Test
    void members_come_and_go_while_it_works() throws Exception {
        try (var cluster = Cluster.of(1, directory, Cluster.NO_SNAPSHOTS)) {
            var first = cluster.open.getFirst();
            Cluster.get(first.add("sum", 1));
            var addresses = Cluster.members(2);
            for (var address : addresses) {
                cluster.start(
                        RaftOptions.joining(address, directory.resolve(address.port() + "-snapshots"))
                                .withElectionTimeout(Cluster.ELECTION),
                        cluster.disk(address),
                        Cluster.NO_SNAPSHOTS,
                        List.of(Cluster.GROUP));
                Cluster.get(cluster.open
                        .getLast()
                        .node
                        .addMember(Cluster.GROUP, address)
                        .exceptionallyCompose(_ ->
                                // The newcomer knows no leader yet.
                                first.node.addMember(Cluster.GROUP, address)));
            }
            var third = cluster.open.getLast();
            assertThat(third.read("sum")).isEqualTo(1);
            await().atMost(LONG).until(() -> third.status().members().size() == 3);

            Cluster.get(third.node.removeMember(Cluster.GROUP, first.node.self()));
            first.close();
            Cluster.get(third.add("sum", 1));

            assertThat(cluster.open.getFirst().read("sum")).isEqualTo(2);
            assertThat(third.status().members()).hasSize(2);
        }
    }

    @Test
    void a_command_that_is_too_large_is_refused() throws Exception {
        try (var cluster = Cluster.of(1, directory, Cluster.NO_SNAPSHOTS)) {
            var refusal = Cluster.failure(cluster.open.getFirst().add("x".repeat(1 << 20), 1));

            assertThat(refusal)
                    .isInstanceOfSatisfying(
                            Refused.class, refused -> assertThat(refused.code()).isEqualTo(Refused.Code.TOO_LARGE));
        }
    }
}
