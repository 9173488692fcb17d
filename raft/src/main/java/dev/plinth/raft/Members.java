package dev.plinth.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.error.RaftError;
import dev.plinth.kernel.Refused;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** The members of one group, and which of them leads: changed by the leader, asked for at any member. */
final class Members {
    private static final Duration LEADER_HINT = Duration.ofMillis(200);
    private static final Duration CHANGE_MAX = Duration.ofMinutes(5);

    private final String group;
    private final NodeImpl node;
    private final RaftDoor door;
    private final RaftMember self;
    private final BooleanSupplier closed;

    Members(String group, NodeImpl node, RaftDoor door, RaftMember self, BooleanSupplier closed) {
        this.group = group;
        this.node = node;
        this.door = door;
        this.self = self;
        this.closed = closed;
    }

    CompletableFuture<Void> change(MemberChange change, RaftMember member) {
        var leader = closed.getAsBoolean() ? null : node.getLeaderId();
        if (leader == null || leader.isEmpty()) {
            return CompletableFuture.failedFuture(new Refused(
                    Refused.Code.NOT_LEADER,
                    "group " + group + " has no leader at the moment",
                    Optional.of(LEADER_HINT)));
        }
        var to = RaftMember.of(leader);
        var done = new CompletableFuture<Void>();
        if (to.equals(self)) {
            change.on(node, member, status -> changed(status, done));
            return done;
        }
        var _ = door.ask(to, change.request(group, to, member), CHANGE_MAX).whenComplete((answer, failed) -> {
            if (failed != null) {
                done.completeExceptionally(new Refused(
                        Refused.Code.UNKNOWN,
                        "the members of group " + group + " may have changed: " + failed.getMessage()));
            } else {
                changed(MemberChange.status(answer), done);
            }
        });
        return done;
    }

    private void changed(Status status, CompletableFuture<Void> done) {
        if (status.isOk()) {
            done.complete(null);
            return;
        }
        boolean other = status.getRaftError() == RaftError.EBUSY || status.getRaftError() == RaftError.EPERM;
        done.completeExceptionally(new Refused(
                other ? Refused.Code.NOT_LEADER : Refused.Code.UNKNOWN,
                "the members of group " + group + " did not change: " + status.getErrorMsg(),
                Optional.of(LEADER_HINT)));
    }

    void transferLead(RaftMember to) {
        var status = node.transferLeadershipTo(to.peer());
        if (!status.isOk()) {
            throw new Refused(
                    Refused.Code.NOT_LEADER,
                    "the lead of group " + group + " does not go to " + to + ": " + status.getErrorMsg(),
                    Optional.of(LEADER_HINT));
        }
    }
}
