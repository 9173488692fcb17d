package dev.plinth.raft;

import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.FreePorts;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Members in one process, each with a store, a node and groups of its own. */
final class Cluster implements AutoCloseable {
    static final String GROUP = "numbers";
    static final Duration ELECTION = Duration.ofMillis(500);
    static final JournalOptions NO_SNAPSHOTS = new JournalOptions(Integer.MAX_VALUE, Long.MAX_VALUE, false);

    /** Members cannot listen on port 0, for the others have to know them before. */
    static List<RaftMember> members(int count) throws IOException {
        return FreePorts.find(count).stream()
                .map(port -> new RaftMember("127.0.0.1", port))
                .toList();
    }

    /** One member. */
    final class Member implements AutoCloseable {
        final RaftOptions options;
        final Storage disk;
        final JournalOptions journalOptions;
        final List<String> groups;
        final ConcurrentLinkedQueue<String> reports = new ConcurrentLinkedQueue<>();
        final SegmentStore store;
        final RaftNode node;
        final List<Numbers> engines = new ArrayList<>();
        final List<Partition<Numbers, Numbers.Command, Numbers.Outcome, Void, Long>> partitions = new ArrayList<>();
        private boolean closed;

        private Member(
                SegmentStore store,
                RaftOptions options,
                Storage disk,
                JournalOptions journalOptions,
                List<String> groups)
                throws IOException {
            this.options = options;
            this.disk = disk;
            this.journalOptions = journalOptions;
            this.groups = groups;
            this.store = store;
            this.node = RaftNode.open(options, store, clock, reports::add);
            try {
                for (var group : groups) {
                    begin(group);
                }
            } catch (IOException | RuntimeException e) {
                node.close();
                throw e;
            }
        }

        private void begin(String group) throws IOException {
            var engine = new Numbers();
            engines.add(engine);
            partitions.add(Partition.durable(
                    engine,
                    node.journal(group, Numbers.CODECS.commands(), journalOptions),
                    Numbers.CODECS,
                    Performer.none(),
                    clock));
        }

        Partition<Numbers, Numbers.Command, Numbers.Outcome, Void, Long> partition() {
            return partitions.getFirst();
        }

        Numbers engine() {
            return engines.getFirst();
        }

        GroupStatus status() {
            return node.status().getFirst();
        }

        /** How far the group's newest snapshot here is; 0 without one, or when it is replaced just now. */
        long snapshotted() throws IOException {
            var snapshots = options.directory().resolve(GROUP);
            if (!Files.isDirectory(snapshots)) {
                return 0;
            }
            var newest = new AtomicLong();
            try (var folders = Files.list(snapshots)) {
                for (var folder : folders.toList()) {
                    var state = folder.resolve(StateFile.NAME);
                    if (folder.getFileName().toString().startsWith("snapshot_") && Files.exists(state)) {
                        StateFile.read(
                                state,
                                (head, _) ->
                                        newest.accumulateAndGet(head.revision().index(), Math::max));
                    }
                }
                return newest.get();
            } catch (NoSuchFileException | UncheckedIOException e) {
                return 0;
            }
        }

        boolean leads() {
            return status().role() == GroupStatus.Role.LEADER;
        }

        CompletableFuture<Numbers.Outcome> add(String key, long value) {
            return partition().submit(Numbers.Command.add(ids.incrementAndGet(), key, value));
        }

        /** Asked again while nobody is known to lead: between two leaders a read is refused, which changes nothing. */
        long read(String key) {
            var answer = new AtomicLong();
            await().atMost(Duration.ofMinutes(1)).until(() -> {
                try {
                    answer.set(partition().read(engine -> engine.value(key)).get(30, TimeUnit.SECONDS));
                    return true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof Refused refused && refused.code() == Refused.Code.NOT_LEADER) {
                        return false;
                    }
                    throw e;
                }
            });
            return answer.get();
        }

        /** The same disk, and a new life. */
        Member restart() throws IOException {
            close();
            return Cluster.this.start(options, disk, journalOptions, groups);
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            open.remove(this);
            node.close();
            store.close();
        }
    }

    final SystemClock clock = new SystemClock();
    final AtomicLong ids = new AtomicLong();
    final List<Member> open = new ArrayList<>();
    private final List<DiskStorage> disks = new ArrayList<>();
    private final Path directory;

    Cluster(Path directory) {
        this.directory = directory;
    }

    /** Members that know one another from the beginning. */
    static Cluster of(int count, Path directory, JournalOptions options) throws IOException {
        return of(count, directory, options, List.of(GROUP));
    }

    static Cluster of(int count, Path directory, JournalOptions options, List<String> groups) throws IOException {
        var cluster = new Cluster(directory);
        var members = members(count);
        for (var member : members) {
            cluster.start(cluster.options(member, members), cluster.disk(member), options, groups);
        }
        return cluster;
    }

    RaftOptions options(RaftMember self, List<RaftMember> members) {
        return RaftOptions.of(self, members, directory.resolve(self.port() + "-snapshots"))
                .withElectionTimeout(ELECTION);
    }

    Storage disk(RaftMember member) throws IOException {
        var disk = DiskStorage.open(directory.resolve(Integer.toString(member.port())));
        disks.add(disk);
        return disk;
    }

    Member start(RaftOptions options, Storage disk, JournalOptions journalOptions, List<String> groups)
            throws IOException {
        var store = SegmentStore.open(disk, new SegmentOptions(1 << 20, 1_000), clock);
        try {
            var member = new Member(store, options, disk, journalOptions, groups);
            open.add(member);
            return member;
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** The one that leads and knows it. */
    Member leader() {
        await().atMost(Duration.ofSeconds(20)).until(() -> open.stream().anyMatch(Member::leads));
        return open.stream().filter(Member::leads).findFirst().orElseThrow();
    }

    Member follower() {
        var leader = leader();
        return open.stream().filter(member -> member != leader).findFirst().orElseThrow();
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Refused refused ? refused : new IllegalStateException(e.getCause());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a future failed with; null if it did not. */
    static @Nullable Throwable failure(CompletableFuture<?> future) {
        try {
            future.get(30, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (Exception e) {
            return e;
        }
    }

    @Override
    public void close() throws IOException {
        for (var member : List.copyOf(open)) {
            member.close();
        }
        clock.close();
        for (var disk : disks) {
            disk.close();
        }
    }
}
