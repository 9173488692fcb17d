package dev.plinth.simulator;

import dev.plinth.checker.RegisterModel;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Registers by name, written and swapped: the engine whose clients' histories the checker reads. */
final class Registers implements Engine<Registers.Command, RegisterModel.Output<Long>, Void, Long> {

    /** One operation on one register. */
    record Command(String register, RegisterModel.Input<Long> input) {}

    private final TreeMap<String, Long> values = new TreeMap<>();

    Optional<Long> value(String register) {
        return Optional.ofNullable(values.get(register));
    }

    @Override
    public RegisterModel.Output<Long> apply(Command command, Context<Void> context) {
        var step = new RegisterModel<Long>().apply(value(command.register()), command.input());
        if (!step.state().equals(value(command.register()))) {
            values.put(command.register(), step.state().orElseThrow());
            context.changed(command.register());
        }
        return step.output();
    }

    @Override
    public void tick(Context<Void> context) {
        throw new IllegalStateException("nothing waits for time");
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<Long> view(String key) {
        return value(key);
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return values.tailMap(after, false).keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .limit(limit)
                .toList();
    }

    @Override
    public Snapshot snapshot() {
        var now = new TreeMap<>(values);
        return out -> {
            var data = new DataOutputStream(out);
            data.writeInt(now.size());
            for (var one : now.entrySet()) {
                data.writeUTF(one.getKey());
                data.writeLong(one.getValue());
            }
        };
    }

    @Override
    public void restore(InputStream state) throws IOException {
        values.clear();
        var data = new DataInputStream(state);
        for (int count = data.readInt(); count > 0; count--) {
            values.put(data.readUTF(), data.readLong());
        }
    }

    static final Codec<Command> COMMANDS = new Codec<>() {
        @Override
        public byte[] encode(Command command) {
            var to = ByteBuffer.allocate(32).put((byte) command.register().charAt(0));
            switch (command.input()) {
                case RegisterModel.Write<Long>(Long value) -> to.put((byte) 1).putLong(value);
                case RegisterModel.Cas<Long>(var expected, Long value) ->
                    to.put((byte) (expected.isPresent() ? 2 : 3)).putLong(value).putLong(expected.orElse(0L));
                case RegisterModel.Read<Long> _ -> throw new IllegalArgumentException("a read is no command");
            }
            byte[] bytes = new byte[to.flip().remaining()];
            to.get(bytes);
            return bytes;
        }

        @Override
        public Command decode(ByteBuffer bytes) {
            var register = Character.toString((char) bytes.get());
            int kind = bytes.get();
            long value = bytes.getLong();
            return new Command(
                    register,
                    switch (kind) {
                        case 1 -> new RegisterModel.Write<>(value);
                        case 2 -> new RegisterModel.Cas<>(Optional.of(bytes.getLong()), value);
                        case 3 -> new RegisterModel.Cas<>(Optional.empty(), value);
                        default -> throw new IllegalArgumentException("command kind " + kind + "; expected 1 to 3");
                    });
        }
    };

    static final Codec<RegisterModel.Output<Long>> OUTCOMES = new Codec<>() {
        @Override
        public byte[] encode(RegisterModel.Output<Long> outcome) {
            return switch (outcome) {
                case RegisterModel.Written<Long> _ -> new byte[] {1};
                case RegisterModel.Swapped<Long>(boolean done) -> new byte[] {(byte) (done ? 2 : 3)};
                case RegisterModel.Value<Long> _ -> throw new IllegalArgumentException("a value is no outcome");
            };
        }

        @Override
        public RegisterModel.Output<Long> decode(ByteBuffer bytes) {
            int kind = bytes.get();
            return kind == 1 ? new RegisterModel.Written<>() : new RegisterModel.Swapped<>(kind == 2);
        }
    };
}
