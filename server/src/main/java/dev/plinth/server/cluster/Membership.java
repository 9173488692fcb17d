package dev.plinth.server.cluster;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.raft.GroupStatus;
import dev.plinth.raft.RaftMember;
import dev.plinth.raft.RaftNode;
import dev.plinth.server.ClusterConfiguration.Server;
import dev.plinth.wire.cluster.v1.AddMemberRequest;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.ClusterGrpc.ClusterBlockingStub;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.IntroduceRequest;
import dev.plinth.wire.cluster.v1.RemoveServerRequest;
import dev.plinth.wire.cluster.v1.TransferLeadRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This server's place in its cluster: who comes and goes, and where the others are. Methods wait; call them on virtual threads. */
public final class Membership implements AutoCloseable {
    /*
     * A server comes in two steps. First it is introduced: everybody writes down its name and its addresses. Then it is taken into the
     * groups one by one, by their leaders, each when it has caught up. Each step may be repeated, so whoever is interrupted begins anew.
     * A server goes the other way round. What a server misses while it is away it learns afterwards: from its groups' logs who is a
     * member, and from the other servers what they are called.
     */
    private static final Logger log = LoggerFactory.getLogger(Membership.class);

    private static final Duration ASK_MAX = Duration.ofSeconds(2);
    private static final Duration CATCH_UP_MAX = Duration.ofMinutes(5);
    private static final Duration CHANGE_MAX = Duration.ofSeconds(30);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration AGAIN_AFTER = Duration.ofMillis(200);
    private static final Duration LEAD_LOOK = Duration.ofMillis(10);

    private final Path data;
    private final RaftNode node;
    private final PeerChannels channels;
    private final Clock clock;
    private final List<Consumer<List<Server>>> followers = new ArrayList<>();
    private final CompletableFuture<Void> left = new CompletableFuture<>();

    /** Names that were introduced in this life and may not be members yet. Guarded by this. */
    private final Set<String> expected = new HashSet<>();

    /** Changed under the lock, read by all. */
    private volatile Roster roster;

    private volatile boolean closed;

    /** @param channels led to the others from now on */
    public Membership(Path data, Roster roster, RaftNode node, PeerChannels channels, Clock clock) {
        this.data = data;
        this.roster = roster;
        this.node = node;
        this.channels = channels;
        this.clock = clock;
        channels.follow(roster.others());
    }

    /** Begins to look whether somebody came or went whom nobody told this server of. */
    public void start() {
        if (!closed) {
            var _ = clock.schedule(LOOK_EVERY, () -> Thread.ofVirtual().start(this::look));
        }
    }

    /** Tells of the other servers, now and whenever they change. */
    public synchronized void follow(Consumer<List<Server>> follower) {
        followers.add(follower);
        follower.accept(roster.others());
    }

    public Roster roster() {
        return roster;
    }

    /** Completes when this server was taken out of its cluster. */
    public CompletableFuture<Void> left() {
        return left;
    }

    // ---- coming

    /**
     * Introduces a server to one of the cluster's.
     *
     * @return all servers there are
     */
    public static List<Server> introduce(Server newcomer, Channel to) {
        return ClusterGrpc.newBlockingStub(to)
                .withDeadlineAfter(CHANGE_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .introduce(IntroduceRequest.newBuilder()
                        .setServer(ClusterMessages.message(newcomer))
                        .build())
                .getServersList()
                .stream()
                .map(ClusterMessages::server)
                .toList();
    }

    /** Writes a server down, and has the others do so too. */
    List<Server> introduced(Server server, boolean forwarded) {
        synchronized (this) {
            if (!server.name().equals(roster.self())) {
                expected.add(server.name());
            }
            change(introducing(server));
        }
        if (!forwarded) {
            var request = IntroduceRequest.newBuilder()
                    .setServer(ClusterMessages.message(server))
                    .setForwarded(true)
                    .build();
            for (var other : roster.others()) {
                if (!other.name().equals(server.name())) {
                    tell(other, stub -> stub.introduce(request));
                }
            }
        }
        return roster.servers();
    }

    private Roster introducing(Server server) {
        try {
            return roster.with(server);
        } catch (IllegalArgumentException e) {
            throw ClusterProblem.taken(String.valueOf(e.getMessage()));
        }
    }

    /** Tells one that need not hear it: who is away learns it when it is back. What it refuses is refused. */
    private void tell(Server other, Consumer<ClusterBlockingStub> what) {
        try {
            what.accept(stub(other, ASK_MAX));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.ALREADY_EXISTS) {
                throw e;
            }
            log.warn("server {} was not told, it will ask: {}", other.name(), e.getMessage());
        }
    }

    /** Has a server that is known taken into a group; returns when it has caught up. */
    void add(String group, String name) {
        known(group);
        var member = server(name).raft();
        until(CATCH_UP_MAX, () -> node.addMember(group, member), "server " + name + " into group " + group);
    }

    /**
     * Has this server taken into all its groups, if it is on its way in.
     *
     * @param say told of each step
     * @throws IOException if nobody takes it in within {@code CATCH_UP_MAX}, or it is refused
     */
    public void comeIn(Consumer<String> say) throws IOException {
        if (roster.standing() != Roster.Standing.JOINING) {
            return;
        }
        for (var group : node.status()) {
            say.accept("joining group " + group.group() + " …");
            askToBeAdded(group.group());
            until(
                    CATCH_UP_MAX,
                    () -> status(group.group()).members().contains(node.self()),
                    "the news that this server is a member of group " + group.group());
            say.accept("joined group " + group.group() + ", caught up to its input "
                    + status(group.group()).applied());
        }
        synchronized (this) {
            change(roster.as(Roster.Standing.MEMBER));
        }
        say.accept("server " + roster.self() + " is a member of the cluster of "
                + String.join(", ", roster.servers().stream().map(Server::name).toList()));
    }

    private void askToBeAdded(String group) throws IOException {
        long end = clock.nanoTime() + CATCH_UP_MAX.toNanos();
        var request = AddMemberRequest.newBuilder()
                .setGroup(group)
                .setServer(roster.self())
                .build();
        String reason = "there is no other server";
        while (clock.nanoTime() < end && !closed) {
            for (var other : roster.others()) {
                try {
                    var _ = stub(other, CATCH_UP_MAX).addMember(request);
                    return;
                } catch (StatusRuntimeException e) {
                    reason = "server " + other.name() + " says " + e.getStatus().getCode() + " "
                            + e.getStatus().getDescription();
                    if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                        // It was started again, and forgot whom it expected.
                        introduceAgain(other);
                    }
                }
            }
            LockSupport.parkNanos(AGAIN_AFTER.toNanos());
        }
        throw new IOException("server " + roster.self() + " was not taken into group " + group + ": " + reason);
    }

    private void introduceAgain(Server other) {
        var request = IntroduceRequest.newBuilder()
                .setServer(ClusterMessages.message(roster.own()))
                .build();
        tell(other, stub -> stub.introduce(request));
    }

    // ---- going

    /** Takes a server out of everything. Returns whether that server itself did it, and stops now. */
    boolean remove(String name) {
        var target = server(name);
        boolean self = name.equals(roster.self());
        if (!self) {
            demandMajorityWithout(name);
            try {
                return stub(target, CHANGE_MAX.multipliedBy(2))
                        .removeServer(
                                RemoveServerRequest.newBuilder().setServer(name).build())
                        .getStops();
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || answers(target)) {
                    throw e;
                }
            }
            takeOut(target);
            forget(name);
            others().forEach(other -> tell(other, stub -> stub.removeServer(forgetting(name))));
            return false;
        }
        demandMajorityWithout(name);
        handOver();
        takeOut(target);
        others().forEach(other -> tell(other, stub -> stub.removeServer(forgetting(name))));
        synchronized (this) {
            change(roster.as(Roster.Standing.LEFT));
        }
        return true;
    }

    private static RemoveServerRequest forgetting(String name) {
        return RemoveServerRequest.newBuilder().setServer(name).setForget(true).build();
    }

    /** This server has left: told when its answer is on its way. */
    void gone() {
        left.complete(null);
    }

    /** It is a member of nothing any more. */
    void forget(String name) {
        synchronized (this) {
            expected.remove(name);
            if (!name.equals(roster.self())) {
                change(roster.without(name));
            }
        }
    }

    private void takeOut(Server target) {
        for (var group : node.status()) {
            until(
                    CHANGE_MAX,
                    () -> node.removeMember(group.group(), target.raft()),
                    "server " + target.name() + " out of group " + group.group());
        }
    }

    /** The others must be able to go on by themselves, and to agree that it is gone. */
    private void demandMajorityWithout(String name) {
        var rest = roster.servers().stream()
                .filter(server -> !server.name().equals(name))
                .toList();
        if (rest.isEmpty()) {
            throw ClusterProblem.refused("server " + name + " is the last one: stop it instead");
        }
        var there = rest.stream().filter(this::answers).map(Server::name).toList();
        int majority = rest.size() / 2 + 1;
        if (there.size() < majority) {
            throw ClusterProblem.refused("without server " + name + " there are " + rest.size() + " servers, of which "
                    + majority + " have to run, and "
                    + (there.isEmpty() ? "none does" : "only " + String.join(", ", there) + " does")
                    + "; start the others, or remove those that will not come back first");
        }
    }

    /** Whether it runs, and takes part in all its groups. */
    private boolean answers(Server server) {
        if (server.name().equals(roster.self())) {
            return node.status().stream().allMatch(group -> group.trouble().isEmpty());
        }
        try {
            return stub(server, ASK_MAX).getCluster(GetClusterRequest.getDefaultInstance()).getGroupsList().stream()
                    .allMatch(group -> group.getTrouble().isEmpty());
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    // ---- leads

    /** Hands every lead that this server has to another one that runs. Returns when nothing is led here, or nobody takes it. */
    public void handOver() {
        var to = others().stream().filter(this::answers).map(Server::raft).toList();
        var led = node.status().stream()
                .filter(group -> group.role() == GroupStatus.Role.LEADER)
                .toList();
        List<String> under = new ArrayList<>();
        for (int i = 0; i < led.size(); i++) {
            var group = led.get(i);
            var takers = to.stream().filter(group.members()::contains).toList();
            if (takers.isEmpty()) {
                continue;
            }
            try {
                // Not all to the same one.
                node.transferLead(group.group(), takers.get(i % takers.size()));
                under.add(group.group());
            } catch (Refused e) {
                log.warn("the lead of group {} is not handed over: {}", group.group(), e.getMessage());
            }
        }
        for (var group : under) {
            if (!soon(() -> status(group)
                    .leader()
                    .filter(leader -> !leader.equals(node.self()))
                    .isPresent())) {
                log.warn("nobody has taken the lead of group {}: it goes to whom the others elect", group);
            }
        }
    }

    /** Hands the lead of a group to a server, whoever has it. */
    void transfer(String group, String name) {
        known(group);
        var to = server(name);
        var leader =
                status(group).leader().orElseThrow(() -> ClusterProblem.later("group " + group + " has no leader now"));
        if (leader.equals(to.raft())) {
            return;
        }
        if (!leader.equals(node.self())) {
            var other = roster.others().stream()
                    .filter(server -> server.raft().equals(leader))
                    .findFirst()
                    .orElseThrow(() -> ClusterProblem.later("where the leader of group " + group + ", " + leader
                            + ", is to be asked is not known here"));
            var _ = stub(other, CHANGE_MAX)
                    .transferLead(TransferLeadRequest.newBuilder()
                            .setGroup(group)
                            .setServer(name)
                            .build());
            return;
        }
        node.transferLead(group, to.raft());
        if (!soon(() -> status(group).leader().filter(to.raft()::equals).isPresent())) {
            throw ClusterProblem.later("server " + name + " did not take the lead of group " + group + " within "
                    + ASK_MAX.toSeconds() + " s; is it there, and has it caught up?");
        }
    }

    private boolean soon(BooleanSupplier condition) {
        long end = clock.nanoTime() + ASK_MAX.toNanos();
        while (!condition.getAsBoolean()) {
            if (clock.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(LEAD_LOOK.toNanos());
        }
        return true;
    }

    // ---- what nobody told

    private void look() {
        try {
            learn();
        } catch (RuntimeException e) {
            log.warn("the other servers could not be looked for: {}", e.toString());
        } finally {
            start();
        }
    }

    private void learn() {
        var stand = node.status();
        Set<RaftMember> members = new HashSet<>();
        stand.forEach(group -> members.addAll(group.members()));
        boolean certain = stand.stream()
                .allMatch(group -> group.leader().isPresent() && group.trouble().isEmpty() && group.lag() == 0);
        synchronized (this) {
            expected.removeIf(name -> roster.find(name)
                    .filter(server -> members.contains(server.raft()))
                    .isPresent());
            if (certain && members.contains(node.self())) {
                for (var other : roster.others()) {
                    if (!members.contains(other.raft()) && !expected.contains(other.name())) {
                        log.info("server {} is a member of no group any more", other.name());
                        change(roster.without(other.name()));
                    }
                }
            }
        }
        var unknown = members.stream()
                .filter(member -> roster.servers().stream()
                        .noneMatch(server -> server.raft().equals(member)))
                .toList();
        if (!unknown.isEmpty()) {
            others().forEach(other -> askFor(unknown, other));
        }
    }

    private void askFor(List<RaftMember> unknown, Server other) {
        try {
            for (var told : stub(other, ASK_MAX)
                    .getCluster(GetClusterRequest.getDefaultInstance())
                    .getServersList()) {
                var server = ClusterMessages.server(told);
                if (unknown.contains(server.raft())) {
                    introduced(server, true);
                }
            }
        } catch (StatusRuntimeException e) {
            log.debug("server {} does not say who {} are: {}", other.name(), unknown, e.getMessage());
        }
    }

    // ---- common to all

    /** Under the lock. */
    private void change(Roster to) {
        if (to.equals(roster)) {
            return;
        }
        try {
            to.write(data);
        } catch (IOException e) {
            throw ClusterProblem.later("server " + roster.self() + " cannot write down who is in the cluster: " + e);
        }
        boolean others = !to.others().equals(roster.others());
        roster = to;
        if (others) {
            channels.follow(to.others());
            followers.forEach(follower -> follower.accept(to.others()));
        }
    }

    private List<Server> others() {
        return roster.others();
    }

    private ClusterBlockingStub stub(Server server, Duration most) {
        return ClusterGrpc.newBlockingStub(channels.to(server))
                .withDeadlineAfter(most.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Server server(String name) {
        return roster.find(name)
                .orElseThrow(() -> ClusterProblem.unknown("there is no server '" + name + "'; expected one of "
                        + String.join(
                                ", ",
                                roster.servers().stream().map(Server::name).toList())));
    }

    private void known(String group) {
        var names = node.status().stream().map(GroupStatus::group).toList();
        if (!names.contains(group)) {
            throw ClusterProblem.unknown(
                    "there is no group '" + group + "'; expected one of " + String.join(", ", names));
        }
    }

    private GroupStatus status(String group) {
        return node.status().stream()
                .filter(one -> one.group().equals(group))
                .findFirst()
                .orElseThrow(() -> ClusterProblem.later("group " + group + " is closed here"));
    }

    private void until(Duration most, BooleanSupplier condition, String what) throws IOException {
        long end = clock.nanoTime() + most.toNanos();
        while (!condition.getAsBoolean()) {
            if (clock.nanoTime() > end || closed) {
                throw new IOException(what + " did not come within " + most.toSeconds() + " s");
            }
            LockSupport.parkNanos(LEAD_LOOK.toNanos());
        }
    }

    /** Between two leaders, and while another change is under way, a change is refused; asked for again it does no harm. */
    private void until(Duration most, Supplier<CompletableFuture<Void>> change, String what) {
        long end = clock.nanoTime() + most.toNanos();
        Optional<String> reason = Optional.empty();
        while (clock.nanoTime() < end && !closed) {
            try {
                change.get().get(end - clock.nanoTime(), TimeUnit.NANOSECONDS);
                return;
            } catch (ExecutionException e) {
                reason = Optional.ofNullable(
                        e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
            } catch (TimeoutException e) {
                break;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
            LockSupport.parkNanos(AGAIN_AFTER.toNanos());
        }
        throw ClusterProblem.later(
                what + " did not come about within " + most.toSeconds() + " s: " + reason.orElse("no answer"));
    }

    @Override
    public void close() {
        closed = true;
    }
}
