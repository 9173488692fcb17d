package dev.plinth.raft;

import com.alipay.sofa.jraft.util.concurrent.DefaultFixedThreadsExecutorGroupFactory;
import com.alipay.sofa.jraft.util.concurrent.FixedThreadsExecutorGroup;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.LocalState;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SerialThread;
import dev.plinth.kernel.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A process's membership in a cluster: one port, and as many groups as the process has durable partitions. */
public final class RaftNode implements AutoCloseable {
    /*
     * JRaft comes from a house where a process is one group, and gives each its own timers, executors and connections. Here the timers and
     * the senders are shared, requests run on virtual threads, and the queues are shorter; what remains for each group are its five
     * threads, most of which sleep.
     */
    private static final int SENDERS = 2;

    private static final int SENDER_TASKS_MAX = 32_768;
    private static final int QUEUE = 1_024;
    private static final int APPLY_BATCH = 64;
    private static final int RPC_THREADS = 6;

    private final RaftOptions options;
    private final SegmentStore store;
    private final Clock clock;
    private final Consumer<String> report;
    private final RaftDoor door;
    private final long proposer = new SecureRandom().nextLong();
    private final Executor threads = VirtualThreads.INSTANCE;
    private final SerialThread snapshots = SerialThread.named("plinth-raft-snapshots");
    private final FixedThreadsExecutorGroup senders;
    private final ConcurrentSkipListMap<String, RaftJournal<?>> journals = new ConcurrentSkipListMap<>();
    private final Balancer balancer;

    /** Set once, at the end. */
    private volatile boolean closing;

    /**
     * Listens at the member's address. Groups come with {@link #journal}.
     *
     * @param store where the groups' logs are, all of them; must outlive the node
     * @throws IOException if the address cannot be listened on, or must not: off the loopback only with mutual TLS
     */
    public static RaftNode open(RaftOptions options, SegmentStore store, Clock clock) throws IOException {
        var logger = System.getLogger("dev.plinth.raft.RaftNode");
        return open(options, store, clock, message -> logger.log(System.Logger.Level.WARNING, message));
    }

    /**
     * As {@link #open(RaftOptions, SegmentStore, Clock)}, for a caller who passes on the news himself.
     *
     * @param report told, in a sentence, of what a person should know
     */
    public static RaftNode open(RaftOptions options, SegmentStore store, Clock clock, Consumer<String> report)
            throws IOException {
        return new RaftNode(options, store, clock, report);
    }

    private RaftNode(RaftOptions options, SegmentStore store, Clock clock, Consumer<String> report) throws IOException {
        this.options = options;
        this.store = store;
        this.clock = clock;
        this.report = report;
        this.door = RaftDoor.open(options, this::order);
        this.senders = DefaultFixedThreadsExecutorGroupFactory.INSTANCE.newExecutorGroup(
                SENDERS, "plinth-raft-send", SENDER_TASKS_MAX, true);
        this.balancer = new Balancer(options.self(), clock, this::running, threads, report);
        if (options.balanced()) {
            balancer.start();
        }
    }

    /**
     * The journal of one group. Nothing happens before it is given to a partition, which starts it.
     *
     * @param group lower-case letters, digits and '-', starting with a letter, at most 40
     */
    public <C> RaftJournal<C> journal(String group, Codec<C> codec, JournalOptions journalOptions) {
        if (!group.matches("[a-z][a-z0-9-]{0,39}")) {
            throw new IllegalArgumentException("group '" + group
                    + "': expected lower-case letters, digits and '-', starting with a letter, at most 40");
        }
        var journal = new RaftJournal<>(
                group,
                proposer,
                new Home(),
                store.log(log(group)),
                store.log(voteLog(group)),
                store.payloadBytesMax(),
                codec,
                journalOptions);
        if (journals.putIfAbsent(group, journal) != null) {
            throw new IllegalStateException("group " + group + " has a journal here already");
        }
        return journal;
    }

    /**
     * Has a group begin with what a {@link LocalJournal} left in this node's store: the way from one server to a cluster. The group then
     * has this member alone; {@link #addMember} brings the others, which get the state from here. Called before {@link #journal}, at each
     * start if need be: once the group has it, the old journal's log and snapshots are gone, and nothing happens.
     *
     * @param log the old journal's log, which must not be open
     * @param snapshots where its snapshots are
     * @return whether there was something to adopt
     * @throws IOException if what is there is damaged, or the group has a past of its own; then nothing was changed
     */
    public boolean adopt(String group, String log, Storage snapshots) throws IOException {
        if (journals.containsKey(group)) {
            throw new IllegalStateException("group " + group + " has a journal here already");
        }
        var found = LocalState.find(store, log, snapshots, report);
        if (found.isEmpty()) {
            return false;
        }
        new Adoption(group, options, store, report).adopt(found.get());
        return true;
    }

    /** Whether a member of this group has stored anything here. */
    public static boolean hasPast(String group, SegmentStore store) {
        return store.log(log(group)).lastIndex() > 0
                || store.log(voteLog(group)).lastIndex() > 0;
    }

    static String voteLog(String group) {
        return log(group) + ".vote";
    }

    static String log(String group) {
        return "raft-" + group;
    }

    public RaftMember self() {
        return options.self();
    }

    /** How the groups stand, by name. */
    public List<GroupStatus> status() {
        return journals.values().stream().map(RaftJournal::status).toList();
    }

    /**
     * Has a member taken into a group. It must be there, with this group's journal started: it gets the state first, and counts when it
     * has caught up. Callable on any member. Fails with {@link Refused}: {@code NOT_LEADER} if there is no leader to ask.
     */
    public CompletableFuture<Void> addMember(String group, RaftMember member) {
        return journal(group).members().change(MemberChange.ADD, member);
    }

    /** Has a member taken out of a group. Callable on any member, also on that one. Fails as {@link #addMember} does. */
    public CompletableFuture<Void> removeMember(String group, RaftMember member) {
        return journal(group).members().change(MemberChange.REMOVE, member);
    }

    /** Has the lead of a group, if this member has it, handed to another one. Refused with {@code NOT_LEADER} otherwise. */
    public void transferLead(String group, RaftMember to) {
        journal(group).members().transferLead(to);
    }

    private RaftJournal<?> journal(String group) {
        var journal = journals.get(group);
        if (journal == null) {
            throw new IllegalArgumentException(
                    "group " + group + ": there is none of this name; there are " + journals.keySet());
        }
        return journal;
    }

    private List<RaftJournal<?>> running() {
        return closing ? List.of() : List.copyOf(journals.values());
    }

    private void order(String group, long term, ByteBuffer batch, Consumer<Fate> fate) {
        var journal = journals.get(group);
        if (journal == null) {
            fate.accept(new Fate.NotOrdered(options.self() + " has no group " + group));
        } else {
            journal.orderForwarded(term, batch, fate);
        }
    }

    /** This node, as its journals see it. */
    private final class Home implements RaftJournal.Home {
        @Override
        public RaftOptions options() {
            return options;
        }

        @Override
        public RaftDoor door() {
            return door;
        }

        @Override
        public Clock clock() {
            return clock;
        }

        @Override
        public Executor threads() {
            return threads;
        }

        @Override
        public Executor snapshots() {
            return snapshots;
        }

        @Override
        public Consumer<String> report() {
            return report;
        }

        @Override
        public GroupOptions raftOptions() {
            int electionMillis = Math.toIntExact(options.electionTimeout().toMillis());
            var group = new GroupOptions(door.tls());
            group.setElectionTimeoutMs(electionMillis);
            group.setSnapshotIntervalSecs(0);
            group.setSharedTimerPool(true);
            group.setSharedElectionTimer(true);
            group.setSharedVoteTimer(true);
            group.setSharedStepDownTimer(true);
            group.setSharedSnapshotTimer(true);
            group.setAppendEntriesExecutors(senders);
            group.setRpcProcessorThreadPoolSize(RPC_THREADS);
            group.setRpcConnectTimeoutMs(Math.max(100, electionMillis / 2));
            group.setRpcDefaultTimeout(Math.max(1_000, electionMillis * 2));
            var raft = new com.alipay.sofa.jraft.option.RaftOptions();
            raft.setMaxElectionDelayMs(Math.max(100, electionMillis / 2));
            raft.setDisruptorBufferSize(QUEUE);
            raft.setApplyBatch(APPLY_BATCH);
            raft.setSync(true);
            raft.setOpenStatistics(false);
            group.setRaftOptions(raft);
            return group;
        }

        @Override
        public void closed(String group) {
            if (closing) {
                journals.remove(group);
            }
        }
    }

    /** Closes the groups' journals that are still open, and the port. */
    @Override
    public void close() {
        closing = true;
        balancer.close();
        List<Thread> closers = new ArrayList<>();
        for (var journal : journals.values()) {
            closers.add(Thread.ofVirtual().start(journal::close));
        }
        try {
            for (var closer : closers) {
                closer.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        door.close();
        snapshots.close();
        senders.shutdownGracefully();
    }
}
