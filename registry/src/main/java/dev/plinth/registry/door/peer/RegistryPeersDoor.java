package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.Digests;
import dev.plinth.registry.Registry;
import dev.plinth.wire.registry.v1.FollowRequest;
import dev.plinth.wire.registry.v1.FollowUpdate;
import dev.plinth.wire.registry.v1.RegistryPeersGrpc;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Lets other servers follow this one's registry ({@code plinth.registry.v1.RegistryPeers}). */
public final class RegistryPeersDoor extends RegistryPeersGrpc.RegistryPeersImplBase {
    private final Registry registry;
    private final Clock clock;
    private final Executor workers;

    /** @param workers encode and send, so that the engine's thread need not; they refuse nothing, and threads are enough */
    public RegistryPeersDoor(Registry registry, Clock clock, Executor workers) {
        this.registry = registry;
        this.clock = clock;
        this.workers = workers;
    }

    @Override
    public void follow(FollowRequest request, StreamObserver<FollowUpdate> updates) {
        Optional<Digests> digests;
        try {
            digests = request.getDigestsCount() == 0
                    ? Optional.empty()
                    : Optional.of(Digests.of(request.getDigestsList()));
        } catch (IllegalArgumentException e) {
            updates.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        long server = request.getServer() == 0 ? registry.incarnation() : request.getServer();
        var known = digests.filter(_ -> request.getKnownServer() == server).orElseGet(Digests::none);
        new Follower(registry, clock, workers, (ServerCallStreamObserver<FollowUpdate>) updates, server, known).start();
    }
}
