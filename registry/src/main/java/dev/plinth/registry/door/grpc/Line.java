package dev.plinth.registry.door.grpc;

import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.Status;

/** The way from a connection to its client, whatever carries it. From any thread; nothing waits. */
interface Line {
    /** So many messages more may come than were asked for so far. */
    void request(int messages);

    /** Whether there is room to say something; if not, the connection is told when there is. */
    boolean isReady();

    void say(ServerMessage message);

    /** The end, and nothing was wrong. */
    void complete();

    void fail(Status why);
}
