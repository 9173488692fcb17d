package dev.plinth.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A queue, first in, first out. What is taken from an empty one is empty. */
public final class QueueModel<V> implements Model<List<V>, QueueModel.Input<V>, Optional<V>> {

    /** What it can be asked. {@link Put} is answered with an empty value. */
    public sealed interface Input<V> {}

    public record Put<V>(V value) implements Input<V> {
        @Override
        public String toString() {
            return "put " + value;
        }
    }

    public record Take<V>() implements Input<V> {
        @Override
        public String toString() {
            return "take";
        }
    }

    @Override
    public List<V> initial() {
        return List.of();
    }

    @Override
    public Step<List<V>, Optional<V>> apply(List<V> queue, Input<V> input) {
        return switch (input) {
            case Put<V>(V value) -> {
                var longer = new ArrayList<>(queue);
                longer.add(value);
                yield new Step<>(List.copyOf(longer), Optional.empty());
            }
            case Take<V> _ ->
                queue.isEmpty()
                        ? new Step<>(queue, Optional.empty())
                        : new Step<>(List.copyOf(queue.subList(1, queue.size())), Optional.of(queue.getFirst()));
        };
    }

    @Override
    public boolean onlyReads(Input<V> input) {
        return false;
    }
}
