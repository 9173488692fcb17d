package dev.plinth.trust.secrets.door.grpc;

import dev.plinth.trust.secrets.RootGiving;
import dev.plinth.wire.grpc.CallAnswers;
import dev.plinth.wire.secrets.v1.BeginHandoverRequest;
import dev.plinth.wire.secrets.v1.BeginHandoverResponse;
import dev.plinth.wire.secrets.v1.RootKeysGrpc;
import dev.plinth.wire.secrets.v1.TakeRootRequest;
import dev.plinth.wire.secrets.v1.TakeRootResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;

/** Root keys for the cluster's other servers ({@code plinth.secrets.v1.RootKeys}). Nobody needs a token: what is proved decides. */
public final class RootKeysDoor extends RootKeysGrpc.RootKeysImplBase {
    private final RootGiving giving;
    private final CallAnswers calls;

    /** @param workers encode and send; they refuse nothing */
    public RootKeysDoor(RootGiving giving, Executor workers) {
        this.giving = giving;
        this.calls = new CallAnswers(workers, SecretsDoor::status);
    }

    @Override
    public void begin(BeginHandoverRequest request, StreamObserver<BeginHandoverResponse> answers) {
        calls.answer(answers, () -> giving.begin(request));
    }

    @Override
    public void take(TakeRootRequest request, StreamObserver<TakeRootResponse> answers) {
        calls.answer(answers, () -> giving.take(request));
    }
}
