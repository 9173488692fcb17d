package dev.plinth.checker;

import java.util.Optional;

/** A lock that is tried and not waited for. Not re-entrant: who has it and asks again is refused. */
public final class LockModel implements Model<Optional<String>, LockModel.Input, Boolean> {

    /** What it can be asked. Answered with whether it was done. */
    public sealed interface Input {}

    public record Acquire(String owner) implements Input {
        @Override
        public String toString() {
            return "acquire for " + owner;
        }
    }

    public record Release(String owner) implements Input {
        @Override
        public String toString() {
            return "release by " + owner;
        }
    }

    @Override
    public Optional<String> initial() {
        return Optional.empty();
    }

    @Override
    public Step<Optional<String>, Boolean> apply(Optional<String> holder, Input input) {
        return switch (input) {
            case Acquire(var owner) ->
                holder.isEmpty() ? new Step<>(Optional.of(owner), true) : new Step<>(holder, false);
            case Release(var owner) ->
                holder.equals(Optional.of(owner)) ? new Step<>(Optional.empty(), true) : new Step<>(holder, false);
        };
    }

    @Override
    public boolean onlyReads(Input input) {
        return false;
    }
}
