package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdoptionTest {
    private static final String OLD_LOG = "old";

    @TempDir
    Path directory;

    /** One server's life before the cluster: so many commands, with a snapshot after each so many, and not at the end. */
    private void live(DiskStorage disk, DiskStorage snapshots, Cluster cluster, int commands, int snapshotEvery)
            throws IOException {
        var options = new JournalOptions(snapshotEvery, Long.MAX_VALUE, false);
        try (var store = SegmentStore.open(disk, new SegmentOptions(1 << 20, 1_000), cluster.clock);
                var partition = Partition.durable(
                        new Numbers(),
                        LocalJournal.open(store, OLD_LOG, Numbers.CODECS.commands(), snapshots, options, cluster.clock),
                        Numbers.CODECS,
                        Performer.none(),
                        cluster.clock)) {
            for (int i = 0; i < commands; i++) {
                Cluster.get(partition.submit(Numbers.Command.add(cluster.ids.incrementAndGet(), "sum", 1)));
            }
        }
    }

    private void adopt(RaftOptions options, DiskStorage disk, DiskStorage snapshots, Cluster cluster)
            throws IOException {
        try (var store = SegmentStore.open(disk, new SegmentOptions(1 << 20, 1_000), cluster.clock);
                var node = RaftNode.open(options, store, cluster.clock)) {
            assertThat(node.adopt(Cluster.GROUP, OLD_LOG, snapshots)).isTrue();
            assertThat(node.adopt(Cluster.GROUP, OLD_LOG, snapshots)).isFalse();
        }
    }

    private void goesOnAsCluster(int commands, int snapshotEvery) throws Exception {
        try (var cluster = new Cluster(directory)) {
            var addresses = Cluster.members(3);
            var options = cluster.options(addresses.getFirst(), List.of(addresses.getFirst()));
            var disk = (DiskStorage) cluster.disk(addresses.getFirst());
            try (var snapshots = DiskStorage.open(directory.resolve("old-snapshots"))) {
                live(disk, snapshots, cluster, commands, snapshotEvery);
                adopt(options, disk, snapshots, cluster);
            }
            var first = cluster.start(options, disk, Cluster.NO_SNAPSHOTS, List.of(Cluster.GROUP));

            assertThat(first.read("sum")).isEqualTo(commands);
            var outcome = Cluster.get(first.add("sum", 1));
            assertThat(outcome.index()).isEqualTo(commands + 1);
            for (var address : addresses.subList(1, 3)) {
                cluster.start(
                        RaftOptions.joining(address, directory.resolve(address.port() + "-snapshots")),
                        cluster.disk(address),
                        Cluster.NO_SNAPSHOTS,
                        List.of(Cluster.GROUP));
                Cluster.get(first.node.addMember(Cluster.GROUP, address));
            }
            first.close();
            var second = cluster.open.getFirst();

            assertThat(second.read("sum")).isEqualTo(commands + 1);
            assertThat(second.engine().commands()).isEqualTo(commands + 1);
        }
    }

    @Test
    void the_data_of_one_server_goes_on_as_a_cluster() throws Exception {
        goesOnAsCluster(250, 100);
    }

    @Test
    void the_data_of_one_server_that_took_no_snapshot_goes_on_as_a_cluster() throws Exception {
        goesOnAsCluster(50, 1_000);
    }

    @Test
    void a_group_with_a_past_takes_over_nothing() throws Exception {
        try (var cluster = Cluster.of(1, directory, Cluster.NO_SNAPSHOTS)) {
            var member = cluster.open.getFirst();
            Cluster.get(member.add("sum", 1));
            member.close();
            var disk = (DiskStorage) member.disk;
            try (var snapshots = DiskStorage.open(directory.resolve("old-snapshots"))) {
                live(disk, snapshots, cluster, 10, 1_000);
                assertThatThrownBy(() -> adopt(member.options, disk, snapshots, cluster))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("has a past of its own");
            }
            var again = cluster.start(member.options, disk, Cluster.NO_SNAPSHOTS, List.of(Cluster.GROUP));

            assertThat(again.read("sum")).isEqualTo(1);
        }
    }

    @Test
    void an_adoption_that_was_interrupted_is_done_again() throws Exception {
        try (var cluster = new Cluster(directory)) {
            var address = Cluster.members(1).getFirst();
            var options = cluster.options(address, List.of(address));
            var disk = (DiskStorage) cluster.disk(address);
            try (var snapshots = DiskStorage.open(directory.resolve("old-snapshots"))) {
                live(disk, snapshots, cluster, 250, 100);
                try (var store = SegmentStore.open(disk, new SegmentOptions(1 << 20, 1_000), cluster.clock)) {
                    // What an adoption leaves that did not come to its end.
                    store.log(RaftNode.log(Cluster.GROUP)).reset(2).join();
                }
                adopt(options, disk, snapshots, cluster);
            }
            var member = cluster.start(options, disk, Cluster.NO_SNAPSHOTS, List.of(Cluster.GROUP));

            assertThat(member.read("sum")).isEqualTo(250);
        }
    }
}
