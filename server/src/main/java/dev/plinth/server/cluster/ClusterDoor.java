package dev.plinth.server.cluster;

import dev.plinth.raft.GroupStatus;
import dev.plinth.server.ClusterConfiguration;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.GetClusterResponse;
import dev.plinth.wire.cluster.v1.Group;
import dev.plinth.wire.cluster.v1.Role;
import dev.plinth.wire.cluster.v1.Server;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells how the cluster stands, as this server sees it; of a server that is alone, that it is. */
public final class ClusterDoor extends ClusterGrpc.ClusterImplBase {
    private final Optional<ClusterConfiguration> cluster;
    private final Supplier<List<GroupStatus>> groups;

    public ClusterDoor(Optional<ClusterConfiguration> cluster, Supplier<List<GroupStatus>> groups) {
        this.cluster = cluster;
        this.groups = groups;
    }

    @Override
    public void getCluster(GetClusterRequest request, StreamObserver<GetClusterResponse> answer) {
        var response = GetClusterResponse.newBuilder();
        cluster.ifPresent(of -> {
            response.setSelf(of.self());
            of.servers().forEach(server -> response.addServers(message(server)));
        });
        groups.get().forEach(group -> response.addGroups(message(group)));
        answer.onNext(response.build());
        answer.onCompleted();
    }

    private static Server message(ClusterConfiguration.Server server) {
        return Server.newBuilder()
                .setName(server.name())
                .setRaft(server.raft().toString())
                .setHttp(server.http().toString())
                .build();
    }

    private static Group message(GroupStatus group) {
        var message = Group.newBuilder()
                .setName(group.group())
                .setRole(
                        switch (group.role()) {
                            case LEADER -> Role.ROLE_LEADER;
                            case FOLLOWER -> Role.ROLE_FOLLOWER;
                            case CANDIDATE -> Role.ROLE_CANDIDATE;
                            case STOPPED -> Role.ROLE_STOPPED;
                        })
                .setTerm(group.term())
                .setApplied(group.applied())
                .setLag(group.lag());
        group.leader().ifPresent(leader -> message.setLeader(leader.toString()));
        group.members().forEach(member -> message.addMembers(member.toString()));
        group.trouble().ifPresent(message::setTrouble);
        return message.build();
    }
}
