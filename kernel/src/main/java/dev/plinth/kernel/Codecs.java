package dev.plinth.kernel;

import java.nio.ByteBuffer;

/**
 * How a durable feature's records look on disk.
 *
 * @param commands in the journal
 * @param outcomes in snapshots, kept to answer repeated commands
 * @param effects in snapshots, while they are open
 */
public record Codecs<C, O, E>(Codec<C> commands, Codec<O> outcomes, Codec<E> effects) {

    /** Those of an engine that has no effects: none is ever written, and none may be read. */
    public static <C, O> Codecs<C, O, Void> withoutEffects(Codec<C> commands, Codec<O> outcomes) {
        return new Codecs<>(commands, outcomes, new Codec<>() {
            @Override
            public byte[] encode(Void effect) {
                throw new IllegalStateException("this engine has no effects");
            }

            @Override
            public Void decode(ByteBuffer bytes) {
                throw new IllegalArgumentException("an effect of an engine that has none");
            }
        });
    }
}
