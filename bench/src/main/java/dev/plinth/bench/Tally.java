package dev.plinth.bench;

import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Snapshot;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** An engine that counts its commands: it costs nothing, so what is measured is the journal. */
final class Tally implements Engine<ByteBuffer, Long, Void, Long> {
    /** Bytes as they are. */
    private static final Codec<ByteBuffer> COMMANDS = new Codec<>() {
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

    private static final Codec<Long> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(Long value) {
            return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        }

        @Override
        public Long decode(ByteBuffer bytes) {
            return bytes.getLong();
        }
    };

    private static final Codec<Void> NO_EFFECT = new Codec<>() {
        @Override
        public byte[] encode(Void value) {
            throw new IllegalArgumentException("there are no effects");
        }

        @Override
        public Void decode(ByteBuffer bytes) {
            throw new IllegalArgumentException("there are no effects");
        }
    };

    static final Codecs<ByteBuffer, Long, Void> CODECS = new Codecs<>(COMMANDS, OUTCOMES, NO_EFFECT);
    static final Performer<Void, ByteBuffer> NO_EFFECTS =
            (id, effect, attempt, end) -> end.failed("there are no effects");

    private long count;

    @Override
    public Long apply(ByteBuffer command, Context<Void> context) {
        count++;
        return count;
    }

    @Override
    public void tick(Context<Void> context) {
        throw new IllegalStateException("nothing is due");
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<Long> view(String key) {
        return Optional.empty();
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return List.of();
    }

    @Override
    public Snapshot snapshot() {
        long now = count;
        return out -> new DataOutputStream(out).writeLong(now);
    }

    @Override
    public void restore(InputStream state) throws IOException {
        count = new DataInputStream(state).readLong();
    }
}
