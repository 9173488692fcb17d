package dev.plinth.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.rpc.CliRequests;
import com.alipay.sofa.jraft.rpc.RpcRequests;
import com.alipay.sofa.jraft.rpc.RpcResponseFactory;
import com.google.protobuf.Message;

/** A member comes, or goes: asked of the leader, here or over the wire. */
enum MemberChange {
    ADD {
        @Override
        void on(Node leader, RaftMember member, Closure done) {
            leader.addPeer(member.peer(), done);
        }

        @Override
        Message request(String group, RaftMember leader, RaftMember member) {
            return CliRequests.AddPeerRequest.newBuilder()
                    .setGroupId(group)
                    .setLeaderId(leader.toString())
                    .setPeerId(member.toString())
                    .build();
        }
    },
    REMOVE {
        @Override
        void on(Node leader, RaftMember member, Closure done) {
            leader.removePeer(member.peer(), done);
        }

        @Override
        Message request(String group, RaftMember leader, RaftMember member) {
            return CliRequests.RemovePeerRequest.newBuilder()
                    .setGroupId(group)
                    .setLeaderId(leader.toString())
                    .setPeerId(member.toString())
                    .build();
        }
    };

    abstract void on(Node leader, RaftMember member, Closure done);

    abstract Message request(String group, RaftMember leader, RaftMember member);

    /** What the leader's answer says. */
    static Status status(Message answer) {
        var error = answer;
        // JRaft answers with an error, or with an answer that has one inside.
        var field = answer.getDescriptorForType().findFieldByNumber(RpcResponseFactory.ERROR_RESPONSE_NUM);
        if (field != null && answer.hasField(field) && answer.getField(field) instanceof Message inside) {
            error = inside;
        }
        return error instanceof RpcRequests.ErrorResponse response && response.getErrorCode() != 0
                ? new Status(response.getErrorCode(), "%s", response.getErrorMsg())
                : Status.OK();
    }
}
