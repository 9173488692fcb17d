package dev.plinth.raft;

import com.alipay.sofa.jraft.RaftServiceFactory;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Envelope;
import dev.plinth.kernel.Input;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LeaderTime;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a partition that several members keep: a group of SOFAJRaft.
 *
 * <p>An input may be proposed at any member; its outcome is the one that this member's engine gives, for all of them give the same.
 * What was acknowledged is on the disks of most members. When the leader is lost, what waits goes on with the next one; it is refused
 * with {@link Refused.Code#NOT_LEADER} if there is none for {@value #PATIENCE_SECONDS} s, and with {@link Refused.Code#UNKNOWN} only if
 * it was sent and nobody can say what became of it.
 *
 * <p>Where it is more than {@link Journal} promises, or less: {@link #start} returns when the newest snapshot is restored; what came
 * after it follows as soon as the group says that it is committed, and reads wait for it. Proposals that are under way at one member
 * at the same time may overtake one another.
 *
 * @param <C> the engine's commands
 */
public final class RaftJournal<C> implements Journal<C> {
    /*
     * An input's way: encoded on its proposer's thread, gathered into a batch, sent to the leader (Proposals), stamped there and given to
     * JRaft (order), replicated and synced on most members, taken from the log on each of them (GroupMachine), applied on the engine's
     * thread, where its proposer waits for it (Applier).
     */
    static final long PATIENCE_SECONDS = 5;

    private static final Duration CLOSE_DRAIN_MAX = Duration.ofSeconds(1);
    private static final Duration CLOSE_SNAPSHOT_MAX = Duration.ofSeconds(10);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(10);
    private static final Duration AGAIN_AFTER = Duration.ofMillis(10);

    /** What JRaft's own format adds to a batch, with room to spare. */
    private static final int ENTRY_BYTES_MAX = 256;

    private static final int BATCH_BYTES_MAX = 256 << 10;

    /** What a person has to do about a disk. */
    private static final String TO_DO =
            "this member takes no part in the group until it is restarted: make room, or replace the disk, and restart it";

    /** What the journal needs of its node. */
    interface Home {
        RaftOptions options();

        RaftDoor door();

        Clock clock();

        /** For work that may wait. */
        Executor threads();

        /** Writes snapshots: one after the other. */
        Executor snapshots();

        /** Told, in a sentence, of what a person should know. */
        Consumer<String> report();

        GroupOptions raftOptions();

        /** The journal is closed. */
        void closed(String group);
    }

    private record Leading(long term, LeaderTime time) {}

    private final String group;
    private final Home home;
    private final Codec<C> codec;
    private final JournalOptions options;
    private final SegmentLog log;
    private final SegmentLogStorage entries;
    private final VoteLog vote;
    private final int commandBytesMax;
    private final NodeImpl node;
    private final Proposals<C> proposals;
    private final Applier<C> applier;
    private final GroupMachine<C> machine;
    private final Reads reads;
    private final CommitNews news;
    private final StateHashes hashes;
    private final Members members;
    private final long incarnation;
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** So that batches get their stamps in the order in which they get their places. */
    private final Object ordering = new Object();

    /** Set while this member leads; written on JRaft's thread, read by those who order and those who ask for the time. */
    private volatile @Nullable Leading leading;

    /** The last one, which goes on if the lead comes back in the same term. JRaft's thread only. */
    private @Nullable Leading led;

    /** Why nothing more is taken; set once, read where inputs come in. */
    private volatile @Nullable Refused closed;

    /** Why this member does not go on with the group. */
    private volatile @Nullable String trouble;

    RaftJournal(
            String group,
            long proposer,
            Home home,
            SegmentLog log,
            SegmentLog voteLog,
            int payloadBytesMax,
            Codec<C> codec,
            JournalOptions options) {
        this.group = group;
        this.home = home;
        this.codec = codec;
        this.options = options;
        this.log = log;
        this.entries =
                new SegmentLogStorage(log, home.report(), () -> home.threads().execute(this::logBroke));
        this.vote = new VoteLog(voteLog, home.report());
        this.incarnation = log.incarnation();
        int batchBytesMax = payloadBytesMax - ENTRY_BYTES_MAX;
        this.commandBytesMax = Math.min(
                Limits.COMMAND_BYTES_MAX,
                batchBytesMax - Batch.INPUTS_HEADER_BYTES - Batch.INPUT_BYTES - Envelope.BYTES_MAX);
        var self = home.options().self();
        this.node = (NodeImpl) RaftServiceFactory.createRaftNode(group, self.peer());
        this.proposals = new Proposals<>(
                group,
                proposer,
                Math.min(BATCH_BYTES_MAX, batchBytesMax) - Batch.INPUTS_HEADER_BYTES,
                this::send,
                home.threads(),
                home.clock());
        this.applier = new Applier<>(group, proposals, reason -> fail(reason), home.clock());
        this.machine = new GroupMachine<>(
                group, codec, proposals, applier, options, home.snapshots(), new Owner(), home.report());
        this.reads = new Reads(
                group,
                node,
                applier,
                home.clock(),
                home.options().electionTimeout().multipliedBy(2));
        this.news = new CommitNews(reads::tellFollowers);
        this.hashes = new StateHashes(self);
        this.members = new Members(group, node, home.door(), self, this::isClosed);
    }

    /** The group's name. */
    public String group() {
        return group;
    }

    @Override
    public void start(Member<C> member) throws IOException {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("journal " + group + " was started before");
        }
        applier.start(member);
        if (!node.init(nodeOptions())) {
            var reason = new Refused(
                    Refused.Code.STOPPED,
                    "group " + group + " could not be opened: " + problem("see the log for the reason"));
            close(reason);
            throw new IOException(reason.getMessage());
        }
        log.onHoldingBack(() -> home.threads().execute(this::letGo));
    }

    private GroupOptions nodeOptions() {
        var raft = home.raftOptions();
        raft.setFsm(machine);
        raft.setServiceFactory(new GroupStorages(entries, vote));
        raft.setLogUri(log.name());
        raft.setRaftMetaUri(log.name());
        raft.setSnapshotUri(snapshotDirectory().toString());
        var members = new Configuration();
        home.options().members().forEach(member -> members.addPeer(member.peer()));
        raft.setInitialConf(members);
        return raft;
    }

    private Path snapshotDirectory() {
        return home.options().directory().resolve(group).toAbsolutePath();
    }

    // ---- the way in

    @Override
    public void propose(Input<C> input, @Nullable Ticket ticket) {
        var reason = closed;
        if (reason != null) {
            refuse(ticket, reason);
            return;
        }
        checkStarted();
        byte[] envelope = Envelope.encode(input, codec);
        int commandBytes = Envelope.commandBytes(input, envelope.length);
        if (commandBytes > commandBytesMax) {
            refuse(ticket, Refused.tooLarge(commandBytes, commandBytesMax));
            return;
        }
        proposals.propose(input, ByteBuffer.wrap(envelope), ticket);
    }

    @Override
    public void read(Runnable query, Ticket ticket) {
        var reason = closed;
        if (reason != null) {
            ticket.refused(reason);
            return;
        }
        checkStarted();
        reads.read(query, ticket);
    }

    @Override
    public void execute(Runnable task) {
        applier.execute(task);
    }

    /** On a member that does not lead: the stamp of the last entry. */
    @Override
    public Instant now() {
        var lead = leading;
        return lead == null ? machine.stamp() : lead.time().now();
    }

    private void checkStarted() {
        if (!started.get()) {
            throw new IllegalStateException("journal " + group + " was not started");
        }
    }

    private void send(Route route, ByteBuffer batch, Consumer<Fate> fate) {
        if (route.leader().equals(home.options().self())) {
            order(route.term(), batch, fate, false);
        } else {
            home.door().forward(group, route, batch, fate);
        }
    }

    /** Gives a batch its stamp and its place, if this member leads in this term. The batch is this journal's from now on. */
    private void order(long term, ByteBuffer batch, Consumer<Fate> fate, boolean forwarded) {
        news.ordered();
        var ordered = new Ordering(what -> {
            fate.accept(what);
            news.settled(what instanceof Fate.Ordered, forwarded);
        });
        synchronized (ordering) {
            var lead = leading;
            if (lead != null && lead.term() == term) {
                Batch.stamp(batch, lead.time().now());
                var task = new Task(batch, ordered, term);
                try {
                    node.apply(task);
                } catch (IllegalStateException e) {
                    ordered.tell(new Fate.NotOrdered(String.valueOf(e.getMessage())));
                }
                return;
            }
        }
        ordered.tell(new Fate.NotOrdered(home.options().self() + " does not lead group " + group + " in term " + term));
    }

    /** A batch from another member: checked before it is ordered, for what is ordered has to be applied by all. */
    void orderForwarded(long term, ByteBuffer batch, Consumer<Fate> fate) {
        try {
            var _ = Batch.read(batch);
        } catch (IllegalArgumentException e) {
            home.report().accept("a batch for group " + group + " was refused: " + e.getMessage());
            fate.accept(new Fate.NotOrdered(String.valueOf(e.getMessage())));
            return;
        }
        order(term, batch, fate, true);
    }

    // ---- the group's news

    private final class Owner implements GroupMachine.Owner {
        @Override
        public void leads(long term, Instant last) {
            var before = led;
            var lead = before != null && before.term() == term
                    ? before
                    : new Leading(term, new LeaderTime(home.clock(), last));
            led = lead;
            leading = lead;
            var _ = applier.with(member -> {
                member.lead();
                return true;
            });
            if (!lead.equals(before)) {
                beginTerm(lead);
            }
        }

        @Override
        public void follows() {
            leading = null;
            var _ = applier.with(member -> {
                member.follow();
                return true;
            });
        }

        @Override
        public void hashed(long index, byte[] hash) {
            if (node.getCurrentConf().size() > 1) {
                var route = proposals.route();
                if (route != null) {
                    // If it is lost, this checkpoint is compared among the others.
                    send(route, Batch.hash(index, hash, home.options().self()), _ -> {});
                }
            }
        }

        @Override
        public void heard(Batch.Hash hash) {
            // Not on JRaft's thread: who asks for the members waits for those who may be waiting for that thread.
            home.threads()
                    .execute(() -> hashes.add(
                                    hash.index(),
                                    hash.member(),
                                    hash.hash(),
                                    node.getCurrentConf().size())
                            .ifPresent(
                                    why -> failed(Refused.Code.STOPPED, "group " + group + " stopped here: " + why)));
        }

        @Override
        public void failed(Refused.Code code, String reason) {
            var cause = entries.failure();
            var why = cause == null ? reason : reason + "; " + cause.getMessage();
            fail(new Refused(code, code == Refused.Code.STORAGE ? why + "; " + TO_DO : why));
        }
    }

    /** JRaft notices by itself when it cannot write, and not always when it cannot read. */
    private void logBroke() {
        node.onError(new RaftException(EnumOutter.ErrorType.ERROR_TYPE_LOG, RaftError.EIO, "the log failed"));
    }

    private void beginTerm(Leading lead) {
        order(
                lead.term(),
                Batch.term(incarnation, home.options().self()),
                fate -> {
                    if (fate instanceof Fate.NotOrdered && lead.equals(leading)) {
                        var _ = home.clock().schedule(AGAIN_AFTER, () -> beginTerm(lead));
                    }
                },
                false);
    }

    /** The group cannot go on at this member: it leaves the others to themselves, and says why. */
    private void fail(Refused reason) {
        synchronized (this) {
            if (trouble != null || closed != null) {
                return;
            }
            trouble = reason.getMessage();
            closed = reason;
        }
        home.report().accept(reason.getMessage());
        // Not on JRaft's threads, nor on the engine's, for it waits for both.
        home.threads().execute(() -> close(reason));
    }

    private String problem(String otherwise) {
        var known = trouble;
        return known == null ? otherwise : known;
    }

    /** The store cannot delete its oldest files because this log still has entries there: a snapshot, and then without them. */
    private void letGo() {
        if (closed == null) {
            node.snapshot(first -> {
                if (first.isOk() && closed == null) {
                    // JRaft keeps the entries between the last two snapshots; asked again at the same place, it lets go
                    // of them.
                    node.snapshot(second -> {
                        if (!second.isOk()) {
                            home.report()
                                    .accept("log " + log.name() + " still holds back the store: "
                                            + second.getErrorMsg());
                        }
                    });
                }
            });
        }
    }

    // ---- members and status

    NodeImpl node() {
        return node;
    }

    Members members() {
        return members;
    }

    boolean isClosed() {
        return closed != null;
    }

    /** How the group stands, as this member sees it. */
    public GroupStatus status() {
        var state = node.getNodeState();
        var role = switch (state) {
            case STATE_LEADER, STATE_TRANSFERRING -> GroupStatus.Role.LEADER;
            case STATE_CANDIDATE -> GroupStatus.Role.CANDIDATE;
            case STATE_FOLLOWER -> GroupStatus.Role.FOLLOWER;
            case STATE_ERROR, STATE_UNINITIALIZED, STATE_SHUTTING, STATE_SHUTDOWN, STATE_END ->
                GroupStatus.Role.STOPPED;
        };
        boolean open = role != GroupStatus.Role.STOPPED && closed == null;
        var route = proposals.route();
        var leader = open ? node.getLeaderId() : null;
        var members = open
                ? node.getCurrentConf().listPeers().stream()
                        .map(RaftMember::of)
                        .sorted()
                        .toList()
                : List.<RaftMember>of();
        return new GroupStatus(
                group,
                open ? role : GroupStatus.Role.STOPPED,
                leader == null || leader.isEmpty() ? Optional.empty() : Optional.of(RaftMember.of(leader)),
                route == null ? 0 : route.term(),
                members,
                machine.appliedIndex(),
                open ? Math.max(0, node.getLastCommittedIndex() - node.getLastAppliedLogIndex()) : 0,
                Optional.ofNullable(trouble));
    }

    // ---- the end

    /** Must not be called on the engine's thread, for it waits for that. If this member leads, the lead goes to another at once. */
    @Override
    public void close() {
        var reason = new Refused(Refused.Code.STOPPED, "journal " + group + " is closed");
        synchronized (this) {
            if (closed == null) {
                closed = reason;
            }
        }
        if (started.get() && trouble == null && !ending.get()) {
            // What is on its way is answered rather than refused, if that does not take long.
            proposals.awaitNone(CLOSE_DRAIN_MAX);
            if (options.snapshotOnClose()) {
                awaitSnapshot();
            }
        }
        close(reason);
    }

    private void awaitSnapshot() {
        var taken = new CompletableFuture<Status>();
        node.snapshot(taken::complete);
        try {
            var status = taken.get(CLOSE_SNAPSHOT_MAX.toSeconds(), TimeUnit.SECONDS);
            if (!status.isOk() && status.getRaftError() != RaftError.EINVAL) {
                home.report().accept("no snapshot of group " + group + " at its end: " + status.getErrorMsg());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            home.report().accept("no snapshot of group " + group + " at its end: " + e);
        }
    }

    private void close(Refused reason) {
        if (ending.compareAndSet(false, true)) {
            try {
                end(reason);
            } finally {
                ended.complete(null);
            }
        }
        ended.join();
    }

    private void end(Refused reason) {
        leading = null;
        proposals.close(reason);
        reads.close(reason);
        if (node.getNodeState() != State.STATE_UNINITIALIZED) {
            leave();
        }
        applier.end(reason).join();
        // Those who came while it ended.
        proposals.close(reason);
        reads.close(reason);
        applier.close();
        home.closed(group);
    }

    /** JRaft has no bound of its own for this, and a lock that it left taken would hold up the whole process. */
    private void leave() {
        var gone = new CompletableFuture<Void>();
        Thread.ofVirtual().start(() -> {
            try {
                node.shutdown();
                node.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                gone.complete(null);
            }
        });
        try {
            gone.get(CLOSE_MAX.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            home.report().accept("group " + group + " did not end within " + CLOSE_MAX.toSeconds() + " s: " + e);
        }
    }

    private static void refuse(@Nullable Ticket ticket, Refused reason) {
        if (ticket != null) {
            ticket.refused(reason);
        }
    }
}
