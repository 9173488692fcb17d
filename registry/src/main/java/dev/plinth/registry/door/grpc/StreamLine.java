package dev.plinth.registry.door.grpc;

import com.google.protobuf.ByteString;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.rpc.grpc.GrpcCode;
import dev.plinth.rpc.grpc.GrpcService;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.function.Function;

/** A stream on a server of our own. */
final class StreamLine implements Line, GrpcService.Listener {
    /*
     * The server hands on what comes as it comes. What comes before it was asked for waits here, and its client is given no more room
     * until it is taken: so no more is here than fits that room.
     */
    private final GrpcCall call;
    private final Connection connection;
    private final ArrayDeque<Said> early = new ArrayDeque<>();

    /** Under the lock of what is early. */
    private int wanted;

    /** @param connect makes the connection that this is the line of */
    StreamLine(GrpcCall call, Function<Line, Connection> connect) {
        this.call = call;
        this.connection = connect.apply(this);
    }

    void start() {
        connection.start();
    }

    @Override
    public void heard(ByteString message) {
        synchronized (early) {
            if (wanted == 0) {
                if (early.isEmpty()) {
                    call.hear(false);
                }
                early.add(new Said(message));
                return;
            }
            wanted--;
            connection.enqueue(new Said(message));
        }
        connection.takeTurns();
    }

    @Override
    public void request(int messages) {
        synchronized (early) {
            wanted += messages;
            if (early.isEmpty()) {
                return;
            }
            while (wanted > 0 && !early.isEmpty()) {
                wanted--;
                connection.enqueue(early.remove());
            }
            if (early.isEmpty()) {
                call.hear(true);
            }
        }
        connection.takeTurns();
    }

    @Override
    public void halfClosed() {
        connection.completed();
    }

    @Override
    public void cancelled() {
        connection.broken();
    }

    @Override
    public void ready() {
        connection.ready();
    }

    @Override
    public boolean isReady() {
        return call.isReady();
    }

    @Override
    public void say(ServerMessage message) {
        call.say(message);
    }

    @Override
    public void complete() {
        call.end(GrpcCode.OK, "");
    }

    @Override
    public void fail(Status why) {
        call.end(GrpcCode.of(why.getCode().value()), why.getDescription() == null ? "" : why.getDescription());
    }
}
