package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Watcher;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Registration;
import dev.plinth.registry.door.EndpointMessages;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import org.jspecify.annotations.Nullable;

/** What one stream has still to be told of one service: at most one batch, cut into messages of a bounded size. */
final class ServiceStream {
    /** Bytes of endpoints in one message, but for the one that passes it: far below the 4 MiB that gRPC takes by default. */
    static final int MESSAGE_BYTES_MAX = 1 << 20;

    final String service;
    final Watcher.Subscription subscription;
    private Watcher.@Nullable Batch<Registration> batch;
    private int sent;

    /** The client named what it knows, and has not been told anything yet. */
    private boolean waits;

    /** @param knows whether the client named what it knows of the service */
    ServiceStream(String service, boolean knows, Watcher.Subscription subscription) {
        this.service = service;
        this.subscription = subscription;
        this.waits = knows;
    }

    boolean waits() {
        return waits;
    }

    void take(Watcher.Batch<Registration> next) {
        batch = next;
        sent = 0;
    }

    boolean hasMore() {
        return batch != null;
    }

    /** The next message. After the last one of a batch the next batch is asked for: so it is asked for when this one is sent. */
    ServiceUpdate next() {
        if (batch == null) {
            throw new IllegalStateException("nothing is to be said of " + service);
        }
        var update = ServiceUpdate.newBuilder()
                .setService(service)
                .setRevision(batch.revision().index())
                .setReset(batch.reset() && sent == 0)
                .setUnchanged(waits && !batch.reset());
        waits = false;
        int bytes = 0;
        while (sent < batch.items().size() && bytes < MESSAGE_BYTES_MAX) {
            var item = batch.items().get(sent);
            if (item.view().isPresent()) {
                var endpoint = EndpointMessages.message(item.view().get().endpoint());
                bytes += endpoint.getSerializedSize();
                update.addEndpoints(endpoint);
            } else {
                var name = Messages.message(EndpointName.ofKey(item.key()));
                bytes += name.getSerializedSize();
                update.addRemoved(name);
            }
            sent++;
        }
        if (sent == batch.items().size()) {
            update.setComplete(batch.complete());
            batch = null;
            subscription.next();
        }
        return update.build();
    }
}
