package dev.plinth.simulator;

import dev.plinth.kernel.Coverage;
import dev.plinth.registry.door.grpc.RegistryDoor;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.function.Consumer;

/** A gRPC stream between a client and the door, without a transport: in order, with flow control, until it hangs or tears. */
final class Line {
    /** Messages on their way to the client before the transport says that it is not ready. */
    private static final int READY_BELOW = 6;

    private final Coverage coverage;
    private Consumer<ServerMessage> received;
    private Runnable broken;
    private final ArrayDeque<ClientMessage> toServer = new ArrayDeque<>();
    private final ArrayDeque<ServerMessage> toClient = new ArrayDeque<>();
    private final Call call = new Call();
    private StreamObserver<ClientMessage> server;
    private int requested;
    private boolean hangs;

    /** The server ended it; the client learns when it has read what came before. */
    private boolean endedByServer;

    private boolean brokenAtServer;
    private boolean brokenAtClient;

    Line(Coverage coverage, Consumer<ServerMessage> received, Runnable broken) {
        this.coverage = coverage;
        this.received = received;
        this.broken = broken;
    }

    void open(RegistryDoor door) {
        server = door.connect(call);
    }

    void send(ClientMessage message) {
        toServer.add(message);
    }

    boolean hangs() {
        return hangs;
    }

    void hang(boolean hanging) {
        hangs = hanging;
    }

    /** One message arrives, at the one end or the other. */
    void step(Random random, boolean serverPaused) {
        if (hangs) {
            return;
        }
        if (random.nextBoolean()) {
            if (!serverPaused && !brokenAtServer && !endedByServer && requested > 0 && !toServer.isEmpty()) {
                requested--;
                server.onNext(toServer.remove());
            }
        } else if (!toClient.isEmpty()) {
            boolean wasFull = toClient.size() >= READY_BELOW;
            received.accept(toClient.remove());
            if (wasFull && toClient.size() < READY_BELOW && !brokenAtServer) {
                call.ready.run();
            }
        } else if ((endedByServer || brokenAtServer) && !brokenAtClient) {
            brokenAtClient = true;
            broken.run();
        }
    }

    /** The client does not listen any more, and the server does not know: what is on its way to it may still arrive. */
    void abandon() {
        hangs = false;
        received = _ -> {};
        broken = () -> {};
    }

    /** It tears; the ends learn of it, each in its time. */
    void tear(Random random) {
        coverage.event("line torn");
        toServer.clear();
        if (random.nextBoolean()) {
            toClient.clear();
        }
        clientGone();
    }

    /** The server is told that the client is gone. */
    void clientGone() {
        if (!brokenAtServer && !endedByServer) {
            brokenAtServer = true;
            call.cancelled = true;
            call.cancel.run();
            server.onError(Status.CANCELLED.asRuntimeException());
        }
    }

    /** The server's process is gone. */
    void serverGone() {
        hangs = false;
        brokenAtServer = true;
        toServer.clear();
        toClient.clear();
    }

    /** The stream, as the door sees it. */
    private final class Call extends ServerCallStreamObserver<ServerMessage> {
        private Runnable ready = () -> {};
        private Runnable cancel = () -> {};
        private boolean cancelled;

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {
            cancel = handler;
        }

        @Override
        public void setCompression(String compression) {
            throw new UnsupportedOperationException("no compression here");
        }

        @Override
        public boolean isReady() {
            return !brokenAtServer && toClient.size() < READY_BELOW;
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            ready = handler;
        }

        @Override
        public void disableAutoInboundFlowControl() {
            // Nothing comes that was not asked for.
        }

        @Override
        public void disableAutoRequest() {
            // As above, by its newer name.
        }

        @Override
        public void request(int count) {
            requested += count;
        }

        @Override
        public void setMessageCompression(boolean enable) {
            throw new UnsupportedOperationException("no compression here");
        }

        @Override
        public void onNext(ServerMessage message) {
            if (!brokenAtServer) {
                toClient.add(message);
            }
        }

        @Override
        public void onError(Throwable problem) {
            coverage.event("stream ended by the server");
            endedByServer = true;
        }

        @Override
        public void onCompleted() {
            endedByServer = true;
        }
    }
}
