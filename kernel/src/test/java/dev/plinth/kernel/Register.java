package dev.plinth.kernel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The smallest engine: one number, to which commands add. The outcome is the sum so far. */
final class Register implements Engine<Long, Long, Void, Long> {
    static final Codec<Long> CODEC = new Codec<>() {
        @Override
        public byte[] encode(Long value) {
            return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        }

        @Override
        public Long decode(ByteBuffer bytes) {
            return bytes.getLong();
        }
    };
    static final Codecs<Long, Long, Void> CODECS = Codecs.withoutEffects(CODEC, CODEC);

    private long total;

    long total() {
        return total;
    }

    @Override
    public Long apply(Long command, Context<Void> context) {
        total += command;
        context.changed("total");
        return total;
    }

    @Override
    public void tick(Context<Void> context) {}

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<Long> view(String key) {
        return key.equals("total") ? Optional.of(total) : Optional.empty();
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return "total".startsWith(prefix) && "total".compareTo(after) > 0 ? List.of("total") : List.of();
    }

    @Override
    public Snapshot snapshot() {
        long now = total;
        return out -> new DataOutputStream(out).writeLong(now);
    }

    @Override
    public void restore(InputStream state) throws IOException {
        total = new DataInputStream(state).readLong();
    }
}
