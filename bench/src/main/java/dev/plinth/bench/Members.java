package dev.plinth.bench;

import dev.plinth.bench.programs.FreePorts;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.raft.GroupStatus;
import dev.plinth.raft.RaftJournal;
import dev.plinth.raft.RaftMember;
import dev.plinth.raft.RaftNode;
import dev.plinth.raft.RaftOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Three members of a cluster in one process, each with a store of its own, and groups that all of them keep. */
final class Members implements AutoCloseable {
    static final int COUNT = 3;

    private static final Duration LEADERS_WITHIN = Duration.ofSeconds(60);
    private static final JournalOptions NO_SNAPSHOTS = new JournalOptions(Integer.MAX_VALUE, Long.MAX_VALUE, false);

    /** One of them. */
    private record Member(
            DiskStorage disk, SegmentStore store, RaftNode node, List<RaftJournal<ByteBuffer>> journals) {}

    private final SystemClock clock = new SystemClock();
    private final List<Member> members = new ArrayList<>();
    private final int groups;

    Members(Path directory, int groups) throws IOException, InterruptedException {
        this.groups = groups;
        var addresses = addresses().stream()
                .map(port -> new RaftMember("127.0.0.1", port))
                .toList();
        for (int i = 0; i < COUNT; i++) {
            var own = directory.resolve(Integer.toString(i));
            var disk = DiskStorage.openDirect(own);
            var store = SegmentStore.open(disk, SegmentOptions.defaults(), clock);
            var node =
                    RaftNode.open(RaftOptions.of(addresses.get(i), addresses, own.resolve("snapshots")), store, clock);
            List<RaftJournal<ByteBuffer>> journals = new ArrayList<>();
            members.add(new Member(disk, store, node, journals));
            for (int g = 0; g < groups; g++) {
                var journal = node.journal("bench" + g, Counter.CODEC, NO_SNAPSHOTS);
                journal.start(new Counter());
                journals.add(journal);
            }
        }
        awaitLeaders();
    }

    /** Ports that nobody has, for a member must be known to the others before it listens. */
    static List<Integer> addresses() throws IOException {
        return FreePorts.find(COUNT);
    }

    /** Until each group has a leader, and no member leads two groups more than another. */
    private void awaitLeaders() throws IOException, InterruptedException {
        long end = System.nanoTime() + LEADERS_WITHIN.toNanos();
        while (true) {
            var leads = members.stream().map(this::leads).toList();
            int all = leads.stream().mapToInt(Integer::intValue).sum();
            int most = leads.stream().mapToInt(Integer::intValue).max().orElse(0);
            int least = leads.stream().mapToInt(Integer::intValue).min().orElse(0);
            if (all == groups && most - least <= 1) {
                return;
            }
            if (System.nanoTime() > end) {
                throw new IOException("after " + LEADERS_WITHIN.toSeconds() + " s the members lead " + leads + " of "
                        + groups + " groups");
            }
            Thread.sleep(100);
        }
    }

    private int leads(Member member) {
        return (int) member.node().status().stream()
                .filter(status -> status.role() == GroupStatus.Role.LEADER)
                .count();
    }

    /** Each group, at the member that leads it. */
    List<Clients.Log> atLeaders() {
        return logs(true);
    }

    /** Each group, at a member that does not lead it. */
    List<Clients.Log> atFollowers() {
        return logs(false);
    }

    private List<Clients.Log> logs(boolean leading) {
        List<Clients.Log> logs = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            int group = g;
            var journal = members.stream()
                    .map(member -> member.journals().get(group))
                    .filter(each -> (each.status().role() == GroupStatus.Role.LEADER) == leading)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("group " + group + " lost its leader"));
            logs.add((command, client) -> journal.propose(new Input.Command<>(Optional.empty(), command), client));
        }
        return logs;
    }

    /** Syncs of all members together, since the beginning. */
    long syncs() {
        return members.stream().mapToLong(member -> member.store().syncs()).sum();
    }

    @Override
    public void close() throws IOException {
        for (var member : members) {
            member.node().close();
            member.store().close();
            member.disk().close();
        }
        clock.close();
    }
}
