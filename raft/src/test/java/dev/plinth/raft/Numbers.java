package dev.plinth.raft;

import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Codecs;
import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Named numbers. It checks its own feeding: an entry that comes twice, out of order or with an older stamp breaks it, and so does a
 * command with a number that was there before.
 */
final class Numbers implements Engine<Numbers.Command, Numbers.Outcome, Void, Long> {

    /** Adds to a number, or takes its place. */
    record Command(long id, String key, long value, boolean replaces) {
        static Command add(long id, String key, long value) {
            return new Command(id, key, value, false);
        }

        static Command put(long id, String key, long value) {
            return new Command(id, key, value, true);
        }
    }

    /** @param index where the command took place */
    record Outcome(long index, long before, long after) {}

    static final Codecs<Command, Outcome, Void> CODECS = Codecs.withoutEffects(new CommandCodec(), new OutcomeCodec());

    private final TreeMap<String, Long> numbers = new TreeMap<>();
    private final Set<Long> ids = new HashSet<>();
    private long lastIndex;
    private Instant lastStamp = Instant.EPOCH;

    /** Not part of what the log says: makes this one deviate from the others. */
    private volatile boolean flipped;

    /** Not part of the state: commands since this object was made. */
    private int appliedHere;

    int appliedHere() {
        return appliedHere;
    }

    void flip() {
        flipped = true;
    }

    long value(String key) {
        return numbers.getOrDefault(key, 0L);
    }

    int commands() {
        return ids.size();
    }

    @Override
    public Outcome apply(Command command, Context<Void> context) {
        if (context.revision().index() <= lastIndex || context.now().isBefore(lastStamp)) {
            throw new IllegalStateException(
                    context.revision() + " at " + context.now() + " after " + lastIndex + " at " + lastStamp);
        }
        appliedHere++;
        lastIndex = context.revision().index();
        lastStamp = context.now();
        if (!ids.add(command.id())) {
            throw new IllegalStateException("command " + command.id() + " took place before");
        }
        long before = value(command.key());
        long after = command.replaces() ? command.value() : before + command.value();
        numbers.put(command.key(), after);
        context.changed(command.key());
        return new Outcome(lastIndex, before, after);
    }

    @Override
    public void tick(Context<Void> context) {}

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<Long> view(String key) {
        return Optional.ofNullable(numbers.get(key));
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return numbers.tailMap(after, false).keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .limit(limit)
                .toList();
    }

    @Override
    public Snapshot snapshot() {
        var numbersNow = new TreeMap<>(numbers);
        long[] idsNow = ids.stream().mapToLong(id -> id).sorted().toArray();
        long index = lastIndex;
        var stamp = lastStamp;
        long error = flipped ? 1 : 0;
        return out -> {
            var data = new DataOutputStream(out);
            data.writeLong(index + error);
            data.writeLong(stamp.getEpochSecond());
            data.writeInt(stamp.getNano());
            data.writeInt(numbersNow.size());
            for (var number : numbersNow.entrySet()) {
                data.writeUTF(number.getKey());
                data.writeLong(number.getValue());
            }
            data.writeInt(idsNow.length);
            for (long id : idsNow) {
                data.writeLong(id);
            }
            data.flush();
        };
    }

    @Override
    public void restore(InputStream state) throws IOException {
        numbers.clear();
        ids.clear();
        var data = new DataInputStream(state);
        lastIndex = data.readLong();
        lastStamp = Instant.ofEpochSecond(data.readLong(), data.readInt());
        for (int count = data.readInt(); count > 0; count--) {
            numbers.put(data.readUTF(), data.readLong());
        }
        for (int count = data.readInt(); count > 0; count--) {
            ids.add(data.readLong());
        }
    }

    private static final class CommandCodec implements Codec<Command> {
        @Override
        public byte[] encode(Command command) {
            byte[] key = command.key().getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(17 + key.length)
                    .putLong(command.id())
                    .putLong(command.value())
                    .put((byte) (command.replaces() ? 1 : 0))
                    .put(key)
                    .array();
        }

        @Override
        public Command decode(ByteBuffer from) {
            long id = from.getLong();
            long value = from.getLong();
            boolean replaces = from.get() == 1;
            byte[] key = new byte[from.remaining()];
            from.get(key);
            return new Command(id, new String(key, StandardCharsets.UTF_8), value, replaces);
        }
    }

    private static final class OutcomeCodec implements Codec<Outcome> {
        @Override
        public byte[] encode(Outcome outcome) {
            return ByteBuffer.allocate(24)
                    .putLong(outcome.index())
                    .putLong(outcome.before())
                    .putLong(outcome.after())
                    .array();
        }

        @Override
        public Outcome decode(ByteBuffer from) {
            return new Outcome(from.getLong(), from.getLong(), from.getLong());
        }
    }
}
