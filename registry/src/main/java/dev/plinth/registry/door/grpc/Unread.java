package dev.plinth.registry.door.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.wire.registry.v1.ClientMessage;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.Executor;

/** What a client said and nobody read so far. In the turns of its connection. */
final class Unread {
    /*
     * A large message is read only when it has come through a gate that lets few of all connections in at a time, so that clients which
     * come back all at once are taken one after the other, as fast as the registry takes them, and need not be refused. What a client
     * says after it waits with it, but for a sign of life.
     */

    /** Who reads. */
    interface Reader {
        /** Whether a message that was taken has more to it, so that no other can be: then {@link Unread#taken} comes. */
        boolean isBusy();

        void take(ClientMessage message);

        void unreadable(String why);
    }

    private final Gate large;
    private final Executor turns;
    private final Reader reader;
    private final ArrayDeque<Said> waiting = new ArrayDeque<>();
    private boolean atGate;
    private boolean within;
    private boolean closed;

    /** @param turns where what is let in has its turn */
    Unread(Gate large, Executor turns, Reader reader) {
        this.large = large;
        this.turns = turns;
        this.reader = reader;
    }

    void hear(Said said) {
        if (said.isLarge()) {
            waiting.add(said);
            goOn();
            return;
        }
        var message = read(said);
        if (message.isEmpty()) {
            return;
        }
        boolean inTurn = waiting.isEmpty() && !reader.isBusy();
        if (inTurn || message.get().hasKeepAlive()) {
            reader.take(message.get());
        } else {
            waiting.add(said);
        }
    }

    /** Reads what waits, as far as it may. */
    void goOn() {
        while (!closed && !reader.isBusy() && !waiting.isEmpty()) {
            if (waiting.element().isLarge() && !within) {
                enter();
                return;
            }
            read(waiting.remove()).ifPresent(reader::take);
            if (!reader.isBusy()) {
                taken();
            }
        }
    }

    private Optional<ClientMessage> read(Said said) {
        try {
            return Optional.of(said.read());
        } catch (InvalidProtocolBufferException e) {
            reader.unreadable("a message cannot be read: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void enter() {
        if (!atGate) {
            atGate = true;
            large.ask(() -> turns.execute(() -> {
                atGate = false;
                within = true;
                if (closed) {
                    taken();
                } else {
                    goOn();
                }
            }));
        }
    }

    /** What was read last has been taken as a whole: others may be let in. */
    void taken() {
        if (within) {
            within = false;
            large.leave();
        }
    }

    /** Nothing more is read. */
    void close() {
        closed = true;
        waiting.clear();
        taken();
    }
}
