package dev.plinth.checker;

import java.util.Optional;

/** A register: read, write, and compare-and-set. Empty at first. */
public final class RegisterModel<V> implements Model<Optional<V>, RegisterModel.Input<V>, RegisterModel.Output<V>> {

    /** What it can be asked. */
    public sealed interface Input<V> {}

    public record Read<V>() implements Input<V> {
        @Override
        public String toString() {
            return "read";
        }
    }

    public record Write<V>(V value) implements Input<V> {
        @Override
        public String toString() {
            return "write " + value;
        }
    }

    /** Sets {@code value} if {@code expected} is there; empty stands for a register that was never written. */
    public record Cas<V>(Optional<V> expected, V value) implements Input<V> {
        @Override
        public String toString() {
            return "cas " + shown(expected) + " to " + value;
        }
    }

    /** What it answers. */
    public sealed interface Output<V> {}

    public record Value<V>(Optional<V> value) implements Output<V> {
        @Override
        public String toString() {
            return shown(value);
        }
    }

    public record Written<V>() implements Output<V> {
        @Override
        public String toString() {
            return "ok";
        }
    }

    public record Swapped<V>(boolean done) implements Output<V> {
        @Override
        public String toString() {
            return done ? "done" : "other value";
        }
    }

    private static String shown(Optional<?> value) {
        return value.map(String::valueOf).orElse("nothing");
    }

    @Override
    public Optional<V> initial() {
        return Optional.empty();
    }

    @Override
    public Step<Optional<V>, Output<V>> apply(Optional<V> state, Input<V> input) {
        return switch (input) {
            case Read<V> _ -> new Step<>(state, new Value<>(state));
            case Write<V>(V value) -> new Step<>(Optional.of(value), new Written<>());
            case Cas<V>(var expected, V value) -> {
                boolean same = state.equals(expected);
                yield new Step<>(same ? Optional.of(value) : state, new Swapped<>(same));
            }
        };
    }

    @Override
    public boolean onlyReads(Input<V> input) {
        return input instanceof Read<V>;
    }
}
