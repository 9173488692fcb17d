package dev.plinth.server;

import dev.plinth.kernel.SegmentStore;
import dev.plinth.raft.RaftNode;
import dev.plinth.server.ClusterConfiguration.Entry;
import dev.plinth.server.ClusterConfiguration.Server;
import dev.plinth.server.cluster.Membership;
import dev.plinth.server.cluster.PeerChannels;
import dev.plinth.server.cluster.Roster;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** How a server finds its cluster when it starts: what it remembers, what it is told, and what is on its disk must agree. */
final class Entrance {
    /*
     * The dangerous mistakes are those in which a server with a past begins anew, or two pasts meet: what was acknowledged would be
     * gone without a word. So a past is never passed over. A server's own as one alone is taken along if that is asked for, and
     * else refused; that of a member goes on with its cluster, and with no other.
     */
    private final Path data;
    private final List<String> groups;

    Entrance(Path data, List<String> groups) {
        this.data = data;
        this.groups = groups;
    }

    /** The configuration with what this server remembers of its cluster. */
    ServerConfiguration remembered(ServerConfiguration configured) throws IOException {
        var roster = Roster.read(data);
        if (roster.isEmpty()) {
            return configured;
        }
        var known = roster.get();
        if (known.standing() == Roster.Standing.LEFT) {
            throw new IOException(
                    data + ": server " + known.self()
                            + " was taken out of its cluster, which has gone on without this data; expected an empty folder, and --join");
        }
        if (configured.cluster().isEmpty()) {
            return configured.in(new ClusterConfiguration(known.self(), known.servers(), Optional.empty()));
        }
        var wanted = configured.cluster().get();
        var own = known.own();
        if (!wanted.self().equals(own.name()) || !wanted.own().raft().equals(own.raft())) {
            throw new IOException(
                    data + ": this is the data of server " + own.name() + " with its Raft door at " + own.raft()
                            + "; expected to be started as that one, not as server " + wanted.self() + " at "
                            + wanted.own().raft());
        }
        return configured;
    }

    /** Who this server is in its cluster, written down; asks a server of the cluster if this one joins. */
    Roster roster(ClusterConfiguration cluster, SegmentStore store, PeerChannels channels) throws IOException {
        var known = Roster.read(data);
        boolean member = pastOfMember(store);
        boolean alone = pastAlone(store);
        if (alone && !(cluster.entry() instanceof Entry.Adopt)) {
            throw new IOException(
                    data + ": this is the data of a server that was alone; it is not passed over. To begin a cluster"
                            + " with it, start it as the only server of its cluster with --adopt; expected an empty folder otherwise");
        }
        if (known.isPresent()) {
            var roster = at(known.get(), cluster);
            roster.write(data);
            return roster;
        }
        var roster = switch (cluster.entry()) {
            case Entry.Found _ ->
                new Roster(
                        cluster.self(),
                        Roster.Standing.MEMBER,
                        cluster.servers().stream().map(Server::raft).toList(),
                        cluster.servers());
            case Entry.Adopt _ -> {
                if (!alone && !member) {
                    throw new IOException(data + ": --adopt: expected the data of a server that was alone, found none");
                }
                if (cluster.servers().size() > 1) {
                    throw new IOException(
                            "--adopt: expected this server as the only one in cluster.servers, for two that know"
                                    + " nothing would outvote it; the others come with --join when it runs");
                }
                yield new Roster(
                        cluster.self(),
                        Roster.Standing.MEMBER,
                        List.of(cluster.own().raft()),
                        cluster.servers());
            }
            case Entry.Join(var http) -> {
                if (member) {
                    throw new IOException(
                            data + ": this is the data of a member of a cluster, and who it was is not known any more;"
                                    + " expected an empty folder to join with");
                }
                yield new Roster(
                        cluster.self(), Roster.Standing.JOINING, List.of(), introduce(cluster.own(), http, channels));
            }
        };
        roster.write(data);
        return roster;
    }

    /** A server that is alone must not begin anew beside what a member stored. */
    void checkAlone(SegmentStore store) throws IOException {
        if (pastOfMember(store)) {
            throw new IOException(data + ": this is the data of a member of a cluster, and " + data.resolve("cluster")
                    + " is missing; expected that file, or the cluster in the configuration");
        }
    }

    /** What is remembered, with this server's HTTP as it is told now. */
    private static Roster at(Roster known, ClusterConfiguration cluster) {
        return known.with(cluster.own());
    }

    private static List<Server> introduce(Server own, Listen http, PeerChannels channels) throws IOException {
        var channel = channels.way(http).build();
        try {
            return Membership.introduce(own, channel);
        } catch (StatusRuntimeException e) {
            throw new IOException(
                    "--join " + http + ": "
                            + (e.getStatus().getDescription() == null
                                    ? e.getStatus().getCode()
                                    : e.getStatus().getDescription()),
                    e);
        } finally {
            channel.shutdownNow();
            try {
                channel.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean pastAlone(SegmentStore store) {
        return groups.stream().map(store::log).anyMatch(log -> log.lastIndex() >= log.firstIndex());
    }

    private boolean pastOfMember(SegmentStore store) {
        return groups.stream().anyMatch(group -> RaftNode.hasPast(group, store));
    }
}
