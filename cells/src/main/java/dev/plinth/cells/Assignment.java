package dev.plinth.cells;

/** Who owns a shard, and whether it may be written. */
public record Assignment(Cell owner, State state) {

    /** Whether a shard may be written. */
    public enum State {
        /** Its owner reads and writes it. */
        OPEN,
        /** It is about to change hands: its owner reads it, and nobody begins to write. */
        FROZEN
    }

    public static Assignment open(Cell owner) {
        return new Assignment(owner, State.OPEN);
    }

    public static Assignment frozen(Cell owner) {
        return new Assignment(owner, State.FROZEN);
    }
}
