package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.Entry;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Revision;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Snapshot;
import dev.plinth.kernel.SystemClock;
import dev.plinth.raft.GroupStatus;
import dev.plinth.raft.RaftJournal;
import dev.plinth.raft.RaftMember;
import dev.plinth.raft.RaftNode;
import dev.plinth.raft.RaftOptions;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How long a member that was away takes to be where the others are, while clients go on.
 *
 * <p>Three members in one process, snapshots as in a server. The third is closed, the others take so many commands, and it is opened
 * again on what it had. It is back when it has applied all that the leader had applied at some moment after its start and says that
 * it lacks nothing; from the opening of its store. All share the machine and one disk.
 */
final class CatchUpBenchmark {
    private static final double TARGET_SECONDS = 30;
    private static final int IN_FLIGHT = 512;
    private static final Duration ELECTED_WITHIN = Duration.ofSeconds(60);
    private static final Duration BACK_WITHIN = Duration.ofMinutes(3);

    /** Commands that it may lack, and be back: what is under way, and a little more. */
    private static final int LACKS_MAX = 2 * IN_FLIGHT;

    private CatchUpBenchmark() {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("catch-up");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 1 : 2;
        int commands = options.quick() ? 2_000_000 : 10_000_000;
        System.out.printf(
                Locale.ROOT,
                "catch-up: one of three members is away for %,d commands of %d bytes, %d clients, in %s on %s; %d processors, JDK %s%n",
                commands,
                Clients.COMMAND_BYTES,
                IN_FLIGHT,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        double[] seconds = new double[rounds];
        double[] rates = new double[rounds];
        try (var cluster = new Cluster(directory)) {
            for (int i = 0; i < rounds; i++) {
                var away = cluster.follower();
                cluster.close(away);
                cluster.write(commands);
                var loaded = new AtomicBoolean(true);
                var answered = new AtomicLong();
                var load = Thread.ofPlatform().start(() -> cluster.writeWhile(loaded, answered));
                long start = System.nanoTime();
                cluster.open(away);
                cluster.awaitBack(away);
                seconds[i] = (System.nanoTime() - start) / 1e9;
                rates[i] = answered.get() / seconds[i];
                loaded.set(false);
                load.join();
                System.out.printf(
                        Locale.ROOT,
                        "  back after %.1f s, while the clients had %,.0f commands/s%n",
                        seconds[i],
                        rates[i]);
            }
        } finally {
            Disk.delete(directory);
        }
        var promise = Promise.atMost("catch-up.time", Figures.of(seconds).most(), "s", TARGET_SECONDS);
        System.out.println(promise.line());
        return promise.kept();
    }

    /** A member's state: the last command for each of 100,000 keys. */
    private static final class Table implements Journal.Member<ByteBuffer> {
        private static final int KEYS = 100_000;

        private ByteBuffer[] rows = new ByteBuffer[KEYS];
        private long count;

        Table() {
            Arrays.fill(rows, ByteBuffer.allocate(0));
        }

        @Override
        public void restore(Revision revision, Instant stamp, InputStream state) throws IOException {
            var in = new DataInputStream(state);
            count = in.readLong();
            var restored = new ByteBuffer[KEYS];
            for (int i = 0; i < KEYS; i++) {
                restored[i] = ByteBuffer.wrap(in.readNBytes(in.readInt()));
            }
            rows = restored;
        }

        @Override
        public void apply(Entry<ByteBuffer> entry, Journal.@Nullable Ticket ticket) {
            if (entry.input() instanceof Input.Command<ByteBuffer> command) {
                rows[(int) (count % KEYS)] = command.command();
                count++;
            }
            if (ticket instanceof Clients.Client client) {
                client.answer();
            }
        }

        @Override
        public Snapshot snapshot() {
            long now = count;
            var copies = rows.clone();
            return out -> {
                var data = new DataOutputStream(out);
                data.writeLong(now);
                for (var row : copies) {
                    data.writeInt(row.remaining());
                    data.write(Counter.CODEC.encode(row));
                }
                data.flush();
            };
        }

        @Override
        public void lead() {
            // It has nothing to do outside.
        }

        @Override
        public void follow() {
            // The clients ask the journal, wherever the lead is.
        }

        @Override
        public void stopped(Refused reason) {
            // The clients are told by their tickets.
        }
    }

    /** One that is open. */
    private record Member(DiskStorage disk, SegmentStore store, RaftNode node, RaftJournal<ByteBuffer> journal) {
        void close() throws IOException {
            node.close();
            store.close();
            disk.close();
        }
    }

    private static final class Cluster implements AutoCloseable {
        private final Path directory;
        private final SystemClock clock = new SystemClock();
        private final List<RaftMember> addresses;

        /** By number; null while it is away. Changed by one thread, read by the clients' too. */
        private final List<@Nullable Member> members = new ArrayList<>();

        Cluster(Path directory) throws IOException, InterruptedException {
            this.directory = directory;
            this.addresses = Members.addresses().stream()
                    .map(port -> new RaftMember("127.0.0.1", port))
                    .toList();
            for (int i = 0; i < Members.COUNT; i++) {
                members.add(null);
                open(i);
            }
            var _ = leader();
        }

        void open(int number) throws IOException {
            var own = directory.resolve(Integer.toString(number));
            var disk = DiskStorage.openDirect(own);
            var store = SegmentStore.open(disk, SegmentOptions.defaults(), clock);
            var options = RaftOptions.of(addresses.get(number), addresses, own.resolve("snapshots"));
            var node = RaftNode.open(options, store, clock);
            var journal = node.journal("bench", Counter.CODEC, JournalOptions.defaults());
            journal.start(new Table());
            members.set(number, new Member(disk, store, node, journal));
        }

        void close(int number) throws IOException {
            var member = members.set(number, null);
            if (member != null) {
                member.close();
            }
        }

        private List<Member> open() {
            List<Member> open = new ArrayList<>();
            for (var member : members) {
                if (member != null) {
                    open.add(member);
                }
            }
            return open;
        }

        private Member leader() throws IOException, InterruptedException {
            long end = System.nanoTime() + ELECTED_WITHIN.toNanos();
            while (System.nanoTime() < end) {
                for (var member : open()) {
                    if (member.journal().status().role() == GroupStatus.Role.LEADER) {
                        return member;
                    }
                }
                Thread.sleep(50);
            }
            throw new IOException("nobody leads after " + ELECTED_WITHIN.toSeconds() + " s");
        }

        int follower() throws IOException, InterruptedException {
            return (members.indexOf(leader()) + 1) % Members.COUNT;
        }

        void write(int commands) throws IOException, InterruptedException {
            var journal = leader().journal();
            var left = new AtomicLong(commands);
            Clients.run(
                    List.of((command, client) ->
                            journal.propose(new Input.Command<>(Optional.empty(), command), client)),
                    IN_FLIGHT,
                    Duration.ofHours(1),
                    () -> left.getAndDecrement() > 0);
        }

        /** @param asked counts the commands */
        void writeWhile(AtomicBoolean goesOn, AtomicLong asked) {
            try {
                var journal = leader().journal();
                Clients.run(
                        List.of((command, client) -> {
                            asked.incrementAndGet();
                            journal.propose(new Input.Command<>(Optional.empty(), command), client);
                        }),
                        IN_FLIGHT,
                        Duration.ofHours(1),
                        goesOn::get);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void awaitBack(int number) throws IOException, InterruptedException {
            var leader = leader();
            var back = members.get(number);
            long start = System.nanoTime();
            while (back != null && System.nanoTime() - start < BACK_WITHIN.toNanos()) {
                long wanted = leader.journal().status().applied();
                if (wanted - back.journal().status().applied() <= LACKS_MAX) {
                    return;
                }
                Thread.sleep(20);
            }
            throw new IOException("the member is not back after " + BACK_WITHIN.toSeconds() + " s: "
                    + (back == null ? "it is not open" : back.journal().status()));
        }

        @Override
        public void close() throws IOException {
            for (int i = 0; i < members.size(); i++) {
                close(i);
            }
            clock.close();
        }
    }
}
