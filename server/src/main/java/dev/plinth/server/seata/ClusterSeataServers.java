package dev.plinth.server.seata;

import dev.plinth.raft.GroupStatus;
import dev.plinth.server.ClusterConfiguration;
import dev.plinth.server.Listen;
import dev.plinth.server.cluster.Roster;
import dev.plinth.wire.transactions.v1.ListSeataDoorsRequest;
import dev.plinth.wire.transactions.v1.ListSeataDoorsResponse;
import dev.plinth.wire.transactions.v1.SeataDoor;
import dev.plinth.wire.transactions.v1.SeataDoorsGrpc;
import dev.plinth.wire.transactions.v1.SeataDoorsGrpc.SeataDoorsStub;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The servers of a cluster, led by who leads the group of transactions. */
public final class ClusterSeataServers implements SeataServers, AutoCloseable {
    /*
     * Who the members are and who leads them is the group's to say; where each has its Seata door, only the server itself knows,
     * for it may have taken any free port. So the servers ask each other, and an answer names the doors of third ones as well: a
     * server that starts while another is away still knows its door, and all servers come to the same list.
     *
     * Clients watch at one server and read at another, and compare terms. So a term is made of what is told alone: the group's
     * own term, which grows with each election, and a hash of the list. A counter of changes would differ from server to server,
     * and clients would go round and round between them.
     *
     * While nobody leads, watchers wait: a client does well to keep the leader that it knows until there is another.
     */
    private static final Logger log = LoggerFactory.getLogger(ClusterSeataServers.class);

    private static final long LOOK_MILLIS = 100;

    /** Each so many looks the servers are asked again; at each look, while a door is not known. */
    private static final int LOOKS_PER_ASKING = 10;

    private static final long ASK_MAX_MILLIS = 1_000;
    private static final int HASH_BITS = 20;

    private final Supplier<Roster> roster;
    private final Supplier<List<Channel>> channels;
    private final Supplier<Optional<GroupStatus>> group;
    private final String self;
    private final Map<String, Doors> doors = new ConcurrentHashMap<>();
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("plinth-seata-servers").daemon().factory());

    /**
     * Where clients reach one server.
     *
     * @param metadata where they ask who leads; empty: at the server's HTTP door
     */
    private record Doors(Listen transaction, Optional<Listen> metadata) {
        static Doors of(SeataDoor told) {
            return new Doors(
                    Listen.parse(told.getAddress()),
                    told.getMetadata().isEmpty() ? Optional.empty() : Optional.of(Listen.parse(told.getMetadata())));
        }

        SeataDoor told(String server) {
            return SeataDoor.newBuilder()
                    .setServer(server)
                    .setAddress(transaction.toString())
                    .setMetadata(metadata.map(Listen::toString).orElse(""))
                    .build();
        }
    }

    /** Guarded by this. */
    private View view = new View(0, List.of());

    /** Completes with the next view; guarded by this. */
    private CompletableFuture<View> next = new CompletableFuture<>();

    /** Counted by the looking thread alone. */
    private long looks;

    /**
     * Begins to look and to ask.
     *
     * @param roster who the servers are, this one too
     * @param channels one to each of the others
     * @param own this server's Seata door, as clients reach it
     * @param metadata where they ask this server who leads; empty: at its HTTP door
     * @param group how the group of transactions stands; empty until it is there
     */
    public static ClusterSeataServers open(
            Supplier<Roster> roster,
            Supplier<List<Channel>> channels,
            Listen own,
            Optional<Listen> metadata,
            Supplier<Optional<GroupStatus>> group) {
        var servers = new ClusterSeataServers(roster, channels, new Doors(own, metadata), group);
        var _ = servers.looking.scheduleWithFixedDelay(servers::lookAgain, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return servers;
    }

    private ClusterSeataServers(
            Supplier<Roster> roster,
            Supplier<List<Channel>> channels,
            Doors own,
            Supplier<Optional<GroupStatus>> group) {
        this.roster = roster;
        this.channels = channels;
        this.group = group;
        this.self = roster.get().self();
        doors.put(self, own);
    }

    private void lookAgain() {
        try {
            boolean due = looks++ % LOOKS_PER_ASKING == 0;
            if (due || roster.get().servers().stream().anyMatch(server -> !doors.containsKey(server.name()))) {
                channels.get().forEach(channel -> ask(SeataDoorsGrpc.newStub(channel)));
            }
            group.get().ifPresent(this::see);
        } catch (RuntimeException e) {
            // An exception that got out would end the looking, silently and for ever.
            log.warn("who leads could not be found out; it is tried again", e);
        }
    }

    private void ask(SeataDoorsStub peer) {
        peer.withDeadlineAfter(ASK_MAX_MILLIS, TimeUnit.MILLISECONDS)
                .listSeataDoors(ListSeataDoorsRequest.getDefaultInstance(), new StreamObserver<>() {
                    @Override
                    public void onNext(ListSeataDoorsResponse answer) {
                        learn(answer.getDoorsList());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        // It is away: what it said last stands, and it is asked again.
                    }

                    @Override
                    public void onCompleted() {}
                });
    }

    /** A server's own word replaces what was known of it; what it says of others only fills gaps. */
    private void learn(List<SeataDoor> told) {
        for (int i = 0; i < told.size(); i++) {
            var door = Doors.of(told.get(i));
            if (i == 0) {
                doors.put(told.get(i).getServer(), door);
            } else {
                doors.putIfAbsent(told.get(i).getServer(), door);
            }
        }
    }

    private void see(GroupStatus status) {
        List<Member> members = new ArrayList<>();
        var servers = roster.get().servers().stream()
                .sorted(Comparator.comparing(ClusterConfiguration.Server::name))
                .toList();
        for (var server : servers) {
            var door = doors.get(server.name());
            if (door != null && status.members().contains(server.raft())) {
                boolean leads = status.leader().filter(server.raft()::equals).isPresent();
                members.add(new Member(door.metadata().orElse(server.http()), door.transaction(), leads));
            }
        }
        boolean led = members.stream().anyMatch(Member::leader);
        show(new View(led ? term(status, members) : 0, members));
    }

    private static long term(GroupStatus status, List<Member> members) {
        long hash = members.toString().hashCode() & ((1L << HASH_BITS) - 1);
        return (status.term() << HASH_BITS) | hash;
    }

    private void show(View now) {
        CompletableFuture<View> waiting;
        synchronized (this) {
            boolean news = now.led() && now.term() != view.term();
            view = now;
            if (!news) {
                return;
            }
            waiting = next;
            next = new CompletableFuture<>();
        }
        waiting.complete(now);
    }

    @Override
    public synchronized View now() {
        return view;
    }

    @Override
    public CompletableFuture<View> other(long term) {
        CompletableFuture<View> coming;
        synchronized (this) {
            if (view.led() && view.term() != term) {
                return CompletableFuture.completedFuture(view);
            }
            coming = next.copy();
        }
        return coming.thenCompose(view -> view.term() != term ? CompletableFuture.completedFuture(view) : other(term));
    }

    /** What the other servers are told: this server's door first. */
    List<SeataDoor> doors() {
        List<SeataDoor> all = new ArrayList<>();
        var known = new TreeMap<>(doors);
        Optional.ofNullable(known.remove(self)).map(own -> own.told(self)).ifPresent(all::add);
        known.forEach((server, other) -> all.add(other.told(server)));
        return all;
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
