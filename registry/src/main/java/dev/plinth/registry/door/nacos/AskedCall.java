package dev.plinth.registry.door.nacos;

import dev.plinth.wire.nacos.Payload;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** One request of a client, and its one answer. */
final class AskedCall extends ServerCall.Listener<Payload> implements NacosConnection.Asker {
    private final NacosConnection connection;
    private final ServerCall<Payload, Payload> call;
    private @Nullable Payload request;
    private boolean refused;

    AskedCall(NacosConnection connection, ServerCall<Payload, Payload> call) {
        this.connection = connection;
        this.call = call;
        // One more than there may be, so that a second one shows.
        call.request(2);
    }

    @Override
    public void onMessage(Payload message) {
        if (request != null) {
            refuse("two requests in a call: expected one");
            return;
        }
        request = message;
    }

    @Override
    public void onHalfClose() {
        if (request == null) {
            refuse("no request in a call: expected one");
        } else if (!refused) {
            connection.ask(request, this);
        }
    }

    private void refuse(String why) {
        if (!refused) {
            refused = true;
            call.close(Status.INVALID_ARGUMENT.withDescription(why), new Metadata());
        }
    }

    @Override
    public void answer(Payload answer) {
        if (!call.isCancelled()) {
            call.sendHeaders(new Metadata());
            call.sendMessage(answer);
            call.close(Status.OK, new Metadata());
        }
    }

    @Override
    public void fail(Throwable failure) {
        if (!call.isCancelled()) {
            call.close(Status.INTERNAL.withDescription("Nacos's door failed").withCause(failure), new Metadata());
        }
    }
}
