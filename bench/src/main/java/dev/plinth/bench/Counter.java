package dev.plinth.bench;

import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Entry;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Revision;
import dev.plinth.kernel.Snapshot;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A member that costs nothing, so that what is measured is the journal. */
final class Counter implements Journal.Member<ByteBuffer> {

    /** Commands are bytes, and are written as they are. */
    static final Codec<ByteBuffer> CODEC = new Codec<>() {
        @Override
        public byte[] encode(ByteBuffer value) {
            byte[] bytes = new byte[value.remaining()];
            value.get(value.position(), bytes);
            return bytes;
        }

        @Override
        public ByteBuffer decode(ByteBuffer bytes) {
            return ByteBuffer.wrap(encode(bytes));
        }
    };

    /** Written on the engine's thread; read by who measures. */
    private final AtomicLong count = new AtomicLong();

    /** How many entries there were. */
    long count() {
        return count.get();
    }

    @Override
    public void restore(Revision revision, Instant stamp, InputStream state) throws IOException {
        count.set(new DataInputStream(state).readLong());
    }

    @Override
    public void apply(Entry<ByteBuffer> entry, Journal.@Nullable Ticket ticket) {
        count.incrementAndGet();
        if (ticket instanceof Clients.Client client) {
            client.answer();
        }
    }

    @Override
    public Snapshot snapshot() {
        long now = count.get();
        return out -> new DataOutputStream(out).writeLong(now);
    }

    @Override
    public void lead() {
        // It has nothing to do outside.
    }

    @Override
    public void follow() {
        // The clients ask the journal, wherever the lead is.
    }

    @Override
    public void stopped(Refused reason) {
        // The clients are told by their tickets.
    }
}
