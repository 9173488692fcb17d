package dev.plinth.kernel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers what each client was told, so that a command that comes twice takes place once. */
final class Sessions<O> {
    /*
     * A client opens its session through the journal and is named by the entry's index, so a name never comes back: a command of
     * an expired session is refused and cannot be taken for a new one. (Sessions that spring up with the first command, as some
     * systems have them, double a command that is repeated after the expiry.)
     *
     * Of each client the last SESSION_WINDOW outcomes are kept, by sequence modulo the window. Commands of one client may
     * overtake one another inside the window.
     *
     * Sessions are ordered by their last use, in log time: the map is in access order, so the idle ones are its first.
     */
    private static final int WINDOW = Limits.SESSION_WINDOW;

    /** Whether a command was here before. */
    sealed interface Seen<O> {
        record First<O>() implements Seen<O> {}

        record Before<O>(O outcome) implements Seen<O> {}

        record Not<O>(Refused reason) implements Seen<O> {}
    }

    private static final class Session {
        Instant lastUse;
        long highest;
        final @Nullable Object[] outcomes;
        final long[] sequences;

        Session(Instant lastUse) {
            this(lastUse, 0, new long[WINDOW], new @Nullable Object[WINDOW]);
        }

        private Session(Instant lastUse, long highest, long[] sequences, @Nullable Object[] outcomes) {
            this.lastUse = lastUse;
            this.highest = highest;
            this.sequences = sequences;
            this.outcomes = outcomes;
        }

        /** The outcomes are immutable, the arrays are not. */
        Session copy() {
            return new Session(lastUse, highest, sequences.clone(), outcomes.clone());
        }
    }

    private final LinkedHashMap<Long, Session> byClient = new LinkedHashMap<>(16, 0.75f, true);

    /** Returns the new client's id, or why there can be none. */
    Object open(long index, Instant now) {
        if (byClient.size() >= Limits.SESSIONS_MAX) {
            return Refused.overloaded(Limits.SESSIONS_MAX + " sessions are open", Duration.ofSeconds(1));
        }
        byClient.put(index, new Session(now));
        return new ClientId(index);
    }

    boolean close(ClientId client) {
        return byClient.remove(client.value()) != null;
    }

    /** Drops the sessions that nobody has used for so long. */
    void expire(Instant now) {
        while (!byClient.isEmpty()) {
            var oldest = byClient.firstEntry();
            if (oldest.getValue().lastUse.plus(Limits.SESSION_IDLE_MAX).isAfter(now)) {
                return;
            }
            byClient.remove(oldest.getKey());
        }
    }

    @SuppressWarnings("unchecked") // only outcomes of this engine are recorded
    Seen<O> lookUp(CommandId id, Instant now) {
        var session = byClient.get(id.client().value());
        if (session == null) {
            return new Seen.Not<>(new Refused(
                    Refused.Code.SESSION_EXPIRED, "client " + id.client().value() + " has no session; open a new one"));
        }
        session.lastUse = now;
        int slot = (int) (id.sequence() % WINDOW);
        if (session.sequences[slot] == id.sequence()) {
            var outcome = session.outcomes[slot];
            if (outcome == null) {
                throw new IllegalStateException("no outcome recorded for " + id);
            }
            return new Seen.Before<>((O) outcome);
        }
        if (id.sequence() <= session.highest - WINDOW) {
            return new Seen.Not<>(new Refused(
                    Refused.Code.SEQUENCE_TOO_OLD,
                    "sequence " + id.sequence() + " of client " + id.client().value()
                            + " lies before its window, which ends at " + session.highest));
        }
        return new Seen.First<>();
    }

    void record(CommandId id, O outcome) {
        var session = byClient.get(id.client().value());
        if (session == null) {
            throw new IllegalStateException("no session for " + id);
        }
        int slot = (int) (id.sequence() % WINDOW);
        session.sequences[slot] = id.sequence();
        session.outcomes[slot] = outcome;
        session.highest = Math.max(session.highest, id.sequence());
    }

    private record Named(long client, Session session) {}

    @SuppressWarnings("unchecked") // only outcomes of this engine are recorded
    Snapshot snapshot(Codec<O> codec) {
        List<Named> copies = new ArrayList<>(byClient.size());
        byClient.forEach((client, session) -> copies.add(new Named(client, session.copy())));
        return out -> {
            // In the order of last use: it is part of the state, and the same on every member.
            var data = new DataOutputStream(out);
            data.writeInt(copies.size());
            for (var named : copies) {
                var copy = named.session();
                data.writeLong(named.client());
                Stamps.write(data, copy.lastUse);
                data.writeLong(copy.highest);
                for (int slot = 0; slot < WINDOW; slot++) {
                    data.writeLong(copy.sequences[slot]);
                    var outcome = copy.outcomes[slot];
                    byte[] bytes = outcome == null ? new byte[0] : codec.encode((O) outcome);
                    data.writeInt(outcome == null ? -1 : bytes.length);
                    data.write(bytes);
                }
            }
            data.flush();
        };
    }

    void restore(DataInputStream in, Codec<O> codec) throws IOException {
        byClient.clear();
        int count = in.readInt();
        if (count < 0 || count > Limits.SESSIONS_MAX) {
            throw new IOException("a snapshot with " + count + " sessions; the limit is " + Limits.SESSIONS_MAX);
        }
        for (int i = 0; i < count; i++) {
            long client = in.readLong();
            var session = new Session(Stamps.read(in));
            session.highest = in.readLong();
            for (int slot = 0; slot < WINDOW; slot++) {
                session.sequences[slot] = in.readLong();
                int length = in.readInt();
                if (length >= 0) {
                    session.outcomes[slot] = codec.decode(ByteBuffer.wrap(Stamps.readBytes(in, length)));
                }
            }
            byClient.put(client, session);
        }
    }
}
