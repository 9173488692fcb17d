package dev.plinth.registry.door.grpc;

import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;

/** A stream of gRPC's. */
record ObservedLine(ServerCallStreamObserver<ServerMessage> call) implements Line {
    @Override
    public void request(int messages) {
        call.request(messages);
    }

    @Override
    public boolean isReady() {
        return call.isReady();
    }

    @Override
    public void say(ServerMessage message) {
        call.onNext(message);
    }

    @Override
    public void complete() {
        call.onCompleted();
    }

    @Override
    public void fail(Status why) {
        call.onError(why.asRuntimeException());
    }
}
