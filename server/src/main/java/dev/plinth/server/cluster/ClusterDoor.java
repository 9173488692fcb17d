package dev.plinth.server.cluster;

import dev.plinth.kernel.Refused;
import dev.plinth.raft.GroupStatus;
import dev.plinth.wire.cluster.v1.AddMemberRequest;
import dev.plinth.wire.cluster.v1.AddMemberResponse;
import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.GetClusterResponse;
import dev.plinth.wire.cluster.v1.IntroduceRequest;
import dev.plinth.wire.cluster.v1.IntroduceResponse;
import dev.plinth.wire.cluster.v1.RemoveServerRequest;
import dev.plinth.wire.cluster.v1.RemoveServerResponse;
import dev.plinth.wire.cluster.v1.TransferLeadRequest;
import dev.plinth.wire.cluster.v1.TransferLeadResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells how the cluster stands, as this server sees it, and changes who is in it; of a server that is alone, that it is. */
public final class ClusterDoor extends ClusterGrpc.ClusterImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterDoor.class);

    private final Optional<Membership> membership;
    private final Supplier<List<GroupStatus>> groups;
    private final Executor workers;

    /** @param workers may wait; they refuse nothing */
    public ClusterDoor(Optional<Membership> membership, Supplier<List<GroupStatus>> groups, Executor workers) {
        this.membership = membership;
        this.groups = groups;
        this.workers = workers;
    }

    @Override
    public void getCluster(GetClusterRequest request, StreamObserver<GetClusterResponse> answer) {
        var response = GetClusterResponse.newBuilder();
        membership.map(Membership::roster).ifPresent(roster -> {
            response.setSelf(roster.self());
            roster.servers().forEach(server -> response.addServers(ClusterMessages.message(server)));
        });
        groups.get().forEach(group -> response.addGroups(ClusterMessages.message(group)));
        answer.onNext(response.build());
        answer.onCompleted();
    }

    @Override
    public void introduce(IntroduceRequest request, StreamObserver<IntroduceResponse> answer) {
        answer(answer, cluster -> {
            var response = IntroduceResponse.newBuilder();
            cluster.introduced(ClusterMessages.server(request.getServer()), request.getForwarded())
                    .forEach(server -> response.addServers(ClusterMessages.message(server)));
            return response.build();
        });
    }

    @Override
    public void addMember(AddMemberRequest request, StreamObserver<AddMemberResponse> answer) {
        answer(answer, cluster -> {
            cluster.add(request.getGroup(), request.getServer());
            return AddMemberResponse.getDefaultInstance();
        });
    }

    @Override
    public void removeServer(RemoveServerRequest request, StreamObserver<RemoveServerResponse> answer) {
        answer(answer, cluster -> {
            if (request.getForget()) {
                cluster.forget(request.getServer());
                return RemoveServerResponse.getDefaultInstance();
            }
            return RemoveServerResponse.newBuilder()
                    .setStops(cluster.remove(request.getServer()))
                    .build();
        });
    }

    @Override
    public void transferLead(TransferLeadRequest request, StreamObserver<TransferLeadResponse> answer) {
        answer(answer, cluster -> {
            cluster.transfer(request.getGroup(), request.getServer());
            return TransferLeadResponse.getDefaultInstance();
        });
    }

    private <A> void answer(StreamObserver<A> to, Function<Membership, A> what) {
        workers.execute(() -> {
            A response;
            try {
                response = what.apply(membership.orElseThrow(
                        () -> ClusterProblem.refused("this server is alone: it is a member of no cluster")));
            } catch (StatusRuntimeException e) {
                to.onError(e);
                return;
            } catch (Refused e) {
                to.onError(ClusterProblem.later(String.valueOf(e.getMessage())));
                return;
            } catch (RuntimeException e) {
                LOG.error("a change of the cluster failed", e);
                to.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
                return;
            }
            to.onNext(response);
            to.onCompleted();
            // The door lets go of what is answered before it closes.
            membership
                    .filter(cluster -> cluster.roster().standing() == Roster.Standing.LEFT)
                    .ifPresent(Membership::gone);
        });
    }
}
