package dev.plinth.server.cluster;

import dev.plinth.raft.GroupStatus;
import dev.plinth.raft.RaftMember;
import dev.plinth.server.ClusterConfiguration;
import dev.plinth.server.Listen;
import dev.plinth.wire.cluster.v1.Group;
import dev.plinth.wire.cluster.v1.Role;
import dev.plinth.wire.cluster.v1.Server;

/** Servers and groups as messages. */
final class ClusterMessages {
    private ClusterMessages() {}

    static Server message(ClusterConfiguration.Server server) {
        return Server.newBuilder()
                .setName(server.name())
                .setRaft(server.raft().toString())
                .setHttp(server.http().toString())
                .build();
    }

    /** Refuses one that is not as expected. */
    static ClusterConfiguration.Server server(Server message) {
        try {
            return new ClusterConfiguration.Server(
                    message.getName(), RaftMember.parse(message.getRaft()), Listen.parse(message.getHttp()));
        } catch (IllegalArgumentException e) {
            throw ClusterProblem.invalid("server: expected " + e.getMessage());
        }
    }

    static Group message(GroupStatus group) {
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
