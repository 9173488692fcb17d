package dev.plinth.registry.door.grpc;

import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import dev.plinth.wire.registry.v1.ServiceUpdates;
import java.util.ArrayDeque;

/** What one client is yet to be told: answers first, then of each service what is new. In the turns of its connection. */
final class Outbox {
    /*
     * Nothing is written that the transport has no room for. Services take turns, so a large one does not keep the others waiting. With
     * each answer that is written one more request is asked for.
     */

    /** So many bytes of updates go in one message, but for the update that passes it. */
    private static final int UPDATES_BYTES_MAX = 32 << 10;

    private final Line line;
    private final ArrayDeque<ServerMessage> answers = new ArrayDeque<>();
    private final ArrayDeque<ServiceStream> news = new ArrayDeque<>();
    private boolean several;

    Outbox(Line line) {
        this.line = line;
    }

    /** @param may whether the client takes updates of several services in one message */
    void several(boolean may) {
        several = may;
    }

    void answer(ServerMessage message) {
        answers.add(message);
    }

    void news(ServiceStream stream) {
        news.add(stream);
    }

    void remove(ServiceStream stream) {
        news.remove(stream);
    }

    /** Writes what there is room for. */
    void write() {
        while (line.isReady()) {
            if (!answers.isEmpty()) {
                writeAnswer();
            } else if (!news.isEmpty()) {
                line.say(updates());
            } else {
                return;
            }
        }
    }

    private void writeAnswer() {
        line.say(answers.remove());
        line.request(1);
    }

    /** What is next: of one service, or of several if the client takes that and there are any. */
    private ServerMessage updates() {
        var first = nextUpdate();
        if (!several || news.isEmpty()) {
            return ServerMessage.newBuilder().setUpdate(first).build();
        }
        var updates = ServiceUpdates.newBuilder().addUpdates(first);
        int bytes = first.getSerializedSize();
        while (!news.isEmpty() && bytes < UPDATES_BYTES_MAX) {
            var next = nextUpdate();
            bytes += next.getSerializedSize();
            updates.addUpdates(next);
        }
        return ServerMessage.newBuilder().setUpdates(updates).build();
    }

    private ServiceUpdate nextUpdate() {
        var stream = news.remove();
        var update = stream.next();
        if (stream.hasMore()) {
            news.add(stream);
        }
        return update;
    }

    /** Before the end: the answers are few, and tell the client why. */
    void flushAnswers() {
        while (!answers.isEmpty()) {
            writeAnswer();
        }
    }

    void clear() {
        news.clear();
        answers.clear();
    }
}
