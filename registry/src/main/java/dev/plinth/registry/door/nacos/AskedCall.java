package dev.plinth.registry.door.nacos;

import com.google.protobuf.ByteString;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.rpc.grpc.GrpcCode;
import dev.plinth.rpc.grpc.GrpcService;
import dev.plinth.wire.nacos.Payload;
import org.jspecify.annotations.Nullable;

/** One request of a client, and its one answer. */
final class AskedCall implements GrpcService.Listener, NacosConnection.Asker {
    private final NacosConnection connection;
    private final GrpcCall call;
    private @Nullable Payload request;

    AskedCall(NacosConnection connection, GrpcCall call) {
        this.connection = connection;
        this.call = call;
    }

    @Override
    public void heard(ByteString message) {
        if (request != null) {
            call.end(GrpcCode.INVALID_ARGUMENT, "two requests in a call: expected one");
            return;
        }
        request = NacosDoor.payload(call, message).orElse(null);
    }

    @Override
    public void halfClosed() {
        if (request == null) {
            call.end(GrpcCode.INVALID_ARGUMENT, "no request in a call: expected one");
        } else {
            connection.ask(request, this);
        }
    }

    @Override
    public void answer(Payload answer) {
        call.say(answer);
        call.end(GrpcCode.OK, "");
    }

    @Override
    public void fail(Throwable failure) {
        call.end(GrpcCode.INTERNAL, "Nacos's door failed");
    }
}
