package dev.plinth.registry.door.grpc;

import com.google.protobuf.ByteString;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.rpc.grpc.GrpcCode;
import dev.plinth.rpc.grpc.GrpcService;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.function.Function;

/** A stream on a server of our own. */
final class StreamLine implements Line, GrpcService.Listener {
    /*
     * The server hands on what comes as it comes. What comes before it was asked for waits here, and its client is given no more room
     * until it is taken: so no more is here than fits that room.
     */
    private static final System.Logger LOG = System.getLogger(StreamLine.class.getName());

    /** Small messages take more here than they did on their way. */
    static final int EARLY_MAX = 4_096;

    private final GrpcCall call;
    private final Connection connection;

    // All under the lock of what is early.
    private final ArrayDeque<Said> early = new ArrayDeque<>();
    private int wanted;
    private boolean heardAll;

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
        boolean tooMany = false;
        synchronized (early) {
            if (wanted > 0) {
                wanted--;
                connection.enqueue(new Said(message));
            } else if (early.size() < EARLY_MAX) {
                early.add(new Said(message));
                call.hear(false);
                return;
            } else {
                tooMany = true;
            }
        }
        if (tooMany) {
            fail(Status.RESOURCE_EXHAUSTED.withDescription(
                    EARLY_MAX + " requests wait to be read: expected fewer that are not answered"));
            connection.broken();
        } else {
            connection.takeTurns();
        }
    }

    @Override
    public void request(int messages) {
        boolean last;
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
            last = early.isEmpty() && heardAll;
        }
        connection.takeTurns();
        if (last) {
            connection.completed();
        }
    }

    @Override
    public void halfClosed() {
        synchronized (early) {
            heardAll = true;
            if (!early.isEmpty()) {
                return;
            }
        }
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
        if (why.getCause() != null) {
            LOG.log(Level.ERROR, "a stream's door failed", why.getCause());
        }
        call.end(GrpcCode.of(why.getCode().value()), why.getDescription() == null ? "" : why.getDescription());
    }
}
